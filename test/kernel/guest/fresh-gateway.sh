# A gateway that knows nothing but the bucket shows the same tree.
host start-fresh
mkdir -p /mnt/fresh
mount -t nfs -o "$FRESH_OPTIONS" "$ADDRESS:/$EXPORT" /mnt/fresh
python3 "$HERE/manifest.py" "$MOUNT" >/tmp/manifest
python3 "$HERE/manifest.py" /mnt/fresh >/tmp/fresh
umount /mnt/fresh
python3 - <<'PYTHON'
import json

def read(path):
    return {entry["path"]: entry for entry in json.load(open(path))}

used, fresh = read("/tmp/manifest"), read("/tmp/fresh")
differences = [f"only in the used one: {path!r}" for path in used.keys() - fresh.keys()]
differences += [f"only in the fresh one: {path!r}" for path in fresh.keys() - used.keys()]
for path in used.keys() & fresh.keys():
    # What a directory is like inside belongs to the gateway that keeps it; S3 has no place for its time and size.
    ignored = {"mtime", "size"} if used[path]["type"] == "directory" else set()
    for name in used[path].keys() - ignored:
        if used[path][name] != fresh[path].get(name):
            differences.append(f"{name} of {path!r} was {used[path][name]!r}, is {fresh[path].get(name)!r}")
print(len(differences), "differences, such as")
print(*sorted(differences)[:: max(1, len(differences) // 20)][:20], sep="\n")
raise SystemExit(1 if differences else 0)
PYTHON
