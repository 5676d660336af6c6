cp /tmp/1M old
inode=$(stat -c %i old)
mv old new
refused stat old
equal new /tmp/1M
same "$(stat -c %i new)" "$inode" 'the inode after a rename'
sleep 3
mv new newer # uploaded by now
forget
equal newer /tmp/1M
same "$(stat -c %i newer)" "$inode" 'the inode after a second rename'
echo other >target
mv target newer
same "$(cat newer)" other 'the content of a replaced file'
mkdir folder
mv newer folder/
same "$(ls . folder)" $'.:\nfolder\n\nfolder:\nnewer' 'the listing'
