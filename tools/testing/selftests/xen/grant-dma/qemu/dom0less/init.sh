#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest's first process: waits for the backend, loads the drivers, and then
# reports whether the disk works.
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t debugfs none /sys/kernel/debug

# By the kernel's log, whose lines nothing else gets into.
say() {
	echo "$*" >/dev/kmsg
}

# The kernel has this device when dom0.sh has written it to xenstore. Before that
# nobody serves the disk's registers, and a read of one is a data abort.
backend=/sys/bus/xen/devices/virtio-0
[ -e $backend ] || say "guest: waits for its backend"
until [ -e $backend ]; do
	sleep 1
done
modprobe -a xen-grant-dma-iommu virtio_blk virtio_mmio

say "$(/report.sh)"
say "guest: ends"
exec sleep 1000000
