#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What whole requests cost, on a disk for each way to the backend. Leaves fio's
# results in $OUT/block-<path>.json, and those of the disk with packed rings in
# $OUT/packed-<path>.json.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# measure DISK RESULTS OPTION...
measure() {
	[ -e "/dev/$1" ] || return 0
	export DISK="/dev/$1"
	results=$OUT/$2-$(path_of "/sys/block/$1/device").json
	shift 2
	fio --eta=never --output-format=json --output="$results" "$@" requests.fio
}

make_scattered &&
	measure vda block && measure xvdd block &&
	measure vdb packed --section=randread-4k-1 --section=randwrite-4k-1 || exit
note_areas || :
