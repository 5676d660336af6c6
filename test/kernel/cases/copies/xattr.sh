# Extended attributes of files and directories, which other programs find in s3fs's metadata header.
touch file
mkdir folder
if [[ $OPTIONS != *vers=4.2* ]]; then
  refused setfattr -n user.comment -v text file
  exit 0
fi
setfattr -n user.comment -v 'some text' file
setfattr -n user.bytes -v 0x0001ff file
setfattr -n user.of -v folder folder
same "$(getfattr --only-values -n user.comment file)" 'some text' 'an attribute'
same "$(getfattr -e hex --only-values -n user.bytes file | od -An -tx1 | tr -d ' \n')" 0001ff 'bytes'
same "$(getfattr file | grep -c '^user\.')" 2 'the number of attributes'
same "$(getfattr --only-values -n user.of folder)" folder "a folder's attribute"
refused getfattr -n user.none file
refused setfattr -n user.large -v "$(head -c 4000 /dev/zero | tr '\0' x)" file
refused setfattr -n trusted.none -v x file

# They go along: with a rewrite, a rename, and a copy that asks for them.
eventually 40 host exists "$CASE/file"
echo content >file
mv file renamed
cp -a renamed copy
cp renamed plain
forget
same "$(getfattr --only-values -n user.comment renamed)" 'some text' 'after a rewrite and a rename'
same "$(getfattr --only-values -n user.comment copy)" 'some text' 'of a copy'
refused getfattr -n user.comment plain
setfattr -x user.bytes renamed
refused getfattr -n user.bytes renamed
header() { [[ $(host metadata "$CASE/renamed") = *comment* ]]; }
eventually 40 header
