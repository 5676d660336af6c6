import mmap
import os

from expect import forget, same, second

size = 1 << 20
with open("mapped", "wb") as file:
    file.write(bytes(range(256)) * (size // 256))
with open("mapped", "r+b") as file, mmap.mmap(file.fileno(), 0) as memory:
    same(memory[4096:4099], b"\0\1\2", "the mapping")
    memory[123456:123463] = b"changed"
    memory[size - 3 :] = b"end"
    memory.flush()
    with open(second("mapped"), "rb") as elsewhere:
        same(os.pread(elsewhere.fileno(), 7, 123456), b"changed", "what another mount sees after msync")
forget()
with open("mapped", "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as memory:
    same(memory[123456:123463], b"changed", "the mapping of a changed file")
    same(memory[-3:], b"end", "its end")
    same(len(memory), size, "its length")
