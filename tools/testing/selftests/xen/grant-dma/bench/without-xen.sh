#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What whole requests cost on a machine without Xen, on each disk that has a serial number, which
# says by which way its DMA goes. Leaves fio's results in $OUT/block-<serial>.json.
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

make_scattered || exit
for file in /sys/block/vd*/serial; do
	serial=$(cat "$file")
	[ -n "$serial" ] || continue
	disk=${file%/serial}
	export DISK="/dev/${disk##*/}"
	awk -v RS= -v ORS='\n\n' '!/^\[.*-huge]/' requests.fio >/tmp/requests.fio
	fio --eta=never --output-format=json --output="$OUT/block-$serial.json" /tmp/requests.fio || exit
done
