import errno
import os

from expect import same


def refusal(act):
    try:
        act()
    except OSError as error:
        return errno.errorcode[error.errno]
    return "no error"


same(refusal(lambda: open("n" * 256, "w")), "ENAMETOOLONG", "the answer to a name of 256 bytes")
# A key has at most 1,024 bytes.
path = "."
for _ in range(3):
    path = os.path.join(path, "d" * 255)
    os.mkdir(path)
same(refusal(lambda: os.mkdir(os.path.join(path, "e" * 250))), "ENAMETOOLONG", "the answer to a key that is too long")
os.makedirs("short/" + "s" * 200)
with open("short/" + "s" * 200 + "/file", "w") as file:
    file.write("stays")
same(
    refusal(lambda: os.rename("short", os.path.join(path, "e" * 100))),
    "ENAMETOOLONG",
    "the answer to a rename that would make keys too long",
)
with open("short/" + "s" * 200 + "/file") as file:
    same(file.read(), "stays", "the file after a refused rename")
