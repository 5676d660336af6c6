# What one mount has closed another sees when it opens.
there=$SECOND/$CASE
for i in 1 2 3 4 5; do
  echo "version $i, $(head -c $((i * 7)) /dev/zero | tr '\0' x)" >file
  equal file "$there/file"
  echo "answer $i" >"$there/file"
  same "$(cat file)" "answer $i" 'what the other mount wrote'
done
mkdir folder
eventually 10 test -d "$there/folder"
echo inside >"$there/folder/file"
same "$(cat folder/file)" inside 'a file that the other mount made'
