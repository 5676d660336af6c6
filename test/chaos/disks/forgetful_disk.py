"""forgetful_disk.py MOUNTPOINT BOOT_ID SEED: a file system in memory (FUSE) that keeps across a power loss just what was synced.

Without an fsync of a file nothing of what was written to it since its last one has to be on the disk, without an fsync
of a folder nothing of what became of its names; but any part may be. So at a loss a seed decides for each: nothing of
it, some of it (writes torn at sectors and out of order, names independently of each other), or all.
Commands on standard input: `lose` cuts the power. Prints `ready` once mounted, and after each loss what was lost.
BOOT_ID is a file that stands for the machine's boot id, which changes with each loss.
"""

import ctypes
import errno
import os
import random
import select
import stat
import struct
import sys
import time
import uuid

sector = 512
libc = ctypes.CDLL(None, use_errno=True)

# Operations and structures of <linux/fuse.h>.
LOOKUP, FORGET, GETATTR, SETATTR, MKNOD, MKDIR, UNLINK, RMDIR, RENAME = 1, 2, 3, 4, 8, 9, 10, 11, 12
OPEN, READ, WRITE, STATFS, RELEASE, FSYNC, FLUSH, INIT, OPENDIR, READDIR, RELEASEDIR, FSYNCDIR = (
    *(14, 15, 16, 17, 18, 20, 25, 26),
    *(27, 28, 29, 30),
)
ACCESS, CREATE, INTERRUPT, BATCH_FORGET, RENAME2 = 34, 35, 36, 42, 45
set_mode, set_size = 1, 8
in_header, out_header = struct.Struct("<IIQQIIIHH"), struct.Struct("<IiQ")
attributes = struct.Struct("<QQQQQQIIIIIIIIII")
for_ever = 1 << 30


class Inode:
    """A file or a folder: as it is, as the disk has it, and what lies between."""

    def __init__(self, number, mode):
        self.number = number
        self.mode = mode
        self.changed = time.time_ns()
        self.lookups = 0
        self.data = bytearray()
        self.disk = bytearray()
        self.names = {}
        self.names_on_disk = {}
        self.pending = []

    @property
    def is_folder(self):
        return stat.S_ISDIR(self.mode)

    # What may be pending: ("write", offset, bytes), ("size", size), ("name", {name: inode or None})

    def do(self, change):
        apply(change, self.data, self.names)
        self.pending.append(change)
        self.changed = time.time_ns()

    def sync(self):
        for change in self.pending:
            apply(change, self.disk, self.names_on_disk)
        self.pending.clear()

    def lose(self, chance):
        """Afterwards it is what the disk happens to have."""
        kept = survivors(self.pending, chance)
        for change in kept:
            apply(change, self.disk, self.names_on_disk)
        lost = len(self.pending) - len(kept)
        self.pending.clear()
        self.data = bytearray(self.disk)
        self.names = dict(self.names_on_disk)
        return lost


def apply(change, data, names):
    kind, *rest = change
    if kind == "write":
        offset, written = rest
        if offset > len(data):
            data.extend(bytes(offset - len(data)))
        data[offset : offset + len(written)] = written
    elif kind == "size":
        (size,) = rest
        if size < len(data):
            del data[size:]
        else:
            data.extend(bytes(size - len(data)))
    else:
        for name, inode in rest[0].items():
            if inode is None:
                names.pop(name, None)
            else:
                names[name] = inode


def survivors(pending, chance):
    fate = chance.random()
    if fate < 0.3:
        return []
    if fate < 0.5:
        return list(pending)
    if fate < 0.7:
        return pending[: chance.randrange(len(pending) + 1)]
    kept = []
    dropped = set()
    for change in pending:
        if change[0] == "name":
            # Changes of one name keep their order: the first that is lost takes the later ones along.
            if dropped.isdisjoint(change[1]) and chance.random() < 0.5:
                kept.append(change)
            else:
                dropped |= change[1].keys()
        elif chance.random() < 0.5:
            kept.append(change if change[0] == "size" or chance.random() < 0.5 else torn(change, chance))
    return kept


