#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# What is written to the disk is what is read from it: for all block sizes,
# through the page cache and past it, wherever blocks and buffers begin.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

# Block sizes, each with how much is moved, ways to write, offsets of blocks and buffers, and
# sizes of blocks in such buffers.
SIZES='512:32k 4k:256k 64k:1m 1m:4m'
WAYS='write randwrite'
OFFSETS='512 3584'
IN_BUFFERS='512:64k 4k:256k 1m:2m'
# One of each kind.
[ ! "$BRIEF" ] || SIZES=64k:1m WAYS=randwrite OFFSETS=512 IN_BUFFERS=4k:256k

# Adds a job to those of the next run: its name, and its options.
job() {
	echo "[$1]"
	shift
	printf '%s\n' "$@" stonewall
} >>"$tmp/jobs"

# Runs the jobs in one fio, which takes longer to start than most of them, and
# gives a result for each.
run() {
	{
		printf '%s\n' '[global]' "filename=/dev/$disk" allow_file_create=0 \
			size=64m verify=crc32c verify_fatal=1 randrepeat=0 rw=write direct=1
		cat "$tmp/jobs"
	} >"$tmp/block.fio"
	fio --minimal "$tmp/block.fio" >"$tmp/results" 2>&1
	grep -v '^3;' "$tmp/results" | tail -n 40 | sed 's/^/# /'
	sed -n 's/^\[\(.*\)\]$/\1/p' "$tmp/jobs" >"$tmp/names"
	while read -r name; do
		ktap_test_result "block: $name" succeeded
	done <"$tmp/names"
	rm "$tmp/jobs"
}

# In a line of results the third field is the job's $name, the fifth its error.
succeeded() {
	awk -F';' -v name="$name" '$3 == name && $5 == 0 { found = 1 } END { exit !found }' \
		"$tmp/results"
}

count() {
	echo $#
}

# shellcheck disable=SC2086
begin $(($(count $SIZES) * $(count $WAYS) * 2 + $(count $OFFSETS) * 2 + 3 +
	$(count $OFFSETS) * $(count $IN_BUFFERS)))
find_device virtio_blk
disk=$(child_of "$device" block)

for size in $SIZES; do
	for rw in $WAYS; do
		for direct in 0 1; do
			job "$rw bs=${size%:*} direct=$direct" \
				rw="$rw" bs="${size%:*}" io_size="${size#*:}" direct=$direct
		done
	done
done
run

for offset in $OFFSETS; do
	for size in 4k:256k 64k:1m; do
		job "bs=${size%:*} at offset $offset" \
			bs="${size%:*}" io_size="${size#*:}" offset="$offset"
	done
done
for direct in 0 1; do
	job "any multiple of 512 bytes, direct=$direct" \
		bsrange=512-256k io_size=2m direct=$direct
done
run

# fio adds iomem_align to the start of a page.
for offset in $OFFSETS; do
	for size in $IN_BUFFERS; do
		job "bs=${size%:*}, buffer $offset bytes into a page" \
			bs="${size%:*}" io_size="${size#*:}" iomem_align="$offset"
	done
done
job "16 unaligned requests in flight" rw=randwrite bs=16k io_size=2m \
	iomem_align=512 ioengine=libaio iodepth=16
run

finish
