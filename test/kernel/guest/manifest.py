"""manifest.py FOLDER: everything below FOLDER as JSON, by path; times in nanoseconds, as strings."""

import hashlib
import json
import os
import stat
import sys

types = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
    stat.S_IFCHR: "character",
    stat.S_IFBLK: "block",
}


def digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def walk(root, below=""):
    for entry in sorted(os.scandir(os.path.join(root, below)), key=lambda entry: entry.name):
        path = os.path.join(below, entry.name)
        status = entry.stat(follow_symlinks=False)
        kind = types[stat.S_IFMT(status.st_mode)]
        found = {
            "path": path,
            "type": kind,
            "permissions": stat.S_IMODE(status.st_mode),
            "uid": status.st_uid,
            "gid": status.st_gid,
            "size": status.st_size,
            "mtime": str(status.st_mtime_ns),
        }
        if kind == "file":
            found["sha256"] = digest(entry.path)
        if kind == "symlink":
            found["target"] = os.readlink(entry.path)
        yield found
        if kind == "directory":
            yield from walk(root, path)


if __name__ == "__main__":
    json.dump(list(walk(sys.argv[1])), sys.stdout)
