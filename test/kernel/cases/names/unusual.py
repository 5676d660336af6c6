import os

from expect import forget, same

names = [
    "with space",
    " leading and trailing ",
    "double\"quote and 'single'",
    "new\nline",
    "tab\tand\rreturn",
    "back\\slash",
    "emoji 🪝 and 日本語",
    "combining e\u0301",
    "percent %41 plus + and & ? # = ; : @ , $ ! * ( ) [ ] { } < > | ~ ^ `",
    "-rf",
    "...",
    ".hidden",
    "n" * 255,
    "ü" * 127 + "x",
]


def extended(name, suffix):
    """The name with a suffix, cut so that it stays a name."""
    shorter = name.encode()[: 255 - len(suffix)].decode(errors="ignore")
    return shorter + suffix


for name in names:
    with open(name, "w", newline="") as file:
        file.write(name)
    os.mkdir(extended(name, ".d"))
    with open(os.path.join(extended(name, ".d"), name), "w", newline="") as file:
        file.write(name)
forget()
listing = os.listdir(".")
for name in names:
    assert name in listing, f"{name!r} is not listed"
    for path in [name, os.path.join(extended(name, ".d"), name)]:
        with open(path, newline="") as file:
            same(file.read(), name, f"the content of {path!r}")
same(len(listing), 2 * len(names), "the number of entries")
for name in names:
    os.rename(name, extended(name, "~"))
forget()
same(sum(1 for name in os.listdir(".") if name.endswith("~")), len(names), "the number of renamed files")
