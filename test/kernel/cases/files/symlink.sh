echo target >target
ln -s target link
same "$(readlink link)" target 'the target'
same "$(cat link)" target 'the content through the link'
ln -s 'no/such thing ü' dangling
forget
same "$(readlink dangling)" 'no/such thing ü' 'the dangling target'
same "$(stat -c %F link)" 'symbolic link' 'the type'
refused cat dangling
ln -sfn dangling link
same "$(readlink link)" dangling 'the target of a replaced link'
mkdir folder
ln -s folder to-folder
echo inside >to-folder/file
same "$(cat folder/file)" inside 'a file written through a link'
rm to-folder
same "$(ls folder)" file 'the folder after its link was removed'