def torn(change, chance):
    """The beginning of a write, up to a sector."""
    _, offset, data = change
    end = (offset + chance.randrange(len(data) + 1)) // sector * sector
    return ("write", offset, data[: max(0, end - offset)])


class Disk:
    def __init__(self, mountpoint, boot_id, seed):
        self.mountpoint = mountpoint
        self.boot_id = boot_id
        self.chance = random.Random(seed)
        self.next = 2
        self.root = Inode(1, stat.S_IFDIR | 0o755)
        self.inodes = {1: self.root}
        self.fuse = -1
        self.requests = {
            **{LOOKUP: self.lookup, GETATTR: self.getattr, SETATTR: self.setattr, MKNOD: self.mknod, MKDIR: self.mkdir},
            **{UNLINK: self.unlink, RMDIR: self.rmdir, RENAME: self.rename, RENAME2: self.rename2},
            **{OPEN: self.open, OPENDIR: self.open, READ: self.read, WRITE: self.write, STATFS: self.statfs},
            **{FSYNC: self.fsync, FSYNCDIR: self.fsync, READDIR: self.readdir, CREATE: self.create, INIT: self.init},
            **{RELEASE: self.nothing, RELEASEDIR: self.nothing, FLUSH: self.nothing, ACCESS: self.nothing},
        }

    def mount(self):
        with open(self.boot_id, "w") as file:
            file.write(str(uuid.UUID(int=self.chance.getrandbits(128), version=4)) + "\n")
        self.fuse = os.open("/dev/fuse", os.O_RDWR)
        options = f"fd={self.fuse},rootmode=40000,user_id=0,group_id=0,allow_other".encode()
        if libc.mount(b"forgetful", self.mountpoint.encode(), b"fuse", 0, options) != 0:
            raise OSError(ctypes.get_errno(), "mount: " + os.strerror(ctypes.get_errno()))
        print("ready", flush=True)

    def lose(self):
        """Nobody may be using it."""
        detach = 2
        libc.umount2(self.mountpoint.encode(), detach)
        os.close(self.fuse)
        lost = 0
        todo, seen = [self.root], set()
        while todo:
            inode = todo.pop()
            if inode.number in seen:
                continue
            seen.add(inode.number)
            lost += inode.lose(self.chance)
            inode.lookups = 0
            todo.extend(inode.names.values())
        self.inodes = {1: self.root}
        print(f"lost {lost} changes", flush=True)
        self.mount()

    def serve(self):
        while True:
            for source in select.select([0, self.fuse], [], [])[0]:
                if source == 0:
                    command = os.read(0, 100)
                    if command == b"":
                        return
                    self.lose()
                    break
                self.answer()

    def answer(self):
        try:
            request = os.read(self.fuse, (1 << 20) + (1 << 16))
        except OSError as error:
            if error.errno in (errno.EINTR, errno.ENOENT, errno.EAGAIN):
                return
            raise
        _, operation, unique, node, *_ = in_header.unpack_from(request)
        body = memoryview(request)[in_header.size :]
        if operation == FORGET:
            return self.forget(node, *struct.unpack_from("<Q", body))
        if operation == BATCH_FORGET:
            for index in range(struct.unpack_from("<I", body)[0]):
                self.forget(*struct.unpack_from("<QQ", body, 8 + 16 * index))
            return
        if operation == INTERRUPT:
            return
        status, reply = 0, b""
        try:
            act = self.requests.get(operation)
            if act is None:
                raise OSError(errno.ENOSYS, "not here")
            reply = act(self.inodes.get(node), body)
        except OSError as error:
            status = -error.errno
        try:
            os.write(self.fuse, out_header.pack(out_header.size + len(reply), status, unique) + reply)
        except OSError as error:
            # Whoever asked was killed meanwhile.
            if error.errno != errno.ENOENT:
                raise

    # --- replies

    def attributes(self, inode):
        size = 0 if inode.is_folder else len(inode.data)
        seconds, nanoseconds = divmod(inode.changed, 10**9)
        times = (seconds, seconds, seconds, nanoseconds, nanoseconds, nanoseconds)
        return attributes.pack(inode.number, size, (size + 511) // 512, *times, inode.mode, 1, 0, 0, 0, 4096, 0)

    def entry(self, inode):
        self.inodes[inode.number] = inode
        inode.lookups += 1
        return struct.pack("<QQQQII", inode.number, 0, for_ever, for_ever, 0, 0) + self.attributes(inode)

    def make(self, folder, name, mode):
        if name in folder.names:
            raise OSError(errno.EEXIST, name)
        inode = Inode(self.next, mode)
        self.next += 1
        folder.do(("name", {name: inode}))
        return inode

    # --- requests

    def init(self, _inode, body):
        _, minor, read_ahead, _ = struct.unpack_from("<IIII", body)
        asynchronous_read, big_writes, max_pages = 1 << 0, 1 << 5, 1 << 22
        flags = asynchronous_read | big_writes | max_pages
        return struct.pack("<IIIIHHIIHHI", 7, min(minor, 31), read_ahead, flags, 16, 12, 1 << 20, 1, 256, 0, 0) + bytes(28)

    def nothing(self, _inode, _body):
        return b""

    def lookup(self, inode, body):
        found = inode.names.get(text(body))
        if found is None:
            raise OSError(errno.ENOENT, "no such name")
        return self.entry(found)

    def forget(self, node, count):
        inode = self.inodes.get(node)
        if inode is None or inode is self.root:
            return
        inode.lookups -= count
        if inode.lookups <= 0:
            del self.inodes[node]

    def getattr(self, inode, _body):
        return struct.pack("<QII", for_ever, 0, 0) + self.attributes(inode)

    def setattr(self, inode, body):
        valid, _, _, size = struct.unpack_from("<IIQQ", body)
        (mode,) = struct.unpack_from("<I", body, 68)
        if valid & set_mode:
            inode.mode = mode
        if valid & set_size:
            inode.do(("size", size))
        return self.getattr(inode, body)

    def mknod(self, inode, body):
        (mode,) = struct.unpack_from("<I", body)
        return self.entry(self.make(inode, text(body[16:]), mode))

    def mkdir(self, inode, body):
        (mode,) = struct.unpack_from("<I", body)
        return self.entry(self.make(inode, text(body[8:]), stat.S_IFDIR | mode))

    def create(self, inode, body):
        _, mode = struct.unpack_from("<II", body)
        return self.entry(self.make(inode, text(body[16:]), mode)) + bytes(16)

    def unlink(self, inode, body):
        name = text(body)
        if name not in inode.names:
            raise OSError(errno.ENOENT, name)
        inode.do(("name", {name: None}))
        return b""

    def rmdir(self, inode, body):
        if inode.names[text(body)].names:
            raise OSError(errno.ENOTEMPTY, "not empty")
        return self.unlink(inode, body)

    def rename(self, inode, body, names=8):
        (target,) = struct.unpack_from("<Q", body)
        old, new = bytes(body[names:]).split(b"\0")[:2]
        old, new = old.decode(), new.decode()
        if self.inodes[target] is not inode:
            raise OSError(errno.EXDEV, "between folders: not needed so far")
        inode.do(("name", {old: None, new: inode.names[old]}))
        return b""

    def rename2(self, inode, body):
        return self.rename(inode, body, names=16)

    def open(self, _inode, _body):
        return bytes(16)

    def read(self, inode, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        return bytes(inode.data[offset : offset + size])

    def write(self, inode, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        inode.do(("write", offset, bytes(body[40 : 40 + size])))
        return struct.pack("<II", size, 0)

    def statfs(self, _inode, _body):
        return struct.pack("<QQQQQIIII", 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 4096, 255, 4096, 0) + bytes(24)

    def fsync(self, inode, _body):
        inode.sync()
        return b""

    def readdir(self, inode, body):
        _, offset, size = struct.unpack_from("<QQI", body)
        reply = b""
        for index, (name, entry) in enumerate(list(inode.names.items())[offset:], offset + 1):
            raw = name.encode()
            one = struct.pack("<QQII", entry.number, index, len(raw), stat.S_IFMT(entry.mode) >> 12) + raw
            one += bytes(-len(one) % 8)
            if len(reply) + len(one) > size:
                break
            reply += one
        return reply


def text(body):
    return bytes(body).split(b"\0", 1)[0].decode()


disk = Disk(*sys.argv[1:4])
disk.mount()
disk.serve()
