# The mount helper as pkexec runs it: as root, with PKEXEC_UID. Prints `ok NAME`, or `not ok NAME: WHY`, for each case.
set -u
install -D -m 755 /host/linux/windlass-mount /usr/libexec/windlass/windlass-mount
helper=/usr/libexec/windlass/windlass-mount
useradd --uid 1000 ada
useradd --uid 1001 bob
# What the helper mounts is at 127.0.0.1, where the gateway would be.
python3 /host/guest/relay.py "$GATEWAY" 2049 >/tmp/ready &
gateway=$!
for _ in $(seq 50); do grep -q '^ready' /tmp/ready && break; sleep 0.1; done

as() { PKEXEC_UID=$1 "$helper" "${@:2}" 2>&1; }
table() { grep -c " /run/media" /proc/self/mountinfo; }
# case_ NAME COMMAND…: the command succeeds. With nothing mounted that was not before, unless it is what is tried.
case_() {
  if said=$("${@:2}"); then echo "ok $1"; else echo "not ok $1: $said"; fi
}
# refuses NAME WORDS COMMAND…: status 1, these words, and no mount more.
refuses() {
  before=$(table)
  said=$("${@:3}" 2>&1)
  status=$?
  if [ $status = 1 ] && [[ $said = *$2* ]] && [ "$(table)" = "$before" ]; then echo "ok $1"; else echo "not ok $1: status $status: $said"; fi
}

mounts() {
  as 1000 mount 2049 /drive drive rw 10 && grep ' /run/media/ada/drive ' /proc/self/mountinfo | grep nosuid | grep -q nodev &&
    [ "$(stat -c '%u %a' /run/media/ada)" = '0 755' ] && runuser -u ada -- cat /run/media/ada/drive/deep/file | grep -q content &&
    runuser -u ada -- sh -c 'echo new >/run/media/ada/drive/new' && [ "$(cat /run/media/ada/drive/new)" = new ]
}
limits() {
  device=$(awk '$5 == "/run/media/ada/drive" { print $3 }' /proc/self/mountinfo)
  [ "$(cat "/sys/class/bdi/$device/max_ratio")" = 10 ] && { [ ! -e "/sys/class/bdi/$device/strict_limit" ] || [ "$(cat "/sys/class/bdi/$device/strict_limit")" = 1 ]; }
}
unmounts() { as 1000 unmount drive ask && [ "$(table)" = 0 ] && [ ! -e /run/media/ada/drive ]; }
odd_name() { as 1000 mount 2049 '/a b\c' 'a b\c' ro 1 && ! touch '/run/media/ada/a b\c/x' 2>/dev/null && as 1000 unmount 'a b\c' ask && [ "$(table)" = 0 ]; }
busy() {
  as 1000 mount 2049 /drive drive rw 10 || return
  (cd /run/media/ada/drive && sleep 5) & sleep 0.3
  as 1000 unmount drive ask && return 1
  as 1000 unmount drive lazy && [ "$(table)" = 0 ]
}
# The kernel says goodbye to the server and waits for an answer; the mount is gone before that.
dead_gateway() {
  as 1000 mount 2049 /drive drive rw 10 || return
  kill -STOP $gateway
  as 1000 unmount drive force & unmount=$!
  for _ in $(seq 100); do [ "$(table)" = 0 ] && break; sleep 0.1; done
  gone=$(table)
  kill -CONT $gateway
  wait $unmount && [ "$gone" = 0 ]
}

case_ mounts mounts
case_ limits-what-may-wait-to-be-written limits
refuses a-second-mount-at-one-place busy as 1000 mount 2049 /drive drive rw 10
refuses what-another-user-mounted 'not mounted by this program' as 1001 unmount drive ask
case_ unmounts unmounts
case_ names-with-blanks-and-backslashes odd_name
case_ what-is-in-use-only-when-told busy
case_ a-dead-gateway-s-mount dead_gateway

for name in .. . '' ../bob/x a/b /etc .hidden $'a\nb' $'a\tb'; do
  refuses "the-name-$(printf %q "$name")" 'NAME is the name of a folder' as 1000 mount 2049 /drive "$name" rw 10
done
refuses a-foreign-address 'EXPORT is a path' as 1000 mount 2049 10.77.0.1:/drive x rw 10
refuses options-in-the-port 'PORT is a number' as 1000 mount 2049,addr=10.77.0.1 /drive x rw 10
refuses options-in-the-seconds 'SECONDS is a number' as 1000 mount 2049 /drive x rw 10,suid
refuses options-in-the-access 'mounts ro or rw' as 1000 mount 2049 /drive x rw,suid 10
refuses a-port-below-1024 'PORT is a number' as 1000 mount 0111 /drive x rw 10
refuses root 'for a user other than root' as 0 mount 2049 /drive x rw 10
refuses nobody-s-id 'There is no user' as 4242 mount 2049 /drive x rw 10
refuses an-id-that-is-none 'for a user other than root' as '1000 1001' mount 2049 /drive x rw 10
refuses to-run-without-pkexec 'It is run by pkexec' env -u PKEXEC_UID "$helper" mount 2049 /drive x rw 10
refuses anything-else 'It takes mount or unmount' as 1000 remount x
refuses to-unmount-what-somebody-else-mounted 'not mounted by this program' as 1000 unmount foreign ask

mkdir -p /run/media/ada/tmpfs /elsewhere
mount -t tmpfs tmpfs /run/media/ada/tmpfs
refuses to-unmount-what-is-not-its-own 'not mounted by this program' as 1000 unmount tmpfs lazy
refuses to-mount-over-what-is-there busy as 1000 mount 2049 /drive tmpfs rw 10
ln -s /elsewhere /run/media/ada/link
refuses a-symlink "is not a folder of root's" as 1000 mount 2049 /drive link rw 10
mkdir /run/media/ada/full && touch /run/media/ada/full/x
refuses a-folder-with-something-in-it 'is not empty' as 1000 mount 2049 /drive full rw 10
mkdir /run/media/ada/own && chown ada /run/media/ada/own
refuses a-folder-of-the-user-s "is not a folder of root's" as 1000 mount 2049 /drive own rw 10
mkdir -p /run/media/bob && chown bob /run/media/bob
refuses a-user-s-folder-in-the-way "is not a folder of root's" as 1001 mount 2049 /drive x rw 10
chown root /run/media/bob && chmod 775 /run/media/bob
refuses a-folder-that-others-can-write-in 'can be written by others' as 1001 mount 2049 /drive x rw 10
rmdir /run/media/bob && ln -s /elsewhere /run/media/bob
refuses a-symlink-in-the-way "is not a folder of root's" as 1001 mount 2049 /drive x rw 10
[ -z "$(ls -A /elsewhere)" ] && echo 'ok nothing-was-made-elsewhere' || echo 'not ok nothing-was-made-elsewhere'
kill $gateway
echo 'ok all-was-tried'
