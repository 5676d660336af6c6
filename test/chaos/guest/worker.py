"""One writer: random operations in a folder of its own on a mount, each done to a model in memory as well."""

import errno
import hashlib
import json
import os
import random
import stat


class File:
    """A regular file; `links` is 0 once it has no name any more."""

    def __init__(self, data=b"", mode=0o644):
        self.data = bytearray(data)
        self.mode = mode
        self.mtime = None  # nanoseconds, where one was set and nothing was written since
        self.links = 1

    def write(self, offset, data):
        if not data:
            return
        if offset > len(self.data):
            self.data.extend(bytes(offset - len(self.data)))
        self.data[offset : offset + len(data)] = data
        self.mtime = None

    def truncate(self, size):
        if size < len(self.data):
            del self.data[size:]
        else:
            self.data.extend(bytes(size - len(self.data)))
        self.mtime = None


class Symlink:
    def __init__(self, target):
        self.target = target


class Held:
    """A file that stays open while other things happen."""

    def __init__(self, fd, file):
        self.fd = fd
        self.file = file


class Folder(dict):
    """Names and what they name."""


def expect_error(number, what, act, *arguments):
    try:
        act(*arguments)
    except OSError as error:
        assert error.errno == number, f"{what}: {os.strerror(error.errno)}, not {os.strerror(number)}"
        return
    raise AssertionError(f"{what} succeeded, though it had to be {os.strerror(number)}")


def differing(actual, expected):
    """In words, where bytes differ."""
    if len(actual) != len(expected):
        return f"{len(actual)} bytes, not {len(expected)}"
    first = next(i for i in range(len(actual)) if actual[i] != expected[i])
    count = sum(1 for i in range(len(actual)) if actual[i] != expected[i])
    return f"{count} of {len(expected)} bytes are others, the first at {first}: {bytes(actual[first:first + 16])!r}, not {bytes(expected[first:first + 16])!r}"


def read_whole(fd):
    parts = []
    offset = 0
    while part := os.pread(fd, 1 << 20, offset):
        parts.append(part)
        offset += len(part)
    return b"".join(parts)


