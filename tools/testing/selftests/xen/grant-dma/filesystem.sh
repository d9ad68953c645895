#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Files of any size are the same after the filesystem was mounted anew.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

FILES=64

make() {
	quietly mkfs.ext4 -q -F "/dev/$disk"
}

mounts() {
	quietly mount -t ext4 "/dev/$disk" "$tmp/mnt"
}

# Up to 256 KiB each, and the odd empty one.
fill() {
	for file in $(seq $FILES); do
		size=$(od -An -N4 -tu4 /dev/urandom)
		random_file "$tmp/mnt/$file" $((file % 16 ? size % 262144 : 0)) || return 1
	done
	(cd "$tmp/mnt" && md5sum [0-9]*) >"$tmp/sums"
}

unmounts() {
	quietly umount "$tmp/mnt" && echo 3 >/proc/sys/vm/drop_caches
}

same_files() {
	[ "$(wc -l <"$tmp/sums")" = $FILES ] && cd "$tmp/mnt" && quietly md5sum -c "$tmp/sums"
}

# In a shell of its own, so that none is left inside the mount.
remounts_the_same() {
	mounts && (same_files)
}

begin 7
find_device virtio_blk
disk=$(child_of "$device" block)
mkdir "$tmp/mnt"

ktap_test_result "filesystem: made" make
ktap_test_result "filesystem: mounted" mounts
ktap_test_result "filesystem: filled" fill
ktap_test_result "filesystem: unmounted" unmounts
ktap_test_result "filesystem: files are the same after a remount" remounts_the_same
ktap_test_result "filesystem: unmounted again" unmounts
ktap_test_result "filesystem: fsck finds no fault" quietly fsck.ext4 -f -n "/dev/$disk"

finish
