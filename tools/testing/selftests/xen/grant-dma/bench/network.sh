#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Throughput both ways and the rate of small requests, over a network device for
# each way to the backend. Leaves the tools' own results in $OUT:
# out-<path>.json, in-<path>.json, tcp-<path>, udp-<path>.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# The network that a path has: network-dom0.sh.
network_of() {
	[ "$1" = xen ] && echo 192.168.129 || echo 192.168.128
}

for interface in /sys/class/net/*; do
	[ ! -e "$interface/device" ] || ifconfig "${interface##*/}" 0.0.0.0
done
for interface in /sys/class/net/*; do
	[ -e "$interface/device" ] || continue
	path=$(path_of "$interface/device")
	network=$(network_of "$path")
	ifconfig "${interface##*/}" "$network.2" netmask 255.255.255.0 up
	iperf3 -c "$network.1" -t 2 -J >"$OUT/out-$path.json" &&
		iperf3 -c "$network.1" -t 2 -J -R >"$OUT/in-$path.json" &&
		sockperf ping-pong -i "$network.1" -t 2 --tcp >"$OUT/tcp-$path" &&
		sockperf ping-pong -i "$network.1" -t 2 >"$OUT/udp-$path" || exit
done
note_areas || :
