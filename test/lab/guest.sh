#!/bin/bash
# guest.sh KERNEL ROOT MEGABYTES [FOLDER…] <SCRIPT
# Runs SCRIPT (bash, from standard input) as root on a copy-on-write view of ROOT with an NFS client, in the present
# network namespace, each FOLDER of the machine shown as /host/NAME. KERNEL is `uml`: a User Mode Linux booted for it, or
# `own`: the machine's. To be started in mount and PID namespaces of its own, with which everything here vanishes.
# Prints what SCRIPT prints; exit status: SCRIPT's, 125 where the kernel ended before it.
set -euo pipefail
kernel=$1 root=$2 megabytes=$3
shift 3

# What is mounted here stays here. In a chroot, whose / is no mount of its own, that is up to who made it.
mount --make-rprivate / 2>/dev/null || true

scratch=$root.run
mkdir -p "$scratch"
mount -t tmpfs -o mode=0755 windlass-lab "$scratch"
mkdir "$scratch"/{changes,work,root}
mount -t overlay -o lowerdir="$root",upperdir="$scratch/changes",workdir="$scratch/work" windlass-lab "$scratch/root"
root=$scratch/root

mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
# The guest's memory lies here; a container's own is often too small.
mount -t tmpfs -o mode=1777,size="$((megabytes + 64))m" windlass-lab "$root/dev/shm"
for folder in "$@"; do
  mkdir -p "$root/host/${folder##*/}"
  mount --bind "$folder" "$root/host/${folder##*/}"
done

cat >"$root/host/script"
{
  echo '#!/bin/bash'
  echo 'export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8'
  if [ "$kernel" = uml ]; then
    cat <<'INIT'
mount -t proc proc /proc
mount -t sysfs sys /sys
modules=$(echo /usr/lib/uml/modules/*)/kernel
for module in net/sunrpc/sunrpc fs/netfs/netfs fs/nfs_common/grace fs/lockd/lockd fs/nfs_common/nfs_acl \
  net/dns_resolver/dns_resolver fs/nfs/nfs fs/nfs/nfsv3 fs/nfs/nfsv4; do
  [ -f "$modules/$module.ko" ] && insmod "$modules/$module.ko"
done
mkdir -p /dev/shm
mount -t tmpfs -o mode=1777 tmp /dev/shm
ip link set lo up
ip addr add 10.77.0.2/24 dev vec0
ip link set vec0 up
INIT
  fi
  cat <<'INIT'
for folder in /run /mnt /tmp; do mount -t tmpfs -o mode=1777 tmp $folder; done
cd /mnt
bash /host/script </dev/null
echo $? >/host/status
INIT
  [ "$kernel" = uml ] && echo 'sync; echo o >/proc/sysrq-trigger; sleep 10'
} >"$root/host/init"
chmod +x "$root/host/init"

# Of the machine's environment nothing gets in: TMPDIR, for one, would move the guest's memory. The kernel wants a HOME.
enter=(env -i HOME=/root "$(command -v chroot)" "$root")
if [ "$kernel" = uml ]; then
  "${enter[@]}" /usr/bin/linux.uml "mem=${megabytes}M" root=/dev/root rootfstype=hostfs rootflags=/ rw init=/host/init \
    con=null con0=fd:0,fd:1 vec0:transport=tap,ifname=tap0,depth=128,gro=1 quiet loglevel=1 </dev/null 2>&1 || true
else
  "${enter[@]}" /host/init </dev/null 2>&1 || true
fi
[ -s "$root/host/status" ] || exit 125
exit "$(cat "$root/host/status")"
