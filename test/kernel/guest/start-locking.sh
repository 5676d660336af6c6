#!/bin/bash
# start-locking.sh FOLDER: in the network and the /run where it is called, starts what a client of NFSv3 needs for locks
# on its side. FOLDER is the status monitor's.
set -euo pipefail
mkdir -p "$1"/{sm,sm.bak} /run/rpcbind
chown -R statd "$1"
rpcbind
rpc.statd --no-notify --state-directory-path "$1"
