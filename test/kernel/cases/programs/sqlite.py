import multiprocessing
import sqlite3
import subprocess

from expect import forget, same


def count_up():
    database = sqlite3.connect("data.db", timeout=60, isolation_level=None)
    for _ in range(10):
        database.execute("BEGIN IMMEDIATE")
        (value,) = database.execute("SELECT value FROM counter").fetchone()
        database.execute("UPDATE counter SET value = ?", (value + 1,))
        database.execute("COMMIT")
    database.close()


database = sqlite3.connect("data.db")
with database:
    database.execute("CREATE TABLE item (number INTEGER PRIMARY KEY, text TEXT)")
    database.executemany("INSERT INTO item VALUES (?, ?)", ((n, "text " * n) for n in range(500)))
    database.execute("CREATE TABLE counter (value INTEGER)")
    database.execute("INSERT INTO counter VALUES (0)")
with database:
    database.execute("CREATE INDEX by_text ON item (text)")
    for n in range(0, 500, 7):
        database.execute("UPDATE item SET text = ? WHERE number = ?", (f"changed {n}", n))
try:
    with database:
        database.execute("DELETE FROM item")
        raise KeyboardInterrupt
except KeyboardInterrupt:
    pass
same(database.execute("SELECT count(*) FROM item").fetchone(), (500,), "the number of rows after a rollback")
database.close()

processes = [multiprocessing.Process(target=count_up) for _ in range(2)]
for process in processes:
    process.start()
for process in processes:
    process.join()
    same(process.exitcode, 0, "the exit status of a process that counts")
forget()
answer = subprocess.run(
    ["sqlite3", "data.db", "PRAGMA integrity_check; SELECT value FROM counter; SELECT text FROM item WHERE number = 14;"],
    stdout=subprocess.PIPE,
    check=True,
).stdout
same(answer, b"ok\n20\nchanged 14\n", "what the sqlite3 program finds")
