echo one >one
echo two >two
rm one
refused stat one
same "$(ls)" two 'the listing'
sleep 3
rm two # uploaded by now
same "$(ls)" '' 'the listing'
refused rm two
echo again >two
same "$(cat two)" again 'a file of the name of a removed one'
mkdir -p tree/of/directories
touch tree/a tree/of/b tree/of/directories/c
rm -r tree
refused stat tree
