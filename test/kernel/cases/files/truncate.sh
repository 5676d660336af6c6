cp /tmp/1M file
cp /tmp/1M /tmp/expected
for size in 500001 3 0 70000 65536; do
  truncate -s $size file /tmp/expected
  same "$(stat -c %s file)" $size 'the size'
  forget
  equal file /tmp/expected
done
# A file that was uploaded meanwhile.
cp /tmp/1M uploaded
sleep 3
truncate -s 12345 uploaded
head -c 12345 /tmp/1M >/tmp/expected
forget
equal uploaded /tmp/expected
# Beyond the end: zeros.
dd if=/tmp/1M of=sparse bs=4k count=1 seek=100 status=none
{ head -c 409600 /dev/zero && head -c 4k /tmp/1M; } >/tmp/expected
forget
equal sparse /tmp/expected
