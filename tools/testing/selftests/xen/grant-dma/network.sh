#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is sent to the echo peer comes back unchanged, for sizes around those
# of a cache line, a frame, a page and the largest segment.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

SIZES='1 2 63 64 65 1499 1500 1501 4095 4096 4097 16384 65535 65536'
PINGS='0 56 1472 1473 4096 16384'

echoes_size() {
	random_file "$tmp/$1" "$1"
	quietly echoes "$tmp/$1"
}

four_at_once() {
	streams=''
	for stream in 1 2 3 4; do
		random_file "$tmp/stream$stream" 262144
		echoes "$tmp/stream$stream" &
		streams="$streams $!"
	done
	for stream in $streams; do
		wait "$stream" || return 1
	done
}

# A packet may be lost, but not all of them.
pings() {
	wait_for 20 quietly ping -q -c 1 -W 5 -s "$1" "$PEER"
}

# shellcheck disable=SC2086
begin $(($(echo $SIZES $PINGS | wc -w) + 2))
find_device virtio_net
before=$(mappings)

for size in $PINGS; do
	ktap_test_result "network: $size bytes by ping" pings "$size"
done
for size in $SIZES; do
	ktap_test_result "network: $size bytes there and back" echoes_size "$size"
done
ktap_test_result "network: four streams at once" four_at_once
ktap_test_result "network: all through grants" has_mapped_since "$before"

finish
