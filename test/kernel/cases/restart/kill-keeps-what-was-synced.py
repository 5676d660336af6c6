import os

from expect import forget, host, same

with open("synced", "w") as file:
    file.write("safe")
    file.flush()
    os.fsync(file.fileno())
os.mkdir("folder")
os.rename("synced", "folder/renamed")
with open("removed", "w") as file:
    file.write("gone")
os.unlink("removed")
os.chmod("folder/renamed", 0o600)
host("restart-KILL")
forget()
same(os.listdir("."), ["folder"], "the listing")
with open("folder/renamed") as file:
    same(file.read(), "safe", "what had been synced")
same(os.stat("folder/renamed").st_mode & 0o777, 0o600, "its mode")
