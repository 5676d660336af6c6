import os

from expect import eventually, same, second, version

with open("/tmp/1M", "rb") as source:
    data = source.read()
# By the same client, which hides the name itself or trusts the gateway; then by another, of which it knows nothing.
# NFSv3 has no opens: what another client removes is gone.
for path in ["here"] if version == 3 else ["here", "elsewhere"]:
    with open(path, "wb") as file:
        file.write(data)
    with open(path, "r+b") as file:
        os.unlink(path if path == "here" else second(path))
        assert not os.path.exists(second(path)), f"{path} is still there"
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        assert file.read() == data, f"{path}: an unlinked open file reads otherwise"
        if path == "here":
            file.write(b"more")
            file.flush()
            os.fsync(file.fileno())
            same(os.pread(file.fileno(), 4, len(data)), b"more", "what was written after the unlink")
            same(os.fstat(file.fileno()).st_size, len(data) + 4, "its size")
same(os.listdir("."), [], "what is left")
eventually(5, lambda: os.listdir(second(".")) == [], "another mount sees nothing left")

# A new file of the same name is another one.
with open("name", "w") as old:
    old.write("old")
    old.flush()
    os.unlink("name")
    with open("name", "w") as new:
        new.write("new")
    old.write("er")
with open("name") as file:
    same(file.read(), "new", "the new file")
