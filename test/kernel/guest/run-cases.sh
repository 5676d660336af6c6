#!/bin/bash
# run-cases.sh CASE…: mounts the export and runs each case in a folder of its own there. Prints one line per case,
# `ok NAME` or `not ok NAME: reason`, and nothing else that begins so.
# Given in the environment: ADDRESS, EXPORT, OPTIONS (of mount), LOCKING (NLM where locks take more), CONTROL (the machine's), CASES (folder of the cases).
here=$(dirname "$(realpath "$0")")
export PATH=$here:$PATH HERE=$here MOUNT=/mnt/first SECOND=/mnt/second
export GIT_CONFIG_GLOBAL=/tmp/gitconfig
git config --global user.name 'Windlass Test'
git config --global user.email test@localhost
git config --global init.defaultBranch main
git config --global safe.directory '*'

report() { # NAME STATUS OUTPUT_FILE
  if [ "$2" = 0 ]; then
    echo "ok $1"
  else
    echo "not ok $1: status $2: $(tail -n 25 "$3" | tr '\n' '|' | cut -c 1-3000)"
  fi
}

head -c 1M /dev/urandom >/tmp/1M
head -c 64M /dev/urandom >/tmp/64M

mkdir -p $MOUNT $SECOND
{ "$here/make-second-client.sh" &&
  { [ "$LOCKING" != NLM ] || "$here/make-locking-clients.sh"; } &&
  timeout -k 5 60 mount -v -t nfs -o "$OPTIONS" "$ADDRESS:/$EXPORT" $MOUNT &&
  timeout -k 5 60 "$here/as-second-client.sh" mount -v -t nfs -o "$OPTIONS" "$ADDRESS:/$EXPORT" $SECOND; } >/tmp/output 2>&1
status=$?
[ $status = 0 ] || dmesg | tail -n 5 >>/tmp/output
report mount $status /tmp/output
[ $status = 0 ] || exit 1

# By this the fresh gateway finds, when it first looks, that the bucket has POSIX metadata.
echo 'made here' >$MOUNT/made-here

for file in "$@"; do
  name=${file%.*} begin=$SECONDS
  export CASE=${name//\//-}
  (
    mkdir "$MOUNT/$CASE" && cd "$MOUNT/$CASE" || exit 1
    # Only SIGKILL ends what waits for an NFS server.
    exec timeout --kill-after 5 600 bash "$here/run-case.sh" "$CASES/$file"
  ) >/tmp/output 2>&1
  report "$name" $? /tmp/output
  echo "# $((SECONDS - begin)) s: $name"
done

# A file system that was used must agree with S3 and with what anybody else would see of it.
cd /
sync
for check in agrees fresh-gateway; do
  timeout --kill-after 5 600 bash "$here/run-case.sh" "$here/$check.sh" >/tmp/output 2>&1
  report "$check" $? /tmp/output
done

{ timeout -k 5 60 umount $SECOND && timeout -k 5 60 umount $MOUNT; } >/tmp/output 2>&1
report unmount $? /tmp/output
