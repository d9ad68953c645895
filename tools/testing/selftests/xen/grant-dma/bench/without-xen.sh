#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What whole requests cost on a machine without Xen, on each disk that has a serial number, which
# says by which way its DMA goes. Leaves fio's results in $OUT/block-<way>.json.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# The way of a virtio device; bit 33 is VIRTIO_F_ACCESS_PLATFORM.
way_of() {
	if [ -e "$1/../iommu_group" ]; then
		echo smmu
	elif [ "$(cut -c 34 "$1/features")" = 1 ]; then
		echo direct
	else
		echo none
	fi
}

make_scattered || exit
for disk in /sys/block/vd*; do
	way=$(cat "$disk/serial")
	[ -n "$way" ] || continue
	[ "$(way_of "$disk/device")" = "$way" ] || exit
	export DISK="/dev/${disk##*/}"
	fio --eta=never --output-format=json --output="$OUT/block-$way.json" requests.fio || exit
done
