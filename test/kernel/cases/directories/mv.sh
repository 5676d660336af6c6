mkdir -p old/deep/er
for i in 1 2 3 4 5 6 7 8 9 10; do echo $i | tee old/file$i old/deep/file$i >old/deep/er/file$i; done
inode=$(stat -c %i old/deep/er/file7)
mv old new
refused stat old
same "$(find new -type f | wc -l)" 30 'the number of files'
same "$(cat new/deep/er/file7)" 7 'a file deep inside'
same "$(stat -c %i new/deep/er/file7)" "$inode" 'its inode'
sleep 3 # uploaded by now, under either name
mkdir elsewhere
mv new elsewhere/newer
forget
same "$(find elsewhere/newer -type f | wc -l)" 30 'the number of files'
same "$(cat elsewhere/newer/deep/file10)" 10 'a file inside'
# Onto an empty directory, not onto a full one, not into itself.
mkdir target full
echo x >full/x
mv -T elsewhere/newer target
same "$(ls elsewhere)" '' 'where it came from'
refused mv -T target full
refused mv target target/deep
# While a file in it is open.
exec 5<target/file3
mv target final
same "$(cat <&5)" 3 'what an open file reads after its directory moved'
exec 5<&-
