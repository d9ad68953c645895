#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Every device that firmware puts behind the IOMMU runs on grants, with the
# backend that firmware names, and the window into it shows its I/O.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

DEFERRED=/sys/kernel/debug/devices_deferred
TRACING=/sys/kernel/tracing
EVENTS=$TRACING/events/dma
REQUESTS=16

has_driver() {
	[ -e "$(sysfs "$1")/driver" ] && [ -e "$(echo "$(sysfs "$1")"/virtio*/driver)" ]
}

backend_is_firmwares() {
	[ "$(table devices "$1" backend)" = "$(firmware_backend "$1")" ]
}

# Bits count from 0 at the left: 32 is VERSION_1, 33 is ACCESS_PLATFORM.
has_features() {
	[ "$(cut -c 33,34 "$(sysfs "$1")"/virtio*/features)" = 11 ]
}

iommu_is_bound() {
	for compatible in "$PLATFORM"/*/of_node/compatible; do
		grep -qs xen,grant-dma "$compatible" || continue
		[ -e "${compatible%/of_node/compatible}/driver" ] || return 1
	done
}

# But for KUnit's devices: where KUnit is slow, it still runs at the timeout.
nothing_deferred() {
	! dmesg | grep -iE 'deferred probe|probe deferral' | grep -v grant-test- |
		sed 's/^/# /' | grep . &&
		[ -e $DEFERRED ] && ! sed 's/^/# deferred: /' $DEFERRED | grep .
}

read_disk() {
	quietly dd if="/dev/$disk" of=/dev/null bs=64k count=$REQUESTS iflag=direct
}

# The counter is a statistic: it may miss some, but counts none that is not.
requests_map() {
	before=$(mappings)
	read_disk || return
	missed=$((before + REQUESTS * $1 - $(mappings)))
	[ "$missed" -ge 0 ] && [ "$missed" -lt $((REQUESTS / 4)) ] && return
	echo "# $missed fewer than expected"
	return 1
}

tracing() {
	echo "$1" >$EVENTS/enable
}

# What events $1 of the device say of $2, which is a number, or numbers in braces.
traced() {
	grep -E " $1: $device " "$tmp/trace" | grep -oE " $2=(\{[^}]*\}|[^ ]*)" | sort
}

# Every map of a buffer is undone by an unmap of the same address, that of a list by one of the
# same memory: the kernel prints no more of an unmap.
maps_match_unmaps() {
	[ "$(traced 'dma_map_(phys|page)' dma_addr)" = \
		"$(traced 'dma_unmap_(phys|page)' dma_addr)" ] &&
		[ "$(traced dma_map_sg phys_addrs)" = "$(traced dma_unmap_sg phys_addrs)" ]
}

# Their addresses have bit 63.
every_map_is_a_grant() {
	traced 'dma_map_(phys|page|sg)' 'dma_addrs?' | tr '={}, ' '\n' |
		sed -n 's/^\(0x\)*\([0-9a-f]*\)$/\2/p' | grep . >"$tmp/addresses"
	[ -s "$tmp/addresses" ] &&
		! grep -vE '^[89a-f][0-9a-f]{15}$' "$tmp/addresses" |
			sed 's/^/# no grant: /' | grep .
}

begin $(($(devices | wc -l) * 4 + 5))

for device in $(devices); do
	ktap_test_result "devices: $device has its drivers" has_driver "$device"
	ktap_test_result "devices: $device has our DMA ops" is_listed "$device"
	ktap_test_result "devices: $device has the backend of its device tree node" \
		backend_is_firmwares "$device"
	ktap_test_result "devices: $device negotiated ACCESS_PLATFORM" has_features "$device"
done
ktap_test_result "devices: IOMMU node is bound" iommu_is_bound
ktap_test_result "devices: no probe was deferred for good" nothing_deferred

find_device virtio_blk
disk=$(child_of "$device" block)
case $(ring_bounces) in
Y) ktap_test_result "devices: a disk's requests map their data, and nothing else" requests_map 1 ;;
N) ktap_test_result "devices: a disk's requests map header, data and status once" requests_map 3 ;;
*) ktap_test_skip "devices: mappings of a disk's requests (no virtio patches in this kernel)" ;;
esac

[ -d $TRACING/events ] || mount -t tracefs none $TRACING 2>/dev/null
if [ -d $TRACING/events ]; then
	: >$TRACING/trace
	tracing 1
	read_disk
	tracing 0
	cp $TRACING/trace "$tmp/trace"
	ktap_test_result "devices: traced maps are grants" every_map_is_a_grant
	ktap_test_result "devices: traced maps match unmaps" maps_match_unmaps
else
	ktap_test_skip "devices: traced maps are grants (no tracing in this kernel)"
	ktap_test_skip "devices: traced maps match unmaps (no tracing in this kernel)"
fi

finish
