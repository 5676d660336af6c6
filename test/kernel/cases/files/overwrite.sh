cp /tmp/1M file
cp /tmp/1M /tmp/expected
# A few bytes in the middle, across a page.
printf 'patched' | dd of=file bs=1 seek=409598 conv=notrunc status=none
printf 'patched' | dd of=/tmp/expected bs=1 seek=409598 conv=notrunc status=none
forget
equal file /tmp/expected
# All of it, by something shorter.
echo short >file
forget
same "$(cat file)" short 'the content'
# Again after its upload has begun or ended.
sleep 2
echo 'once more' >file
forget
same "$(cat file)" 'once more' 'the content'
