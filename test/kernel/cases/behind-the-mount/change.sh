echo mine >file
echo theirs | host put "$CASE/object"
eventually 40 test -e object
eventually 40 host exists "$CASE/file"
echo 'theirs, changed' | host put "$CASE/object"
echo 'overwritten by them' | host put "$CASE/file"
content() { [ "$(cat "$1")" = "$2" ]; }
eventually 40 content object 'theirs, changed'
eventually 40 content file 'overwritten by them'
same "$(stat -c %s file)" 20 'the size'
# And it can be written again from here.
echo 'mine again' >file
same "$(cat file)" 'mine again' 'the content'
uploaded() { [ "$(host get "$CASE/file")" = 'mine again' ]; }
eventually 40 uploaded
