#!/bin/bash
# on-mounts.sh PROGRAM ARG…: mounts the export for two clients that share nothing, runs guest/PROGRAM, and unmounts.
# Given in the environment: ADDRESS, EXPORT, OPTIONS and SECOND_OPTIONS (of mount), NFS_VERSION (its major), CONTROL.
set -euo pipefail
program=$1
shift
kernel=/host/kernel/guest
export PATH=$kernel:$PATH MOUNT=/mnt/first SECOND=/mnt/second PYTHONPATH=$kernel PYTHONDONTWRITEBYTECODE=1
mkdir -p $MOUNT $SECOND
"$kernel/make-second-client.sh"
timeout -k 5 60 mount -v -t nfs4 -o "$OPTIONS" "$ADDRESS:/$EXPORT" $MOUNT
timeout -k 5 60 "$kernel/as-second-client.sh" mount -v -t nfs4 -o "$SECOND_OPTIONS" "$ADDRESS:/$EXPORT" $SECOND
status=0
python3 "/host/chaos/guest/$program" "$@" || status=$?
# After a failure a mount may hang for good; the guest ends anyway.
[ $status = 0 ] || exit $status
timeout -k 5 60 umount $SECOND
timeout -k 5 60 umount $MOUNT
