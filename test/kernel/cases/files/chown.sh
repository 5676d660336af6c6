echo mine >file
chown 1000:1001 file
forget
same "$(stat -c %u:%g file)" 1000:1001 'the owner'
chmod 600 file
as() { setpriv --reuid "$1" --regid "$1" --clear-groups "${@:2}"; }
same "$(as 1000 cat file)" mine 'what its owner reads'
refused as 1002 cat file
refused as 1002 touch intruder
refused as 1002 chmod 777 file
mkdir open
chmod 1777 open
as 1002 sh -c 'echo theirs >open/file'
forget
same "$(stat -c %u:%g open/file)" 1002:1002 'the owner of what another made'
refused as 1000 rm -f open/file
