mkdir -p /tmp/rsync/deep
for i in $(seq 20); do head -c $((i * 3000)) /tmp/1M | tee /tmp/rsync/deep/$i >/tmp/rsync/$i; done
ln -s deep /tmp/rsync/link
touch -d '2010-01-02 03:04:05.678 UTC' /tmp/rsync/7
rsync -a /tmp/rsync/ copy/
same "$(rsync -a --itemize-changes /tmp/rsync/ copy/)" '' 'what a second run finds to do'
forget
same "$(rsync -a --checksum --itemize-changes /tmp/rsync/ copy/)" '' 'what checksums find to do'
echo changed >/tmp/rsync/3
rm /tmp/rsync/4
rsync -a --delete /tmp/rsync/ copy/
same "$(cat copy/3)" changed 'a changed file'
refused stat copy/4
