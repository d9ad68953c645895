#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A device takes references when it is bound and gives back every one of them
# when it is unbound. Runs last: it sees what the other tests leaked.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

drive_all() {
	for device in $all; do
		drive "$1" "$(transport "$device")" "$device" || return 1
	done
}

none_is_listed() {
	for device in $all; do
		is_listed "$device" && return 1
	done
	return 0
}

all_use_references() {
	for device in $all; do
		[ "$(table devices "$device" references)" -gt 0 ] || return 1
	done
}

# A backend without devices need not be listed any more.
nothing_is_left() {
	[ -e $TABLES/backends ] && [ "$(total backends references)" = 0 ] &&
		[ "$(total backends deferred)" = 0 ]
}

nothing_stays() {
	wait_for 20 nothing_is_left && return
	sed 's/^/# /' $TABLES/backends
	return 1
}

all=$(devices)
interface=
results=6
for device in $all; do
	is_bound "$device" virtio_net || continue
	interface=$(child_of "$device" net)
	address=$(ip -4 -o address show dev "$interface" | awk '{ print $4 }')
	results=7
done
begin $results

ktap_test_result "references: every device uses some" all_use_references
ktap_test_result "references: all devices unbound" drive_all unbind
ktap_test_result "references: no device is listed" none_is_listed
ktap_test_result "references: none is left" nothing_stays
ktap_test_result "references: all devices bound" drive_all bind
ktap_test_result "references: every device uses some again" wait_for 10 all_use_references
[ -z "$interface" ] ||
	ktap_test_result "references: network is up again" network_up "$interface" "$address"

finish
