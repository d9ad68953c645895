# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# What the benchmarks in a guest share.

# Where xen_grant_dma_bench.ko has its measurements.
export RESULTS=/sys/kernel/debug/grant-dma-bench
export PLATFORM=/sys/bus/platform

# The first device behind the IOMMU that the driver $1 has.
device_of() {
	for path in "$PLATFORM"/devices/*.virtio; do
		[ -e "$path/of_node/iommus" ] &&
			readlink "$path"/virtio*/driver | grep -q "/$1\$" && echo "${path##*/}"
	done | head -n 1
}

# costs_of PATH KIND: the measurements of a kind, a line each
costs_of() {
	for file in "$RESULTS/$1/$2"-*; do
		echo "${file##*/} $1 $(cat "$file")"
	done
}

# The way from a device to its backend: grants, foreign (the backend maps any of
# the guest's memory), or xen (no virtio).
path_of() {
	device=$(readlink -f "$1")
	case $device in
	*/vbd-* | */vif-*) echo xen ;;
	*) if [ -e "${device%/*}/of_node/iommus" ]; then echo grants; else echo foreign; fi ;;
	esac
}

# A file whose pages lie apart in memory, for buffers.
make_scattered() {
	export SCATTERED=/tmp/scattered
	fio scattered.fio >"$OUT/scattered.log"
}

# column TABLE NAME: of the first line of a table in debugfs
column() {
	awk -v name="$2" 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
		NR == 2 && at { print $at }' "/sys/kernel/debug/xen/grant-dma/$1" 2>/dev/null
}

# The size in KiB of the areas for copies that the backend's devices share.
note_areas() {
	areas=$(column backends areas)
	[ -n "$areas" ] && echo $((areas * 4)) >"$OUT/areas"
}
