import fcntl
import multiprocessing
import os

from expect import same, second

open("lock", "w").close()


def attempt(path, kind):
    with open(path, "r+") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return "held"
        return "free"


def elsewhere(path, kind):
    with multiprocessing.Pool(1) as pool:
        return pool.apply(attempt, (path, kind))


# In the same mount the client may decide; between the mounts the gateway does.
for path in ["lock", second("lock")]:
    with open("lock", "r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        same(elsewhere(path, fcntl.LOCK_EX), "held", f"an exclusive lock, asked through {path}")
        same(elsewhere(path, fcntl.LOCK_SH), "held", f"an exclusive lock, asked to be shared through {path}")
        fcntl.flock(file, fcntl.LOCK_UN)
        same(elsewhere(path, fcntl.LOCK_EX), "free", f"an unlocked file, through {path}")
        fcntl.flock(file, fcntl.LOCK_SH)
        same(elsewhere(path, fcntl.LOCK_SH), "free", f"a shared lock, asked to be shared through {path}")
        same(elsewhere(path, fcntl.LOCK_EX), "held", f"a shared lock, asked exclusively through {path}")
    same(elsewhere(path, fcntl.LOCK_EX), "free", f"a closed file, through {path}")

# One that waits gets the lock in the end.
reader, writer = os.pipe()
with open("lock", "r+") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    waiting = os.fork()
    if waiting == 0:
        with open(second("lock"), "r+") as other:
            os.write(writer, b"w")
            fcntl.flock(other, fcntl.LOCK_EX)
            os.write(writer, b"got it")
            os._exit(0)
    same(os.read(reader, 1), b"w", "the other process")
    fcntl.flock(file, fcntl.LOCK_UN)
same(os.read(reader, 10), b"got it", "the other process")
same(os.waitpid(waiting, 0)[1], 0, "its exit status")
