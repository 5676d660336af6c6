# What cases written in shell say about what they see.

# same ACTUAL EXPECTED WHAT
same() {
  [ "$1" = "$2" ] && return
  echo "$3 is ${1@Q}, not ${2@Q}"
  return 1
}

# equal FILE FILE: the same bytes
equal() {
  cmp "$1" "$2"
}

# refused COMMAND…: it must fail
refused() {
  ! "$@" || {
    echo "succeeded: $*"
    return 1
  }
}

# eventually SECONDS COMMAND…: it must succeed by then
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" 2>/dev/null; do
    [ $SECONDS -le $deadline ] || {
      echo "not in time: $*"
      return 1
    }
    sleep 0.25
  done
}

# Forgets what the client has cached, so that what follows comes from the gateway.
forget() {
  sync
  echo 3 >/proc/sys/vm/drop_caches
}
