#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# A driver domain's first process, in dom0's root: runs what dom0 writes to data/order in
# the domain's part of xenstore, one command after another. $TARGET is the guest it serves.
/bin/busybox --install -s /bin
mount -t proc none /proc
mount -t sysfs none /sys
mount -t devtmpfs none /dev
mount -t tmpfs none /run
mount -t xenfs none /proc/xen
dmesg -n 1
# QEMU reserves more for its cache of mappings than there is memory.
echo 1 >/proc/sys/vm/overcommit_memory
truncate -s 256M /run/scratch0
TARGET=$(xenstore-read target)
export TARGET

while :; do
	if order=$(xenstore-read -R data/order 2>/dev/null); then
		sh -c "$order" 2>&1
		xenstore-rm data/order
		echo "driver: done"
	fi
	usleep 200000
done
