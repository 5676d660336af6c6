# Objects that were there before.
same "$(ls "$MOUNT/existing")" $'a.txt\ndeep\nempty' 'the listing'
ls -lR "$MOUNT/existing" >/dev/null
