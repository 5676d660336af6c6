mkdir -p empty full
echo file >full/file
rmdir empty
refused stat empty
refused rmdir full
rm full/file
same "$(ls)" full 'a directory that was emptied stays'
sleep 3 # settled
forget
same "$(ls)" full 'a directory that was emptied stays'
rmdir full
same "$(ls)" '' 'the listing'
echo file >file
refused rmdir file
mkdir -p deep/er
rmdir -p deep/er
refused stat deep
