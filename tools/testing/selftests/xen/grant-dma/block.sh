#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is written to the disk is what is read from it: for all block sizes,
# through the page cache and past it, wherever blocks and buffers begin.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# Block sizes, and how much is written with each.
SIZES='512:32k 4k:256k 64k:1m 1m:4m'

verify() {
	quietly fio --filename="/dev/$disk" --allow_file_create=0 --size=64m \
		--verify=crc32c --verify_fatal=1 --randrepeat=0 "$@"
}

# A job for each size, one after another, in one fio: where the CPU is emulated,
# starting it takes longer than the I/O.
verify_sizes() {
	for size in $SIZES; do
		set -- "$@" --name="bs=${size%:*}" --stonewall \
			--bs="${size%:*}" --io_size="${size#*:}"
	done
	verify "$@"
}

begin 11
find_device virtio_blk
disk=$(child_of "$device" block)

for rw in write randwrite; do
	for direct in 0 1; do
		ktap_test_result "block: 512 bytes to 1 MiB, $rw, direct=$direct" \
			verify_sizes --rw=$rw --direct=$direct
	done
done

for offset in 512 3584; do
	ktap_test_result "block: blocks $offset bytes into a page" \
		verify_sizes --rw=write --direct=1 --offset=$offset
done

# fio adds iomem_align to the start of a page.
for offset in 512 3584; do
	ktap_test_result "block: buffers $offset bytes into a page" \
		verify_sizes --rw=write --direct=1 --iomem_align=$offset
done

for direct in 0 1; do
	ktap_test_result "block: any multiple of 512 bytes, direct=$direct" \
		verify --rw=write --direct=$direct --name=any --bsrange=512-256k --io_size=2m
done

ktap_test_result "block: 16 unaligned requests in flight" \
	verify --rw=randwrite --direct=1 --name=deep --bs=16k --io_size=2m \
	--iomem_align=512 --ioengine=libaio --iodepth=16

finish
