"""What cases written in Python use."""

import os
import subprocess
import time

# The protocol's major version.
version = int(os.environ["NFS_VERSION"])


def forget():
    """Forgets what the client has cached, so that what follows comes from the gateway."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as control:
        control.write("3\n")


def host(action, key=None, body=b""):
    """Asks the machine that runs the tests, as the `host` command does. @raises AssertionError with what it said where it could not"""
    arguments = ["host", action] + ([key] if key is not None else [])
    asked = subprocess.run(arguments, input=body, stdout=subprocess.PIPE)
    assert asked.returncode == 0, f"{action} on the machine that runs the tests: {asked.stdout.decode().strip()}"
    return asked.stdout


def same(actual, expected, what):
    assert actual == expected, f"{what} is {actual!r}, not {expected!r}"


def eventually(seconds, condition, what):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.25)


def second(path):
    """The same file in the second mount, which shares no cache with the first."""
    absolute = os.path.abspath(path)
    first = os.environ["MOUNT"]
    assert absolute.startswith(first + "/"), absolute
    return os.environ["SECOND"] + absolute[len(first) :]
