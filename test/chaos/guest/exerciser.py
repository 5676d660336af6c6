"""exerciser.py STEP…: one file, all ways to change it, in random order; each also done to a local file, with which it must agree.

Steps: `work:N` does N operations, `host:ACTION` asks the machine that runs the test for something while operations go
on, `agrees` compares the object with the file. Environment: MOUNT, SECOND, CONTROL, SEED.
Prints which operations the file system does not offer. Exit status 0: never a byte differed.
"""

import collections
import ctypes
import errno
import json
import mmap
import os
import random
import sys
import threading

from compare import walk
from expect import forget, host
from worker import differing

largest = 2 << 20
page = 4096

libc = ctypes.CDLL(None, use_errno=True)
libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
keep_size, punch_hole = 1, 2


def fallocate(fd, mode, offset, length):
    if libc.fallocate(fd, mode, offset, length) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


class Exerciser:
    def __init__(self, path, second, local):
        self.random = random.Random(os.environ["SEED"])
        self.path, self.second = path, second
        # It stays open while others open the same file for O_DIRECT or O_APPEND.
        self.fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o644)
        self.local = os.open(local, os.O_RDWR | os.O_CREAT | os.O_TRUNC)
        self.size = 0
        self.count = 0
        self.done = collections.Counter()
        self.refused = collections.Counter()
        self.history = collections.deque(maxlen=40)

    # --- where and what

    def range(self, beyond=False):
        """An offset and a length, at least 1, within the file or reaching beyond its end."""
        limit = largest if beyond else self.size
        if limit == 0:
            return 0, 0
        length = self.random.randrange(1, self.random.choice([16, 5000, 70_000, 400_000]) + 1)
        offset = self.random.randrange(limit)
        if self.random.random() < 0.3:
            offset -= offset % page
        if not beyond or offset > self.size + 100_000:
            offset = min(offset, max(self.size, 0))
        return offset, max(0, min(length, limit - offset))

    def fill(self, length):
        return self.random.randbytes(length)

    def expect(self, offset, length):
        return os.pread(self.local, length, offset)

    def check(self, found, offset, length, how):
        expected = self.expect(offset, length)
        assert found == expected, f"{how} of {length} at {offset} of {self.size}: {differing(found, expected)}"

    def put(self, data, offset):
        os.pwrite(self.local, data, offset)
        self.size = max(self.size, offset + len(data))

    # --- operations

    def read(self):
        offset, length = self.range()
        self.check(os.pread(self.fd, length, offset), offset, length, "read")
        return offset, length

    def write(self):
        offset, length = self.range(beyond=True)
        data = self.fill(length)
        assert os.pwrite(self.fd, data, offset) == length
        self.put(data, offset)
        return offset, length

    def append(self):
        length = self.random.randrange(1, 20_000)
        if self.size + length > largest:
            return None
        data = self.fill(length)
        fd = os.open(self.path, os.O_WRONLY | os.O_APPEND)
        try:
            assert os.write(fd, data) == length
        finally:
            os.close(fd)
        self.put(data, self.size)
        return self.size - length, length

    def mmap_read(self):
        offset, length = self.range()
        if length == 0:
            return None
        start = offset - offset % page
        with mmap.mmap(self.fd, offset + length - start, mmap.MAP_SHARED, mmap.PROT_READ, offset=start) as mapped:
            self.check(mapped[offset - start : offset - start + length], offset, length, "read of a mapping")
        return offset, length

    def mmap_write(self):
        offset, length = self.range()
        if length == 0:
            return None
        start = offset - offset % page
        data = self.fill(length)
        with mmap.mmap(self.fd, offset + length - start, offset=start) as mapped:
            mapped[offset - start : offset - start + length] = data
            if self.random.random() < 0.5:
                mapped.flush()
        self.put(data, offset)
        return offset, length

    def direct(self, flags):
        return os.open(self.path, flags | os.O_DIRECT)

    def direct_read(self):
        offset, length = self.range()
        offset, length = offset - offset % page, (length + page - 1) // page * page
        if length == 0:
            return None
        fd = self.direct(os.O_RDONLY)
        try:
            with mmap.mmap(-1, length) as buffer:
                count = os.preadv(fd, [buffer], offset)
                self.check(buffer[:count], offset, length, "direct read")
        finally:
            os.close(fd)
        return offset, length

    def direct_write(self):
        offset, length = self.range(beyond=True)
        offset, length = offset - offset % page, max(page, length // page * page)
        data = self.fill(length)
        fd = self.direct(os.O_WRONLY)
        try:
            with mmap.mmap(-1, length) as buffer:
                buffer[:] = data
                assert os.pwritev(fd, [buffer], offset) == length
        finally:
            os.close(fd)
        self.put(data, offset)
        return offset, length

    def truncate(self):
        size = self.random.randrange(largest if self.random.random() < 0.3 else self.size + 100_000)
        size = min(size, largest)
        os.ftruncate(self.fd, size)
        os.ftruncate(self.local, size)
        self.size = size
        return 0, size

    def punch(self):
        offset, length = self.range()
        if length == 0:
            return None
        fallocate(self.fd, punch_hole | keep_size, offset, length)
        fallocate(self.local, punch_hole | keep_size, offset, length)
        return offset, length

    def allocate(self):
        offset, length = self.range(beyond=True)
        if length == 0:
            return None
        fallocate(self.fd, 0, offset, length)
        fallocate(self.local, 0, offset, length)
        self.size = max(self.size, offset + length)
        return offset, length

    def copy_range(self):
        """Within the file, where source and target do not overlap."""
        offset, length = self.range()
        target, room = self.range(beyond=True)
        length = min(length, room)
        if length == 0 or abs(offset - target) < length:
            return None
        data = self.expect(offset, length)
        copied = os.copy_file_range(self.fd, self.fd, length, offset, target)
        self.put(data[:copied], target)
        return target, copied

    def sync(self):
        os.fsync(self.fd)
        return 0, self.size

    def reopen(self):
        os.close(self.fd)
        if self.random.random() < 0.3:
            forget()
        self.fd = os.open(self.path, os.O_RDWR)
        return 0, self.size

    def drop(self):
        """What follows is read from the gateway."""
        os.fsync(self.fd)
        os.posix_fadvise(self.fd, 0, 0, os.POSIX_FADV_DONTNEED)
        return 0, self.size

    def size_is(self):
        found = os.fstat(self.fd).st_size
        assert found == self.size, f"the size is {found}, not {self.size}"
        return 0, self.size

    def whole(self):
        """All of it, by the second client, after the first has sent what it has."""
        os.fsync(self.fd)
        # Only an open asks what others have changed.
        with open(self.second, "rb") as file:
            self.check(file.read(), 0, self.size, "the second client's read")
        return 0, self.size

    weights = {
        read: 20,
        write: 20,
        append: 6,
        mmap_read: 8,
        mmap_write: 8,
        direct_read: 6,
        direct_write: 6,
        truncate: 6,
        punch: 6,
        allocate: 3,
        copy_range: 3,
        sync: 4,
        reopen: 3,
        drop: 4,
        size_is: 4,
        whole: 0.5,
    }

    def step(self):
        operations = list(self.weights)
        while True:
            operation = self.random.choices(operations, list(self.weights.values()))[0]
            name = operation.__name__
            if self.refused[name] > 3:
                continue
            self.history.append(f"{name} …")
            try:
                where = operation(self)
            except OSError as error:
                if error.errno not in (errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV):
                    raise
                self.refused[name] += 1
                where = None
            if where is None:
                self.history.pop()
                continue
            self.history[-1] = f"{name} {where[0]} {where[1]}, size {self.size}"
            self.done[name] += 1
            self.count += 1
            return

    def compare(self):
        os.close(self.fd)
        forget()
        self.fd = os.open(self.path, os.O_RDWR)
        for path in (self.path, self.second):
            with open(path, "rb") as file:
                self.check(file.read(), 0, largest + 1, f"the whole of {path}")
        os.close(self.fd)
        host("agrees", body=json.dumps(list(walk(os.environ["MOUNT"]))).encode())
        self.fd = os.open(self.path, os.O_RDWR)


def main(steps):
    mount, second = os.environ["MOUNT"], os.environ["SECOND"]
    exerciser = Exerciser(os.path.join(mount, "file"), os.path.join(second, "file"), "/tmp/local")
    asked = []

    def ask(action):
        try:
            host(action)
        except AssertionError as error:
            asked.append(error)

    try:
        for step in steps:
            verb, _, argument = step.partition(":")
            if verb == "work":
                for _ in range(int(argument)):
                    exerciser.step()
            elif verb == "host":
                thread = threading.Thread(target=ask, args=(argument,))
                thread.start()
                while thread.is_alive():
                    exerciser.step()
                assert not asked, f"the machine could not: {asked}"
            elif verb == "agrees":
                exerciser.compare()
            else:
                raise AssertionError(f"no such step: {step}")
    except BaseException as error:
        print(f"FAILED at operation {exerciser.count}: {error!r}; before that:", *exerciser.history, sep="\n", flush=True)
        raise
    print(f"done: {exerciser.count} operations", json.dumps(exerciser.done), flush=True)
    print("refused:", " ".join(name for name, times in exerciser.refused.items() if times > 3), flush=True)


main(sys.argv[1:])
