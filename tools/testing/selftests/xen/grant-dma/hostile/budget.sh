#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that comes first and takes all that it can get keeps nothing from devices of
# another, which come later. And one that goes on using all of its share after the I/O
# leaves its devices their reserves.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

BUFFERS=/sys/kernel/debug/grant-dma-victim/buffers
MANY=8192 # buffers, and references: more than there are
PATIENCE=300

# The device $greedy has another backend than the others.
sort_devices() {
	others=
	for device in $(devices); do
		if [ "$(firmware_backend "$device")" = 0 ]; then
			others="$others $device"
		else
			greedy=$device
		fi
	done
	[ "$greedy" ] && [ "$others" ]
}

drive_others() {
	for device in $others; do
		drive "$1" "$(transport "$device")" "$device" || return
	done
}

# Without the others, so that it is the first.
takes_all() {
	drive_others unbind && insmod hostile/xen_grant_dma_victim.ko device="$greedy" || return
	echo $MANY 2>/dev/null >$BUFFERS && return 1
	echo "# $(cat $BUFFERS) buffers"
	[ "$(cat $BUFFERS)" -gt 0 ] && [ "$(table devices "$greedy" failures)" -gt 0 ]
}

unmap_all() {
	echo 0 >$BUFFERS
}

have_reserves() {
	for device in $others; do
		[ "$(table devices "$device" reserve)" -gt 0 ] || return
	done
}

have_drivers() {
	for device in $others; do
		[ -e "$(echo "$(sysfs "$device")"/virtio*/driver)" ] || return
	done
}

network_works() {
	network_up "$interface" "$address" && move_packets
}

# A budget is half of what other backends leave.
shares_are_kept() {
	sed 's/^/# /' $TABLES/backends
	budget=$(table backends 0 budget)
	[ "$(table backends 0 taken)" -le "$budget" ] &&
		[ "$(total backends taken)" -le $((3 * budget)) ]
}

# No more comes to be held.
all_is_held() {
	held=$(total backends deferred)
	sleep 5
	[ "$held" -gt 0 ] && [ "$(total backends deferred)" = "$held" ]
}

none_is_held() {
	[ "$(total backends deferred)" = 0 ]
}

begin 18
sort_devices || ktap_exit_fail_msg "all devices have one backend"
find_device virtio_net
interface=$(child_of "$device" net)
address=$(ip -4 -o address show dev "$interface" | awk '{ print $4 }')

ktap_test_result "budget: a backend takes all that it gets" takes_all
ktap_test_result "budget: devices of another are bound" drive_others bind
ktap_test_result "budget: each of them has a reserve" have_reserves
ktap_test_result "budget: each of them has its driver" wait_for 20 have_drivers
ktap_test_result "budget: network works" wait_for 30 network_works
ktap_test_result "budget: rng works" move_entropy
find_device virtio_blk
disk=$(child_of "$device" block)
ktap_test_result "budget: disk works" quietly move_blocks "$disk"
ktap_test_result "budget: the first one left as much as it took" shares_are_kept

ktap_test_result "budget: the other one is ready to keep all" start_holding "$disk" $MANY
ktap_test_result "budget: it keeps all that it gets" wait_for $PATIENCE all_is_held
ktap_test_result "budget: the disk lives on its reserve" wait_for 60 uses_reserve "$device"
ktap_test_result "budget: its large requests go on" traffic_ends_well
ktap_test_result "budget: disk works meanwhile" quietly move_blocks "$disk"
ktap_test_result "budget: network works meanwhile" wait_for 30 move_packets
ktap_test_result "budget: rng works meanwhile" move_entropy
ktap_test_result "budget: the backend let go" let_go
ktap_test_result "budget: none is held any more" wait_for 20 none_is_held
ktap_test_result "budget: the first one's buffers are unmapped" unmap_all

finish
