"""two_writers.py COUNT: two clients of two gateways on one bucket write the same names; what each wrote survives under some name.

A writer opens a file, reads it, and writes it back with a line of its own more, all under one open: so a version holds
what its base held, and a line is gone only with a version that was lost. COUNT lines each.
Environment: MOUNT and SECOND (of the two gateways), CONTROL, SEED. Exit status 0: all lines are in the bucket.
"""

import errno
import json
import multiprocessing
import os
import random
import sys
import time

from expect import host

names = ["a.txt", "b.txt", "shared/c.txt"]


def opened(path):
    """The file, open, and what it holds."""
    tries = 10
    while True:
        fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        before = b""
        try:
            while part := os.pread(fd, 1 << 20, len(before)):
                before += part
            return fd, before
        except OSError as error:
            # The other has replaced it since it was opened: what there is now has to be opened anew.
            os.close(fd)
            tries -= 1
            if error.errno != errno.EIO or tries == 0:
                raise


def write(who, folder, count, results):
    chance = random.Random(f"{os.environ['SEED']}/{who}")
    lines = []
    try:
        for number in range(count):
            name = chance.choice(names)
            line = f"{who}-{number}"
            fd, before = opened(os.path.join(folder, name))
            data = before + line.encode() + b"\n"
            assert os.pwrite(fd, data, 0) == len(data)
            if chance.random() < 0.3:
                os.fsync(fd)
            os.close(fd)
            lines.append(line)
            # Sometimes the other has sent its own meanwhile, sometimes both write at once.
            time.sleep(chance.choice([0, 0.05, 0.5, 2.5]))
        results.put((who, lines, None))
    except BaseException as error:
        results.put((who, lines, repr(error)))


def main(count):
    folders = {"first": os.environ["MOUNT"], "second": os.environ["SECOND"]}
    os.mkdir(os.path.join(folders["first"], "shared"))
    deadline = time.monotonic() + 60
    while not os.path.isdir(os.path.join(folders["second"], "shared")):
        assert time.monotonic() < deadline, "the second gateway does not see the folder of the first"
        time.sleep(0.5)
    results = multiprocessing.Queue()
    for who, folder in folders.items():
        multiprocessing.Process(target=write, args=(who, folder, count, results)).start()
    written = []
    for _ in folders:
        who, lines, failure = results.get()
        assert failure is None, f"{who} after {len(lines)} lines: {failure}"
        written += lines
    print(f"written: {len(written)}", flush=True)
    print("survive:", host("survive", body=json.dumps(written).encode()).decode(), flush=True)


main(int(sys.argv[1]))
