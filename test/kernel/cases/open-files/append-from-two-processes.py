import multiprocessing
import os

from expect import forget, same

lines = 200


def append(name):
    descriptor = os.open("log", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    for number in range(lines):
        os.write(descriptor, f"{name} {number:04}\n".encode())
    os.close(descriptor)


open("log", "w").close()
processes = [multiprocessing.Process(target=append, args=(name,)) for name in "AB"]
for process in processes:
    process.start()
for process in processes:
    process.join()
    same(process.exitcode, 0, "the exit status of a process that appends")
forget()
with open("log") as file:
    found = file.read().splitlines()
same(sorted(found), sorted(f"{name} {number:04}" for name in "AB" for number in range(lines)), "the lines")
for name in "AB":
    own = [line for line in found if line.startswith(name)]
    same(own, sorted(own), f"the order of {name}'s lines")
