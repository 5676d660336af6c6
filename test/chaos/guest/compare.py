"""What a folder holds, and how it differs from what it must hold."""

import os
import sys

import reader

sys.path.insert(0, "/host/kernel/guest")
from manifest import walk  # noqa: E402


def differences(folder, expected, versions):
    """In words, by path. `versions` of what was published are compared by their own header."""
    found = {entry["path"]: entry for entry in walk(folder)}
    for path in sorted(expected.keys() | found.keys()):
        if path not in found:
            yield f"{path} is missing"
        elif path not in expected:
            yield f"{path} is too many"
        else:
            for name, value in expected[path].items():
                if found[path].get(name) != value:
                    yield f"{name} of {path} is {found[path].get(name)}, not {value}"
    for name, version in versions.items():
        with open(os.path.join(folder, "published", name), "rb") as file:
            actual = reader.check(file.read(), name)
        if actual != version:
            yield f"published/{name} is version {actual}, not {version}"
