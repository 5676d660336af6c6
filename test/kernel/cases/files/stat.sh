same "$(stat -c '%F %s %a %u:%g' "$MOUNT/existing/a.txt")" 'regular file 10 644 0:0' 'the file'
same "$(stat -c '%F %a %u:%g' "$MOUNT/existing/deep")" 'directory 755 0:0' 'the directory'
same "$(stat -c '%F' "$MOUNT/existing/empty")" 'directory' 'the directory'
# A version's attributes do not depend on how it was looked at.
before=$(stat -c '%i %s %Y %Z %a' "$MOUNT/existing/a.txt")
cat "$MOUNT/existing/a.txt" >/dev/null
forget
ls -l "$MOUNT/existing" >/dev/null
same "$(stat -c '%i %s %Y %Z %a' "$MOUNT/existing/a.txt")" "$before" 'the status after reading and listing'
