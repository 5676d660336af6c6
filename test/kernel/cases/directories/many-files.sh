mkdir many
cd many
for ((i = 1; i <= 2000; i++)); do echo "$i" >"file $i"; done
same "$(ls | wc -l)" 2000 'the number of files'
forget
same "$(ls -l | tail -n +2 | wc -l)" 2000 'the number of files with attributes'
same "$(ls | sort -u | wc -l)" 2000 'the number of different names'
forget
same "$(cat * | sort -n | tr '\n' ' ')" "$(seq -s ' ' 2000) " 'the contents'
# Removing while reading the directory.
find . -name '*[13579]' -delete
same "$(ls | wc -l)" 1000 'the number of files left'
forget
same "$(ls | wc -l)" 1000 'the number of files left'
