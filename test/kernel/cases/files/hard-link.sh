# One object is one file.
echo one >file
refused ln file link
refused stat link
same "$(ls)" file 'the listing'
same "$(cat file)" one 'the file'
