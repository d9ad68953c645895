#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What mappings cost that begin on one CPU and end on another, and what caches keep
# of the grant table afterwards: cpus.sh [counted], without costs then. Leaves lines
# in $OUT/api as api.sh does.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh
CACHES=/sys/kernel/debug/xen/grant-dma/caches

# References in ranges that are used for nothing.
idle() {
	awk -v used="$(column backends references)" -v slots="$(column backends slots)" '
		$1 == "ranges" { all += $2 * $3 }
		END { print all - used - slots }' $CACHES
}

insmod ./xen_grant_dma_bench.ko device="$(device_of virtio_blk)" || exit
{
	if [ "$1" != counted ]; then
		for kind in same pair trio; do
			costs_of grants $kind
		done
	fi
	if [ -e $CACHES ]; then
		cat "$RESULTS/grants/burst" >&2
		echo "idle grants $(idle)"
		awk 'NR > 1 && $4 > most { most = $4 }
			END { print "moved grants", most + 0 }' $CACHES
	fi
} >"$OUT/api"
