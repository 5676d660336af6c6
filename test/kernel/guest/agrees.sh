# Everything that the mount shows is in S3 once uploads have settled: the same keys, bytes and metadata, nothing else.
forget
python3 "$HERE/manifest.py" "$MOUNT" >/tmp/manifest
host agrees </tmp/manifest
