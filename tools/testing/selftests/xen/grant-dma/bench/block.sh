#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What whole requests cost, on a disk for each way to the backend. Leaves fio's
# results in $OUT/block-<path>.json.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

make_scattered || exit
for disk in vda xvdd; do
	[ -e "/dev/$disk" ] || continue
	path=$(path_of "/sys/block/$disk/device")
	DISK=/dev/$disk fio --eta=never --output-format=json --output="$OUT/block-$path.json" \
		requests.fio || exit
done
note_pool || :
