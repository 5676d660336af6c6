mkdir many
cd many
# More than a page of a listing, which has 1,000 keys.
for ((i = 1; i <= 1200; i++)); do echo "$i" >"file $i"; done
same "$(ls | wc -l)" 1200 'the number of files'
forget
same "$(ls -l | tail -n +2 | wc -l)" 1200 'the number of files with attributes'
same "$(ls | sort -u | wc -l)" 1200 'the number of different names'
forget
same "$(cat * | sort -n | tr '\n' ' ')" "$(seq -s ' ' 1200) " 'the contents'
# Removing while reading the directory.
find . -name '*[1-9]' -delete
same "$(ls | wc -l)" 120 'the number of files left'
forget
same "$(ls | wc -l)" 120 'the number of files left'
