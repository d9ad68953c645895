#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The disk's backend is in a driver domain, those of other devices are in dom0. Neither of
# the two gets what was granted to the other, and Xen's policy has the driver domain map
# nothing else of the guest. What it keeps mapped costs nothing else; its QEMU can be
# another one; and when it is gone, all pages are back, and dom0's devices work.
#
# A guest must not touch registers that nobody serves: PCI devices are taken away before.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

# Commands are the other domain's, their variables too.
# shellcheck disable=SC2016
KEEP='/hostile keep $TARGET 900 >/run/it & until grep -q ^kept /run/it; do sleep 1; done; cat /run/it'
# shellcheck disable=SC2016
FOREIGN='/hostile foreign $TARGET'

is_not_dom0() {
	[ "$driver" -gt 0 ]
}

# What $1 printed as its references, a line each.
references_of() {
	sed -n 's/^references //p' "$(figures "$1")" | tr ' ' '\n'
}

# The driver domain keeps its own mapped while dom0 tries all.
are_apart() {
	references_of driver >"$tmp/driver-domains"
	references_of keep >"$tmp/dom0s"
	[ -s "$tmp/driver-domains" ] && [ -s "$tmp/dom0s" ] || return
	! grep -xFf "$tmp/driver-domains" "$tmp/dom0s" | sed 's/^/# mapped by both: /' | grep .
}

take_away() {
	for path in "$PCI"/*; do
		echo 1 >"$path/remove"
	done
}

some_are_held() {
	[ "$(table backends "$driver" deferred)" -gt 0 ] 2>/dev/null
}

none_is_held() {
	[ "$(total backends deferred)" = 0 ]
}

# The number of the QEMU process in the driver domain.
qemu() {
	# shellcheck disable=SC2016
	order driver 'echo "qemu $(pidof qemu-system-aarch64)"' </dev/null >&2
	figure driver qemu
}

another_works() {
	now=$(qemu)
	[ "$first" ] && [ "$now" ] && [ "$now" != "$first" ] && disk_works
}

is_there() {
	[ -b "/dev/$(child_of "$device" block)" ]
}

disk_works() {
	wait_for 20 is_there || return
	disk=/dev/$(child_of "$device" block)
	random_file "$tmp/data" 1048576
	quietly dd if="$tmp/data" of="$disk" bs=64k oflag=direct conv=notrunc &&
		quietly dd if="$disk" of="$tmp/read" bs=64k count=16 iflag=direct &&
		cmp "$tmp/data" "$tmp/read"
}

begin 12
find_device virtio_blk
driver=$(firmware_backend "$device")

ktap_test_result "driver-domain: the disk's backend is not dom0" is_not_dom0
ktap_test_result "driver-domain: disk works" disk_works
order driver "$KEEP" </dev/null
ktap_test_result "driver-domain: it maps what was granted to it" is_some driver kept
order keep 0 </dev/null
ktap_test_result "driver-domain: dom0 maps what was granted to dom0" is_some keep kept
ktap_test_result "driver-domain: nothing can be mapped by both" are_apart

order driver "$FOREIGN" </dev/null
ktap_test_result "driver-domain: it maps nothing without a grant" is_none driver foreign
order foreign </dev/null
ktap_test_result "driver-domain: dom0, which may, does so" is_some foreign foreign

first=$(qemu)
take_away
ktap_test_result "driver-domain: what it keeps is held" wait_for 20 some_are_held
order bed serve </dev/null
echo 1 >/sys/bus/pci/rescan
ktap_test_result "driver-domain: disk works with another QEMU" another_works

take_away
order bed destroy </dev/null
ktap_test_result "driver-domain: nothing is held once it is gone" wait_for 30 none_is_held
ktap_test_result "driver-domain: dom0's network works" wait_for 30 move_packets
ktap_test_result "driver-domain: dom0's rng works" move_entropy

sed -i "/^$device /d" "$tmp/references"
finish
