dd if=/tmp/64M of=written bs=64k conv=fsync status=none
same "$(stat -c %s written)" 67108864 'the size'
forget
same "$(sha256sum <written)" "$(sha256sum </tmp/64M)" 'the checksum'
# Past the client's cache, both ways.
dd if=/tmp/64M of=direct bs=1M oflag=direct status=none
same "$(dd if=direct bs=1M iflag=direct status=none | sha256sum)" "$(sha256sum </tmp/64M)" 'the checksum of direct I/O'
