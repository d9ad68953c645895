#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the guest's root, a read-only ext4 image: guest.sh DIR
set -eu
dir=$1
here=$(dirname "$0")/..
root=$dir/root
packages=busybox-static,fio,e2fsprogs,socat,iproute2,kmod,iperf3,sockperf
"$here/pieces/debian-root.sh" $packages "$root"
rm -rf "${root:?}/usr/share" "${root:?}/usr/include" "${root:?}/var"
mkdir -p "$root/dev" "$root/kselftest" "$root/mnt" "$root/proc" "$root/run" "$root/sys" "$root/tmp"
for directory in bin sbin lib; do
	ln -sfn "usr/$directory" "$root/$directory"
done
ln -sf busybox "$root/usr/bin/sh"
install "$here/guest/init.sh" "$root/init"
mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$root" "$dir/root.img" 1G
e2fsck -fy "$dir/root.img"
resize2fs -M "$dir/root.img"
rm -rf "$root"
