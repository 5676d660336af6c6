"""A second client that reads what writers replace: always the old or the new content, never less and never a mixture."""

import hashlib
import json
import os
import random
import time


def check(data, name):
    """The version that these bytes are. @raises AssertionError where they are no version at all"""
    line, newline, body = data.partition(b"\n")
    assert newline, f"{name} has no header: {data[:80]!r} of {len(data)} bytes"
    header = json.loads(line)
    assert header["name"] == name, f"{name} holds {header['name']}"
    assert len(body) == header["size"], f"{name} version {header['version']} has {len(body)} bytes, not {header['size']}"
    assert hashlib.sha256(body).hexdigest() == header["sha256"], f"{name} version {header['version']} has other bytes"
    return header["version"]


def read_published(shared, folder):
    chance = random.Random(0)
    seen = {}
    while not shared.ended.is_set():
        names = [name for name in os.listdir(folder) if not name.endswith(".new") and not name.startswith(".nfs")]
        assert set(seen) <= set(names), f"vanished: {set(seen) - set(names)}"
        for name in names:
            with open(os.path.join(folder, name), "rb", buffering=0) as file:
                parts = []
                while part := file.read(chance.choice([5000, 70_000, 1 << 20])):
                    parts.append(part)
                    if chance.random() < 0.1:
                        time.sleep(0.05)  # while it may be replaced
            version = check(b"".join(parts), name)
            assert version >= seen.get(name, 0), f"{name} went back from version {seen[name]} to {version}"
            seen[name] = version
            with shared.reads.get_lock():
                shared.reads.value += 1
        time.sleep(0.05)
