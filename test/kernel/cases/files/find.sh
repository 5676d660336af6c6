same "$(cd "$MOUNT/existing" && find . | sort)" $'.\n./a.txt\n./deep\n./deep/er\n./deep/er/b.txt\n./empty' 'the tree'
same "$(find "$MOUNT/existing" -type f -size -11c -name '*.txt' | wc -l)" 1 'the number of small files'
