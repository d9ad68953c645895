#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Does I/O on each virtio device, compares what was written with what is read
# back, and prints a line a device:
# report: device driver backend references bytes check
table=/sys/kernel/debug/xen/grant-dma/devices

check_blk() {
	disk=$(ls "$1/block")
	head -c $((8 << 20)) /dev/urandom >/tmp/disk
	dd if=/tmp/disk of="/dev/$disk" bs=64k conv=fsync 2>/dev/null
	echo 3 >/proc/sys/vm/drop_caches
	head -c $((8 << 20)) "/dev/$disk" | cmp - /tmp/disk || return
	# in units of 512 bytes, read and written
	moved=$(awk '{ print ($3 + $7) * 512 }' "$1/block/$disk/stat")
}

check_net() {
	interface=$(ls "$1/net")
	head -c $((1 << 17)) /dev/urandom >/tmp/sent
	socat -t 10 - TCP:192.168.128.1:7 </tmp/sent >/tmp/echoed || return
	cmp /tmp/sent /tmp/echoed || return
	moved=$(cat "$1/net/$interface"/statistics/?x_bytes | awk '{ sum += $1 } END { print sum }')
}

# There is nothing to compare random bytes with but other ones.
check_rng() {
	[ "$(cat /sys/class/misc/hw_random/rng_current)" = virtio_rng.0 ] || return
	head -c 4096 /dev/hwrng >/tmp/one && head -c 4096 /dev/hwrng >/tmp/two || return
	! cmp -s /tmp/one /tmp/two || return
	moved=8192
}

for device in /sys/bus/virtio/devices/*; do
	driver=$(basename "$(readlink "$device/driver")")
	name=$(basename "$(readlink -f "$device/..")")
	moved=0
	if "check_${driver#virtio_}" "$device"; then check=ok; else check=FAILED; fi
	listed=$(awk -v name="$name" '$1 == name { print $2, $3 }' $table 2>/dev/null)
	echo "report: $name $driver ${listed:-- -} $moved $check"
done
