#!/bin/bash
# Makes a second NFS client: a network namespace of its own at 10.77.0.3, so that the kernel keeps another clientid for
# it and shares neither pages nor names nor locks with the first. What one sees of the other, the gateway tells.
set -euo pipefail
module=$(echo /usr/lib/uml/modules/*)/kernel/drivers/net/veth.ko
[ "$(uname -r)" = "$(basename "${module%%/kernel/*}")" ] && insmod "$module"
ip netns add second
ip link add to-second type veth peer name eth0 netns second
ip link set to-second up
ip route add 10.77.0.3/32 dev to-second
# The machine finds it through this one, and the other way round.
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv4/conf/all/proxy_arp
ip -n second link set lo up
ip -n second addr add 10.77.0.3/32 dev eth0
ip -n second link set eth0 up
ip -n second route add 10.77.0.0/24 dev eth0
