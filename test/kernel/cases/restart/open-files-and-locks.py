import fcntl
import multiprocessing
import os

from expect import eventually, host, same, second


def attempt(path):
    with open(path, "r+") as file:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return "held"
        return "free"


def elsewhere():
    with multiprocessing.Pool(1) as pool:
        return pool.apply(attempt, (second("locked"),))


for signal in ["TERM", "KILL"]:
    with open("locked", "w+") as locked, open("unlinked", "w+") as unlinked:
        locked.write("open")
        locked.flush()
        unlinked.write("open, without a name")
        unlinked.flush()
        os.fsync(unlinked.fileno())
        os.unlink("unlinked")
        fcntl.lockf(locked, fcntl.LOCK_EX)
        host("restart-" + signal)
        same(elsewhere(), "held", f"the lock after SIG{signal}")
        locked.write(", still")
        locked.flush()
        os.fsync(locked.fileno())
        os.posix_fadvise(unlinked.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        same(os.pread(unlinked.fileno(), 100, 0), b"open, without a name", f"the unlinked file after SIG{signal}")
    same(elsewhere(), "free", "the lock after closing")
    with open("locked") as file:
        same(file.read(), "open, still", "the file")
eventually(5, lambda: os.listdir(second(".")) == ["locked"], "nothing else is left")
