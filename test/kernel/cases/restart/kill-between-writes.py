import os
import threading

from expect import forget, host

with open("/tmp/64M", "rb") as source:
    data = source.read(24 << 20)
step = 1 << 20
restart = threading.Thread(target=host, args=("restart-KILL",))
with open("file", "wb", buffering=0) as file:
    for offset in range(0, len(data), step):
        file.write(data[offset : offset + step])
        os.fsync(file.fileno())
        # From the middle on the gateway goes away and comes back while the writing goes on.
        if offset == len(data) // 2:
            restart.start()
    restart.join()
    file.write(b"the end")
forget()
with open("file", "rb") as file:
    assert file.read() == data + b"the end", "the file differs from what was written"
