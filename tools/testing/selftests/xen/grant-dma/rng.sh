#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The random number generator delivers, and what it delivers looks random.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

SIZE=4096

# Fewer than 200 of 256 values among 4096 random bytes does not happen.
has_many_values() {
	[ "$(od -An -v -tx1 "$tmp/first" | tr -s ' ' '\n' | sort -u | grep -c .)" -gt 200 ]
}

reads() {
	quietly dd if=/dev/hwrng of="$tmp/$1" bs=$SIZE count=1 iflag=fullblock &&
		[ "$(wc -c <"$tmp/$1")" = $SIZE ]
}

differ() {
	! cmp -s "$tmp/first" "$tmp/second"
}

# Its buffers are small enough to go with the ring, but do so only if that is asked for.
maps_as_asked() {
	is_listed "$device" || return
	if [ "$(ring_bounces)" = Y ]; then
		[ "$(mappings)" = "$before" ]
	else
		[ "$(mappings)" -gt "$before" ]
	fi
}

begin 6
find_device virtio_rng
before=$(mappings)

ktap_test_result "rng: virtio is the current generator" \
	grep -q ^virtio_rng /sys/class/misc/hw_random/rng_current
ktap_test_result "rng: $SIZE bytes can be read" reads first
ktap_test_result "rng: and again" reads second
ktap_test_result "rng: data is not constant" has_many_values
ktap_test_result "rng: two reads differ" differ
ktap_test_result "rng: buffers are mapped, or go with the ring if that is asked for" maps_as_asked

finish
