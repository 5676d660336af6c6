import fcntl
import multiprocessing
import os

from expect import same, second

with open("ranges", "wb") as file:
    file.write(bytes(1000))


def attempt(path, kind, length, start):
    with open(path, "r+b") as file:
        try:
            fcntl.lockf(file, kind | fcntl.LOCK_NB, length, start)
        except (BlockingIOError, PermissionError):
            return "held"
        return "free"


def elsewhere(kind, length, start):
    with multiprocessing.Pool(1) as pool:
        answers = {pool.apply(attempt, (path, kind, length, start)) for path in ["ranges", second("ranges")]}
    assert len(answers) == 1, "the mounts disagree"
    return answers.pop()


exclusive, shared = fcntl.LOCK_EX, fcntl.LOCK_SH
with open("ranges", "r+b") as file:
    fcntl.lockf(file, exclusive, 100, 100)
    same(elsewhere(exclusive, 100, 0), "free", "before the range")
    same(elsewhere(exclusive, 101, 0), "held", "one byte into the range")
    same(elsewhere(shared, 1, 199), "held", "the last byte of the range")
    same(elsewhere(exclusive, 0, 200), "free", "from the range to the end")
    # Unlocking the middle leaves two ranges.
    fcntl.lockf(file, fcntl.LOCK_UN, 20, 140)
    same(elsewhere(exclusive, 20, 140), "free", "the unlocked middle")
    same(elsewhere(exclusive, 1, 139), "held", "the byte before it")
    same(elsewhere(exclusive, 1, 160), "held", "the byte after it")
    # Downgrade, and a lock to the end of the file wherever that is.
    fcntl.lockf(file, shared, 0, 0)
    same(elsewhere(shared, 0, 0), "free", "a shared lock beside a shared one")
    same(elsewhere(exclusive, 1, 1 << 40), "held", "far beyond the end")
    fcntl.lockf(file, fcntl.LOCK_UN, 0, 0)
    same(elsewhere(exclusive, 0, 0), "free", "all of it")
    # Closing any descriptor of the file drops the process's locks.
    fcntl.lockf(file, exclusive, 10, 0)
    os.close(os.open("ranges", os.O_RDONLY))
    same(elsewhere(exclusive, 10, 0), "free", "a range whose process has closed the file")
