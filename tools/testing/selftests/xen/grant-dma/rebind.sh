#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Devices survive being taken from their drivers in the middle of I/O, any
# number of times, and work as before once they are bound again.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

ROUNDS=${ROUNDS:-15}
FEW=${FEW:-5}

VIRTIO=/sys/bus/virtio/drivers

has_done_io_since() {
	[ "$(interrupts)" -gt "$1" ]
}

# Takes device $2 from the driver at $1 while load_$3 runs, and gives it back.
# Loads end by themselves once $tmp/stop is there.
interrupt() {
	rm -f "$tmp/stop"
	"load_$3" >/dev/null 2>&1 &
	wait_for 10 has_done_io_since "$(interrupts)" && drive unbind "$1" "$2"
	unbound=$?
	touch "$tmp/stop"
	wait
	[ $unbound = 0 ] && drive bind "$1" "$2"
}

is_back() {
	! is_ours || is_listed "$device"
}

# Interrupts for $1 rounds; check_$4 decides whether the device works again.
rebind() {
	for round in $(seq "$1"); do
		interrupt "$2" "$3" "$4" && wait_for 10 is_back &&
			"check_$4" && continue
		ktap_print_msg "in round $round"
		return 1
	done
}

# Through a node of its own: a write to /dev/vda while it is missing would make
# a plain file there.
disk_node() {
	disk=$(child_of "$device" block)
	rm -f "$tmp/disk"
	# shellcheck disable=SC2046
	mknod "$tmp/disk" b $(tr : ' ' <"/sys/block/$disk/dev")
}

load_disk() {
	until [ -e "$tmp/stop" ]; do
		dd if="$tmp/disk" of=/dev/null bs=64k count=16 iflag=direct
	done &
	until [ -e "$tmp/stop" ]; do
		dd if=/dev/zero of="$tmp/disk" bs=64k seek=1024 count=16 oflag=direct conv=notrunc
	done
	wait
}

# What was written before the device went away is still there; what is written
# now is looked for after the next round.
check_disk() {
	wait_for 10 disk_node 2>/dev/null && disk_holds_data && disk_takes_data
}

disk_takes_data() {
	random_file "$tmp/data" 65536
	quietly dd if="$tmp/data" of="$tmp/disk" bs=64k oflag=direct conv=notrunc
}

disk_holds_data() {
	quietly dd if="$tmp/disk" of="$tmp/read" bs=64k count=1 iflag=direct &&
		cmp "$tmp/data" "$tmp/read"
}

# Sockets without a connection: they end with an error once the interface is
# gone, where TCP would wait for it.
load_network() {
	until [ -e "$tmp/stop" ]; do
		ping -q -c 1 -W 1 -s 8192 "$PEER"
	done &
	until [ -e "$tmp/stop" ]; do
		head -c 65536 /dev/zero | socat -u -b 1400 - "UDP-DATAGRAM:$PEER:9"
	done
	wait
}

check_network() {
	network_up "$(child_of "$device" net)" "$address" &&
		random_file "$tmp/data" 65536 && quietly echoes "$tmp/data"
}

load_rng() {
	until [ -e "$tmp/stop" ]; do
		dd if=/dev/hwrng of=/dev/null bs=64 count=64
	done
}

check_rng() {
	wait_for 10 grep -q ^virtio_rng /sys/class/misc/hw_random/rng_current &&
		quietly dd if=/dev/hwrng of="$tmp/data" bs=512 count=1 iflag=fullblock &&
		[ "$(wc -c <"$tmp/data")" = 512 ]
}

# The virtio device on the transport.
virtio() {
	basename "$(sysfs "$device")"/virtio*
}

begin 7

find_device virtio_blk
disk_node
disk_takes_data
ktap_test_result "rebind: disk, $ROUNDS times" \
	rebind "$ROUNDS" "$(transport "$device")" "$device" disk
ktap_test_result "rebind: disk, virtio driver only" \
	rebind "$FEW" $VIRTIO/virtio_blk "$(virtio)" disk
ktap_test_result "rebind: disk holds what was written last" disk_holds_data

find_device virtio_net
address=$(ip -4 -o address show dev "$(child_of "$device" net)" | awk '{ print $4 }')
ktap_test_result "rebind: network, $FEW times" \
	rebind "$FEW" "$(transport "$device")" "$device" network
ktap_test_result "rebind: network, virtio driver only" \
	rebind "$FEW" $VIRTIO/virtio_net "$(virtio)" network

find_device virtio_rng
ktap_test_result "rebind: rng, $FEW times" rebind "$FEW" "$(transport "$device")" "$device" rng
ktap_test_result "rebind: rng, virtio driver only" \
	rebind "$FEW" $VIRTIO/virtio_rng "$(virtio)" rng

finish
