#!/bin/bash
# make-root.sh DIR MIRROR RELEASE KERNEL_RELEASE PACKAGE,PACKAGE…
# Builds in DIR a Debian root with a Linux kernel that runs as an ordinary process (User Mode Linux), that kernel's NFS
# client, and the tools the kernel tests use. DIR is there only once it is complete. Needs root and debootstrap.
set -euo pipefail
dir=$1 mirror=$2 release=$3 kernel_release=$4 packages=$5
mkdir -p "$(dirname "$dir")"
exec 9>"$dir.lock"
flock 9 # another run may be building it right now
[ -d "$dir" ] && exit 0

work=$(mktemp -d "$dir.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 1' TERM INT HUP
root=$work/root
debootstrap --variant=minbase --include="$packages" "$release" "$root" "$mirror" >"$work/log" 2>&1 || {
  tail -n 20 "$work/log" >&2
  exit 1
}

# The kernel comes by the machine's own apt, with its proxies and certificates, but with lists of its own. Of another
# release than the root, because stable's dies on processors with a large register state.
apt=$work/apt
mkdir -p "$apt/lists/partial" "$apt/archives/partial"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
echo "deb [signed-by=$keyring check-valid-until=no] $mirror $kernel_release main" >"$apt/sources.list"
options=(-qq -o Dir::Etc::SourceList="$apt/sources.list" -o Dir::Etc::SourceParts=/dev/null -o Dir::Etc::Preferences=/dev/null
  -o Dir::Etc::PreferencesParts=/dev/null -o Dir::State::Lists="$apt/lists" -o Dir::Cache="$apt" -o Dir::Cache::Archives="$apt/archives"
  -o Dir::State::Status=/dev/null -o APT::Sandbox::User=root -o APT::Update::Post-Invoke::= -o APT::Update::Post-Invoke-Success::=)
apt-get "${options[@]}" update
(cd "$apt" && apt-get "${options[@]}" download user-mode-linux)
dpkg-deb --extract "$apt"/user-mode-linux_*.deb "$root"

rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
mkdir "$root/host" # folders of the machine appear under it
mv "$root" "$dir"
