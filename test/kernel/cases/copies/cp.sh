# With NFSv4.2 a copy inside the mount moves no bytes: the store makes it.
cp /tmp/64M source
mkdir folder
eventually 90 host exists "$CASE/source"
cp source copy
equal /tmp/64M copy
# Without CLOSE (NFSv3) what was written goes up in the pauses between, too.
arrived() { host get "$CASE/copy" | cmp - /tmp/64M; }
eventually 60 arrived
[[ $OPTIONS = *vers=4.2* ]] || exit 0
copied() {
  host requests "$CASE/copy" >/tmp/requests
  grep '^CopyObject ' /tmp/requests
}
eventually 30 copied
refused grep -E '^(PutObject|UploadPart|CreateMultipartUpload) ' /tmp/requests

# The first and the last change win: what was copied stays what it was.
cp --reflink=always source clone
echo more >>source
mv clone folder/clone
rm copy
cp --reflink=always folder/clone copy
equal /tmp/64M folder/clone
equal /tmp/64M copy
same "$(tail -c 5 source)" more 'the end of the source'
