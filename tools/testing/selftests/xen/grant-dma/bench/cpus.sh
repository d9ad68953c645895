#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What mappings cost that begin on one CPU and end on another, and how much of the grant
# table is idle afterwards: cpus.sh [counted], without costs then. Leaves lines in
# $OUT/api as api.sh does.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# References that the backend's domain has taken, and that nobody uses.
idle() {
	echo $(($(column backends taken) - $(column backends references) - $(column backends areas) - $(reserves)))
}

# Pages of all devices' reserves.
reserves() {
	awk 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "reserve") at = i }
		NR > 1 { sum += $at } END { print sum + 0 }' /sys/kernel/debug/xen/grant-dma/devices
}

insmod ./xen_grant_dma_bench.ko device="$(device_of virtio_blk)" || exit
{
	if [ "$1" != counted ]; then
		for kind in same pair trio; do
			costs_of grants $kind
		done
	fi
	if [ "$(column backends taken)" ]; then
		cat "$RESULTS/grants/burst" >&2
		echo "idle grants $(idle)"
	fi
} >"$OUT/api"
