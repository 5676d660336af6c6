"""SEEK_HOLE and SEEK_DATA, and holes that are punched, with NFSv4.2; without it a file is data up to its end."""
import errno
import os
import subprocess

from expect import forget, same

MiB = 1024 * 1024
with open("file", "wb") as file:
    file.write(b"a" * MiB)
    file.seek(4 * MiB)
    file.write(b"b" * MiB)
    file.truncate(8 * MiB)
forget()


def stretches(name):
    """Offsets at which data and holes begin, as lseek tells them."""
    found = []
    descriptor = os.open(name, os.O_RDONLY)
    at, size = 0, os.fstat(descriptor).st_size
    while at < size:
        hole = os.lseek(descriptor, at, os.SEEK_HOLE)
        if hole > at:
            found.append(("data", at, hole))
        try:
            at = os.lseek(descriptor, hole, os.SEEK_DATA) if hole < size else size
        except OSError as error:
            assert error.errno == errno.ENXIO, error
            at = size
        if at > hole:
            found.append(("hole", hole, at))
    os.close(descriptor)
    return found


if "vers=4.2" not in os.environ["OPTIONS"]:
    same(stretches("file"), [("data", 0, 8 * MiB)], "the file without SEEK")
    raise SystemExit
sparse = [("data", 0, MiB), ("hole", MiB, 4 * MiB), ("data", 4 * MiB, 5 * MiB), ("hole", 5 * MiB, 8 * MiB)]
same(stretches("file"), sparse, "a sparse file")

subprocess.run(["fallocate", "--punch-hole", "--offset", "512KiB", "--length", "4MiB", "file"], check=True)
subprocess.run(["fallocate", "--length", "9MiB", "file"], check=True)
forget()
punched = [("data", 0, MiB // 2), ("hole", MiB // 2, 4 * MiB + MiB // 2)]
punched += [("data", 4 * MiB + MiB // 2, 5 * MiB), ("hole", 5 * MiB, 9 * MiB)]
same(stretches("file"), punched, "a punched file")
with open("file", "rb") as file:
    content = file.read()
same(len(content), 9 * MiB, "its size")
assert content == b"a" * (MiB // 2) + bytes(4 * MiB) + b"b" * (MiB // 2) + bytes(4 * MiB), "a punched file's content"
