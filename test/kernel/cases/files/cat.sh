same "$(cat "$MOUNT/existing/a.txt")" 'an object' 'the content'
same "$(cat "$MOUNT/existing/deep/er/b.txt")" 'a deep object' 'the content'
refused cat "$MOUNT/existing/no-such-object"
