#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The first process of the ramdisk with Debian's own modules: goes on with the guest's root.
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
while read -r module; do
	insmod "/modules/$module"
done </modules/order
until mount -t ext4 -o ro /dev/xvda /root; do
	sleep 1
done
mount -t devtmpfs none /root/dev
exec switch_root /root /init
