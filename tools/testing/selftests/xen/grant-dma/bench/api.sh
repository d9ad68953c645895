#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What DMA mappings cost. Leaves in $OUT/api a line a result:
# name path value, with nothing as value if it could not be had.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

measure() {
	for path in grants direct; do
		for kind in map copy coherent sg ring; do
			costs_of "$path" "$kind"
		done
	done
}

# Frames in the grant table, and memory that the kernel has taken, at each load.
memory() {
	free=$(awk '$1 == "MemFree:" { print $2 }' /proc/meminfo)
	for count in 0 256 4096 16384; do
		echo $count >"$RESULTS/grants/held"
		now=$(awk '$1 == "MemFree:" { print $2 }' /proc/meminfo)
		echo "frames-$count grants $(cat $RESULTS/frames)"
		echo "memory-$count grants $((free - now))"
	done
	echo 0 >"$RESULTS/grants/held"
}

# own_benchmark PATH NAME OPTION...: ns for map and unmap together
own_benchmark() {
	path=$1 name=$2
	shift 2
	./dma_map_benchmark -s 1 -b 64 "$@" |
		sed 's/.*latency(us):\([0-9.]*\) .*/\1/' |
		awk -v name="$name" -v path="$path" '
			NR > 1 { us += $1 }
			END { print name, path, NR == 3 ? us * 1000 : "" }'
}

# The kernel's own benchmark takes the place of a device's driver.
kernels_own() {
	path=$1 device=$2
	echo dma_map_benchmark >"$PLATFORM/devices/$device/driver_override"
	[ ! -e "$PLATFORM/devices/$device/driver" ] ||
		echo "$device" >"$PLATFORM/devices/$device/driver/unbind"
	echo "$device" >$PLATFORM/drivers/dma_map_benchmark/bind
	own_benchmark "$path" own-4k
	own_benchmark "$path" own-64k -g 16
	own_benchmark "$path" own-4k-2threads -t 2
	echo "$device" >$PLATFORM/drivers/dma_map_benchmark/unbind
}

insmod ./xen_grant_dma_bench.ko device="$(device_of virtio_blk)" || exit
{
	memory # first, as the grant table never shrinks
	measure
	kernels_own direct xen_grant_dma_bench
	# Only ours sets up devices that no virtio driver drives.
	[ ! -e /sys/kernel/debug/xen/grant-dma ] || kernels_own grants "$(device_of virtio_rng)"
} >"$OUT/api"