class Worker:
    def __init__(self, number, seed, home, published, large):
        self.random = random.Random(f"{seed}/{number}")
        self.number = number
        self.home = home
        self.published = published
        self.large = large  # the largest file it makes in one go, bytes
        self.tree = Folder()
        self.held = []
        self.versions = {}
        self.history = []
        self.count = 0
        os.mkdir(home)

    # --- what there is

    def paths(self, kind, tree=None, below=""):
        for name, node in (self.tree if tree is None else tree).items():
            path = os.path.join(below, name)
            if isinstance(node, kind):
                yield path
            if isinstance(node, Folder):
                yield from self.paths(kind, node, path)

    def pick(self, kind):
        """A path; None where there is none of that kind."""
        paths = list(self.paths(kind))
        return self.random.choice(paths) if paths else None

    def node(self, path):
        node = self.tree
        for name in filter(None, path.split("/")):
            node = node[name]
        return node

    def parent(self, path):
        above, name = os.path.split(path)
        return self.node(above), name

    def place(self):
        """A path that names nothing yet."""
        folder = self.random.choice([""] + list(self.paths(Folder)))
        if folder.count("/") > 3:
            folder = ""
        while True:
            name = self.random.choice(["a", "b", "file", "näme", "x y", "data"]) + str(self.random.randrange(1000))
            if name not in self.node(folder):
                return os.path.join(folder, name)

    def real(self, path):
        return os.path.join(self.home, path)

    def size(self):
        limit = self.random.choice([1, 100, 5_000, 5_000, 100_000, 300_000, 1_500_000])
        if self.random.random() < 0.03:
            limit = self.large
        return self.random.randrange(min(limit, self.large) + 1)

    def bytes(self):
        return self.random.randbytes(self.size())

    def offset(self, file):
        """Mostly within the file, sometimes a hole beyond its end."""
        beyond = self.random.randrange(70_000) if self.random.random() < 0.15 else 0
        return self.random.randrange(len(file.data) + 1) + beyond

    def forget_name(self, node):
        if isinstance(node, File):
            node.links = 0

    # --- operations: each returns what it did, or None where it does not apply

    def create(self):
        path, data = self.place(), self.bytes()
        parent, name = self.parent(path)
        exclusive = os.O_EXCL if self.random.random() < 0.5 else 0
        fd = os.open(self.real(path), os.O_RDWR | os.O_CREAT | exclusive, 0o644)
        file = parent[name] = File()
        self.write_some(fd, file, 0, data)
        done = f"create {path} of {len(data)}"
        return done + self.finish(fd, file)

    def write_some(self, fd, file, offset, data):
        """In pieces, as programs do."""
        piece = self.random.choice([4096, 65536, 1 << 20])
        for at in range(0, len(data), piece):
            part = data[at : at + piece]
            assert os.pwrite(fd, part, offset + at) == len(part)
            file.write(offset + at, part)

    def finish(self, fd, file):
        """Closes it, synced or not, or goes on holding it."""
        way = self.random.random()
        if way < 0.4:
            os.fsync(fd)
        if way > 0.85 and len(self.held) < 4:
            self.held.append(Held(fd, file))
            return ", kept open"
        os.close(fd)
        return ", synced" if way < 0.4 else ""

    def overwrite(self):
        if (path := self.pick(File)) is None:
            return None
        file = self.node(path)
        offset, data = self.offset(file), self.bytes()
        fd = os.open(self.real(path), os.O_RDWR)
        self.write_some(fd, file, offset, data)
        return f"write {path}, {len(data)} at {offset}" + self.finish(fd, file)

    def append(self):
        if (path := self.pick(File)) is None:
            return None
        file, data = self.node(path), self.random.randbytes(self.random.randrange(1, 9000))
        fd = os.open(self.real(path), os.O_WRONLY | os.O_APPEND)
        os.write(fd, data)
        file.write(len(file.data), data)
        os.close(fd)
        return f"append {len(data)} to {path}"

    def rewrite(self):
        if (path := self.pick(File)) is None:
            return None
        file, data = self.node(path), self.bytes()
        fd = os.open(self.real(path), os.O_RDWR | os.O_TRUNC)
        file.truncate(0)
        self.write_some(fd, file, 0, data)
        return f"rewrite {path} with {len(data)}" + self.finish(fd, file)

    def truncate(self):
        if (path := self.pick(File)) is None:
            return None
        file = self.node(path)
        size = self.random.randrange(len(file.data) + 50_000)
        os.truncate(self.real(path), size)
        file.truncate(size)
        return f"truncate {path} to {size}"

    def write_held(self):
        if not self.held:
            return None
        held = self.random.choice(self.held)
        offset, data = self.offset(held.file), self.bytes()
        self.write_some(held.fd, held.file, offset, data)
        if self.random.random() < 0.3:
            os.fsync(held.fd)
        return f"write {len(data)} at {offset} of an open file"

    def close_held(self):
        if not self.held:
            return None
        held = self.held.pop(self.random.randrange(len(self.held)))
        self.compare(read_whole(held.fd), held.file, "the open file")
        os.close(held.fd)
        return f"close a file of {len(held.file.data)}"

    def close_all(self):
        while self.held:
            self.close_held()

    def read(self):
        if (path := self.pick(File)) is None:
            return None
        fd = os.open(self.real(path), os.O_RDONLY)
        os.fdatasync(fd)
        os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        found = read_whole(fd)
        os.close(fd)
        self.compare(found, self.node(path), path)
        return f"read {path}"

    def compare(self, found, file, what):
        if found != file.data:
            raise AssertionError(f"{what} has {differing(found, file.data)}")

    def move(self):
        path = self.pick((File, Symlink)) if self.random.random() < 0.7 else self.pick(Folder)
        if path is None:
            return None
        node = self.node(path)
        over = self.pick(type(node)) if self.random.random() < 0.3 and not isinstance(node, Folder) else None
        target = self.place() if over is None else over
        if target == path or (target + "/").startswith(path + "/"):
            return None
        os.rename(self.real(path), self.real(target))
        parent, name = self.parent(target)
        self.forget_name(parent.get(name))
        parent[name] = node
        above, old = self.parent(path)
        del above[old]
        return f"rename {path} to {target}"

    def remove(self):
        if (path := self.pick((File, Symlink))) is None:
            return None
        parent, name = self.parent(path)
        os.unlink(self.real(path))
        self.forget_name(parent.pop(name))
        expect_error(errno.ENOENT, f"stat of {path}, which was removed", os.stat, self.real(path))
        return f"unlink {path}"

    def make_folder(self):
        path = self.place()
        os.mkdir(self.real(path))
        parent, name = self.parent(path)
        parent[name] = Folder()
        return f"mkdir {path}"

    def remove_folder(self):
        if (path := self.pick(Folder)) is None:
            return None
        if self.node(path):
            expect_error(errno.ENOTEMPTY, f"rmdir {path}, which is not empty", os.rmdir, self.real(path))
            return f"rmdir {path} in vain"
        # The client keeps removed open files in their folder under other names.
        self.close_all()
        os.rmdir(self.real(path))
        parent, name = self.parent(path)
        del parent[name]
        return f"rmdir {path}"

    def link(self):
        path = self.place()
        target = "/".join(["target"] * self.random.randrange(1, 6))
        os.symlink(target, self.real(path))
        parent, name = self.parent(path)
        parent[name] = Symlink(target)
        return f"symlink {path}"

    def change_mode(self):
        if (path := self.pick(File)) is None:
            return None
        mode = self.random.choice([0o600, 0o644, 0o664, 0o755])
        os.chmod(self.real(path), mode)
        self.node(path).mode = mode
        return f"chmod {mode:o} {path}"

    def change_time(self):
        if (path := self.pick(File)) is None:
            return None
        file = self.node(path)
        if any(held.file is file for held in self.held):
            return None  # its writes may be on their way
        time = self.random.randrange(10**18, 17 * 10**17)
        os.utime(self.real(path), ns=(time, time))
        file.mtime = time
        return f"touch {path}"

    def must_exist(self):
        if (path := self.pick((File, Folder, Symlink))) is None:
            return None
        exclusive = os.O_CREAT | os.O_EXCL | os.O_WRONLY
        expect_error(errno.EEXIST, f"exclusive create of {path}, which exists", os.open, self.real(path), exclusive)
        expect_error(errno.EEXIST, f"mkdir {path}, which exists", os.mkdir, self.real(path))
        missing = self.place()
        expect_error(errno.ENOENT, f"open of {missing}, which is not there", os.open, self.real(missing), os.O_RDONLY)
        return f"{path} exists, {missing} does not"

    def list(self):
        path = self.random.choice([""] + list(self.paths(Folder)))
        found = {name for name in os.listdir(self.real(path)) if not name.startswith(".nfs")}
        assert found == set(self.node(path)), f"listing of {path!r}: {found ^ set(self.node(path))} differ"
        return f"list {path}"

    def publish(self):
        """Replaces a file that others read: whole, by a rename. It says itself what it must hold."""
        name = f"{self.number}-{self.random.randrange(3)}"
        version = self.versions[name] = self.versions.get(name, 0) + 1
        body = self.bytes()
        header = {"name": name, "version": version, "size": len(body), "sha256": hashlib.sha256(body).hexdigest()}
        data = json.dumps(header).encode() + b"\n" + body
        path = os.path.join(self.published, name)
        with open(path + ".new", "xb") as file:
            file.write(data)
            if self.random.random() < 0.5:
                file.flush()
                os.fsync(file.fileno())
        os.rename(path + ".new", path)
        return f"publish {name} {version} of {len(data)}"

    # --- running

    weights = {
        create: 14,
        overwrite: 8,
        append: 6,
        rewrite: 5,
        truncate: 4,
        write_held: 8,
        close_held: 5,
        read: 8,
        move: 10,
        remove: 9,
        make_folder: 5,
        remove_folder: 4,
        link: 2,
        change_mode: 3,
        change_time: 3,
        must_exist: 4,
        list: 4,
        publish: 6,
    }

    def step(self):
        operations = list(self.weights)
        while True:
            operation = self.random.choices(operations, list(self.weights.values()))[0]
            if len(list(self.paths(object))) > 50 and operation in (Worker.create, Worker.make_folder, Worker.link):
                operation = Worker.remove
            self.history.append(f"{operation.__name__} …")
            done = operation(self)
            if done is None:
                self.history.pop()
                continue
            self.history[-1] = done
            del self.history[:-30]
            self.count += 1
            return

    def expected(self, tree=None, below=""):
        """What the folder must look like, by path."""
        found = {}
        for name, node in (self.tree if tree is None else tree).items():
            path = os.path.join(below, name)
            if isinstance(node, Folder):
                found[path] = {"type": "directory"}
                found.update(self.expected(node, path))
            elif isinstance(node, Symlink):
                found[path] = {"type": "symlink", "target": node.target}
            else:
                digest = hashlib.sha256(node.data).hexdigest()
                found[path] = {"type": "file", "size": len(node.data), "sha256": digest, "permissions": node.mode}
                if node.mtime is not None:
                    found[path]["mtime"] = str(node.mtime)
        return found
