import os

from expect import eventually, forget, same, second, version



def content(path):
    with open(path) as file:
        return file.read()


def rename_elsewhere(source, target):
    os.rename(second(source), second(target))


# NFSv3 has no opens: what another client replaces is gone.
for rename in [os.rename] if version == 3 else [os.rename, rename_elsewhere]:
    with open("target", "w") as file:
        file.write("the old content")
    with open("target") as old:
        same(os.pread(old.fileno(), 7, 0), b"the old", "the file before")
        with open("temporary", "w") as file:
            file.write("the new content, which is longer")
            file.flush()
            os.fsync(file.fileno())
        rename("temporary", "target")
        os.posix_fadvise(old.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        same(old.read(), "the old content", "what the open file reads")
        # A client may take a name from its cache for a second.
        new = "the new content, which is longer"
        eventually(5, lambda: content(second("target")) == new, "another mount reads the new content")
    forget()
    same(content("target"), new, "what the name reads")
    eventually(5, lambda: os.listdir(second(".")) == ["target"], "nothing else is left")
