#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that goes on using pages after their I/O ended costs nothing but
# these pages: I/O goes on, a device can be unbound, and all pages are back
# once the backend lets go.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

COUNTS=${COUNTS:-1 100 5000}
PATIENCE=300 # longer than the backend's own
DURATION=${DURATION:-7} # for the message, which comes after 6 s at most

keeps() {
	start_holding "$disk" "$1" &&
		wait_for "$PATIENCE" has_said hold holding && [ "$(figure hold holding)" = "$1" ]
}

lets_go() {
	let_go && [ "$(figure hold released)" = "$1" ]
}

held_is() {
	[ "$(total backends deferred)" = "$1" ]
}

reports() {
	dmesg | grep -c 'domain .* still uses .* references'
}

is_reported_once() {
	[ $(($(reports) - before)) = 1 ]
}

disk_works() {
	disk=$(child_of "$device" block)
	quietly move_large "$disk"
}

# shellcheck disable=SC2086
begin $(($(echo $COUNTS | wc -w) * 6 + 7))
find_device virtio_blk
disk=$(child_of "$device" block)

for count in $COUNTS; do
	before=$(reports)
	ktap_test_result "hold: backend keeps $count references" keeps "$count"
	sleep "$DURATION"
	ktap_test_result "hold: $count are held" wait_for 20 held_is "$count"
	ktap_test_result "hold: I/O went on with $count held" traffic_ends_well
	ktap_test_result "hold: one message about $count held" wait_for 20 is_reported_once
	ktap_test_result "hold: backend let go of $count" lets_go "$count"
	ktap_test_result "hold: none of $count is held any more" wait_for 20 held_is 0
done

ktap_test_result "hold: backend keeps 100 references" keeps 100
ktap_test_result "hold: I/O went on with 100 held" traffic_ends_well
# The backend lets go after that alone, so unbinding must not wait for it.
ktap_test_result "hold: device unbound with 100 held" \
	drive unbind "$(transport "$device")" "$device"
ktap_test_result "hold: device bound again" drive bind "$(transport "$device")" "$device"
ktap_test_result "hold: device works" wait_for 10 disk_works
ktap_test_result "hold: backend let go of 100 that it kept over the unbind" lets_go 100
ktap_test_result "hold: none is held any more" wait_for 20 held_is 0

finish
