#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that goes on using more pages than xen_grant_dma.max_deferred allows, a
# few here, gets no more; and all works again once it lets go.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

COUNT=${COUNT:-512}
DURATION=${DURATION:-10}
MAX=$(sed -n 's/.*xen_grant_dma\.max_deferred=\([0-9]*\).*/\1/p' /proc/cmdline)

# The backend can't be told to let go while the network stands still.
start_holding() {
	order hold "$COUNT" "$DURATION" </dev/null &
	holder=$!
	wait_for 60 has_said hold ready
}

too_many_are_held() {
	[ "$(total backends deferred)" -ge "$MAX" ]
}

mappings_fail() {
	[ "$(total backends failures)" -gt "$failures" ]
}

is_said_once() {
	[ "$(dmesg | sed "1,\\#$LOG_MARK#d" | grep -c "$1")" = 1 ]
}

traffic_ends_well() {
	stop_traffic
	wait "$blocks"
}

begin 9
find_device virtio_blk
disk=$(child_of "$device" block)
failures=$(total backends failures)

ktap_test_result "bound: backend is ready" start_holding
keep move_large "$disk" &
blocks=$!
ktap_test_result "bound: $MAX and more are held" wait_for 60 too_many_are_held
ktap_test_result "bound: mappings are refused" wait_for 20 mappings_fail
ktap_test_result "bound: the kernel says so once" wait_for 20 is_said_once max_deferred
wait "$holder"
ktap_test_result "bound: backend let go" has_said hold released
ktap_test_result "bound: disk worked again" traffic_ends_well
ktap_test_result "bound: the kernel says so once" wait_for 20 is_said_once mappings.go.on
ktap_test_result "bound: network works again" wait_for 30 move_packets
ktap_test_result "bound: rng works again" timeout 30 dd if=/dev/hwrng of=/dev/null bs=64 count=64

finish
