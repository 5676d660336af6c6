"""workload.py STEP…: writers and readers on a mount, while the machine that runs the test does its worst.

Steps: `work:N` lets the writers go on until they have done N operations more, `host:ACTION` asks the machine for
something, `settle` stops the writers and compares everything: their models, the mount, a second client, the bucket.
Environment: MOUNT, SECOND, CONTROL, SEED, WORKERS, LARGE (bytes, the largest file). Exit status 0: all was as it must be.
"""

import json
import multiprocessing
import os
import signal
import sys
import time
import traceback

import reader
from compare import differences, walk
from expect import forget, host
from worker import Worker

# Nothing may take longer, whatever was done to the gateway; seconds.
patience = 240

mount, second = os.environ["MOUNT"], os.environ["SECOND"]
published = os.path.join(mount, "published")


class Shared:
    """What the processes tell each other."""

    def __init__(self):
        self.paused = multiprocessing.Event()
        self.failed = multiprocessing.Event()
        self.ended = multiprocessing.Event()
        self.count = multiprocessing.Value("l", 0)
        self.reads = multiprocessing.Value("l", 0)


def guarded(shared, name, act, history=lambda: []):
    """Runs it; a failure is printed as one block and ends the run."""
    try:
        act()
    except BaseException as error:
        lines = [f"FAILED {name}: {error!r}", *traceback.format_exc().splitlines()[-6:], "before that:", *history()]
        print("\n".join(lines), flush=True)
        shared.failed.set()


def write(shared, number, pipe):
    worker = Worker(
        number, os.environ["SEED"], os.path.join(mount, f"worker-{number}"), published, int(os.environ["LARGE"])
    )

    def loop():
        while not shared.ended.is_set():
            worker.step()
            with shared.count.get_lock():
                shared.count.value += 1
            if shared.paused.is_set():
                worker.close_all()
                pipe.send((worker.expected(), worker.versions))
                pipe.recv()

    guarded(shared, f"writer {number}", loop, lambda: [f"({worker.count} operations)", *worker.history[-20:]])


def wait_until(shared, condition, what):
    deadline = time.monotonic() + patience
    while not condition():
        if shared.failed.is_set():
            time.sleep(1)  # for what others have to say
            raise SystemExit(1)
        if time.monotonic() > deadline:
            print(f"FAILED: not within {patience} s: {what}", flush=True)
            os.system("cat /proc/[0-9]*/stack 2>/dev/null | head -60; dmesg | tail -20")
            raise SystemExit(1)
        time.sleep(0.01)


def settle(shared, pipes):
    shared.paused.set()
    wait_until(shared, lambda: all(pipe.poll() for pipe in pipes), "the writers pause")
    shared.paused.clear()
    states = [pipe.recv() for pipe in pipes]
    expected = {"published": {"type": "directory"}}
    versions = {}
    for number, (tree, own) in enumerate(states):
        expected[f"worker-{number}"] = {"type": "directory"}
        expected |= {f"worker-{number}/{path}": node for path, node in tree.items()}
        versions |= own
    expected |= {f"published/{name}": {"type": "file"} for name in versions}
    # A 4.0 client removes files that were unlinked while they were open when it comes to it.
    wait_until(shared, lambda: not any(silly_names()), "removed open files go")
    forget()
    for place in (mount, second):
        found = list(differences(place, expected, versions))
        assert not found, f"{place} differs from what was written in {len(found)} things: " + "; ".join(found[:10])
    host("agrees", body=json.dumps(list(walk(mount))).encode())
    for pipe in pipes:
        pipe.send("go on")


def silly_names():
    for folder, _, names in os.walk(mount):
        yield from (os.path.join(folder, name) for name in names if name.startswith(".nfs"))


def main(steps):
    os.mkdir(published)
    shared = Shared()
    pairs = [multiprocessing.Pipe() for _ in range(int(os.environ["WORKERS"]))]
    pipes = [mine for mine, _ in pairs]
    readers = [
        multiprocessing.Process(
            target=guarded, args=(shared, "reader", lambda: reader.read_published(shared, os.path.join(second, "published")))
        )
    ]
    writers = [multiprocessing.Process(target=write, args=(shared, n, theirs)) for n, (_, theirs) in enumerate(pairs)]
    for process in readers + writers:
        process.start()
    try:
        for index, step in enumerate(steps):
            verb, _, argument = step.partition(":")
            if verb == "work":
                goal = shared.count.value + int(argument)
                wait_until(shared, lambda: shared.count.value >= goal, f"{argument} operations, step {index}")
            elif verb == "host":
                host(argument)
            elif verb == "settle":
                guarded(shared, f"settling at step {index}", lambda: settle(shared, pipes))
            else:
                raise AssertionError(f"no such step: {step}")
            if shared.failed.is_set():
                raise SystemExit(1)
        print(f"done: {shared.count.value} operations, {shared.reads.value} reads by the second client", flush=True)
    finally:
        shared.ended.set()
        for process in readers + writers:
            process.join(5)
            if process.is_alive():
                os.kill(process.pid, signal.SIGKILL)


main(sys.argv[1:])
