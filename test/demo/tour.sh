#!/bin/sh
# tour.sh FOLDER: a short walk through a mounted drive, each command shown before what it prints.
cd "$1" || exit 1
failed=0

run() {
  printf '\n$ %s\n' "$1"
  sh -c "$1" || { echo "(that failed)" && failed=1; }
}

run 'ls -l'
run 'cat welcome.txt'
run 'cp welcome.txt copy.txt && mkdir trips/rome && mv trips/rome.txt trips/rome/notes.txt'
run 'find . -type f | sort'
# As editors save: a new file takes the old one's name.
run 'sed s/tomorrow/today/ todo.txt >todo.new && mv todo.new todo.txt && cat todo.txt'
run 'date >>trips/rome/notes.txt && tail -n 1 trips/rome/notes.txt'
run 'rm old.log && ls'
run 'df -h .'
cd / || exit 1
exit $failed
