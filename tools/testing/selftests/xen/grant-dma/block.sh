#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is written to the disk is what is read from it: for all block sizes,
# through the page cache and past it, wherever blocks and buffers begin.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

verify() {
	quietly fio --name=verify --filename="/dev/$disk" --allow_file_create=0 \
		--size=64m --verify=crc32c --verify_fatal=1 --randrepeat=0 "$@"
}

begin 29
find_device virtio_blk
disk=$(child_of "$device" block)

for size in 512:64k 4k:512k 64k:2m 1m:6m; do
	bs=${size%:*}
	for rw in write randwrite; do
		for direct in 0 1; do
			ktap_test_result "block: $rw bs=$bs direct=$direct" \
				verify --rw=$rw --bs="$bs" --io_size="${size#*:}" --direct=$direct
		done
	done
done

for offset in 512 3584; do
	for bs in 4k 64k; do
		ktap_test_result "block: bs=$bs at offset $offset" \
			verify --rw=write --bs=$bs --offset=$offset --io_size=1m --direct=1
	done
done

for direct in 0 1; do
	ktap_test_result "block: any multiple of 512 bytes, direct=$direct" \
		verify --rw=write --bsrange=512-256k --io_size=2m --direct=$direct
done

# fio adds iomem_align to the start of a page.
for offset in 512 3584; do
	for size in 512:64k 4k:256k 1m:2m; do
		bs=${size%:*}
		ktap_test_result "block: bs=$bs, buffer $offset bytes into a page" \
			verify --rw=write --bs="$bs" --io_size="${size#*:}" \
			--iomem_align=$offset --direct=1
	done
done

ktap_test_result "block: 16 unaligned requests in flight" \
	verify --rw=randwrite --bs=16k --io_size=2m --iomem_align=512 --direct=1 \
	--ioengine=libaio --iodepth=16

finish
