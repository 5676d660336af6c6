# What is written here can be read there by any S3 tool, and what is removed here is gone there.
cp /tmp/1M file
mkdir folder
echo inside >folder/file
eventually 40 host exists "$CASE/file"
host get "$CASE/file" | cmp - /tmp/1M
eventually 40 host exists "$CASE/folder/file"
mv folder/file moved
rm file
eventually 40 host exists "$CASE/moved"
gone() { ! host exists "$1"; }
eventually 40 gone "$CASE/file"
eventually 40 gone "$CASE/folder/file"
eventually 40 host exists "$CASE/folder/"
