#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in the guest: the commands that the host sent, then back go their exit
# status, all they left in $OUT, and what is good to know of every guest.
export OUT=/run/out
mkdir "$OUT"
cp /sys/firmware/fdt "$OUT/guest.dtb"
dmesg -n 8
ifconfig lo 127.0.0.1 up
ifconfig eth0 192.168.128.2 netmask 255.255.255.0 up 2>/dev/null
cd /kselftest || exit

echo "bed: commands start"
sh ./commands
status=$?
echo "bed: commands end with status $status"
if [ -e interactive ]; then
	dmesg -n 1
	echo "This is the guest. Type exit to leave; Ctrl-C ends it all at once."
	setsid cttyhack sh
fi
echo "$status" >"$OUT/status"
cp -r /sys/kernel/debug/xen/grant-dma "$OUT" 2>/dev/null
cp -r /sys/kernel/debug/gcov "$OUT" 2>/dev/null
dmesg >"$OUT/dmesg"
cat /proc/interrupts >"$OUT/interrupts"
tar -c -f "${LEFT:-/dev/xvdc}" -C /run out
sync
poweroff -f
