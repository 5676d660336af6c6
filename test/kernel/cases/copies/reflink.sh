# FICLONE is CLONE of NFSv4.2: a file that shares what it has with another, sent or not, until one of them changes.
[[ $OPTIONS = *vers=4.2* ]] || exit 0
cp /tmp/1M new
cp --reflink=always new unsent
eventually 40 host exists "$CASE/new"
eventually 40 host exists "$CASE/unsent"
cp --reflink=always new sent
printf x | dd of=sent bs=1 seek=1000 conv=notrunc status=none
equal /tmp/1M new
equal /tmp/1M unsent
refused cmp -s new sent
(head -c 1000 /tmp/1M; printf x; tail -c +1002 /tmp/1M) | cmp - sent
forget
equal /tmp/1M unsent
(head -c 1000 /tmp/1M; printf x; tail -c +1002 /tmp/1M) | cmp - sent
