#!/bin/bash
# Makes both clients able to lock over NFSv3. The second has a /run of its own, since rpcbind has one socket there, and
# shares all other mounts.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
"$here/start-locking.sh" /run/statd
mount --make-rshared /
nsenter --net=/run/netns/second unshare --uts --mount --propagation unchanged bash -c '
  hostname second-client
  mount --make-private /run
  mount -t tmpfs run /run
  "$0/start-locking.sh" /run/statd
  echo $$ >/tmp/second-client
  exec sleep infinity' "$here" >/dev/null 2>&1 &
for ((tries = 0; tries < 100; tries++)); do [ -s /tmp/second-client ] && exit 0; sleep 0.1; done
echo 'the second client did not start'
exit 1
