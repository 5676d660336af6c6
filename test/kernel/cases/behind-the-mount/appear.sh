# Objects that others put into the bucket.
echo 'from elsewhere' | host put "$CASE/object"
eventually 40 test -e object
same "$(cat object)" 'from elsewhere' 'the content'
echo deep | host put "$CASE/new/prefix/object"
eventually 40 test -e new/prefix/object
same "$(cat new/prefix/object)" deep 'the content below a new prefix'
same "$(ls)" $'new\nobject' 'the listing'
