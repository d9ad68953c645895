#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# The stub IOMMU driver and virtio are modules. Devices work when both are there,
# whichever came first, and the stub stays. STUB says when it comes: first or last.
# REASON is what the driver core says of devices that wait for it.

cd "$(dirname "$0")" || exit
# shellcheck source=../../lib.sh
. ./lib.sh
# shellcheck source=load.sh
. ../../load.sh

DEFERRED=/sys/kernel/debug/devices_deferred
DRIVER=/sys/bus/platform/drivers/xen-grant-dma

load_stub() {
	load xen-grant-dma-iommu
}

load_virtio() {
	load virtio_mmio virtio_blk virtio_net virtio-rng
}

# After a time that is long for a probe, and short of the deferred probe timeout.
all_wait() {
	sleep 3
	for device in $(devices); do
		[ ! -e "$(sysfs "$device")/driver" ] || return
		grep -q "^$device.*$REASON" $DEFERRED || return
	done
}

all_bound() {
	for device in $(devices); do
		[ -e "$(echo "$(sysfs "$device")"/virtio*/driver)" ] || return
	done
}

is_permanent() {
	! rmmod xen_grant_dma_iommu 2>/dev/null &&
		grep -q '^xen_grant_dma_iommu .*\[permanent\]' /proc/modules
}

has_no_unbind() {
	[ -d $DRIVER ] && [ ! -e $DRIVER/unbind ]
}

ktap_print_header
if [ "$STUB" = first ]; then
	ktap_set_plan 6
	ktap_test_result "modules: the stub can be loaded" load_stub
	ktap_test_result "modules: virtio can be loaded after it" load_virtio
else
	ktap_set_plan 7
	ktap_test_result "modules: virtio can be loaded" load_virtio
	ktap_test_result "modules: devices wait for the stub" all_wait
	ktap_test_result "modules: the stub can be loaded after virtio" load_stub
fi
ktap_test_result "modules: devices have their drivers" wait_for 10 all_bound
ktap_test_result "modules: the stub can't be unloaded" is_permanent
ktap_test_result "modules: the stub can't be unbound" has_no_unbind

find_device virtio_net
ktap_test_result "modules: the network can be set up" \
	network_up "$(child_of "$device" net)" 192.168.128.2/24
ktap_finished
