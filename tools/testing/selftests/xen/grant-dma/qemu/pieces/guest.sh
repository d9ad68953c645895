#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the guest's root, a read-only ext4 image: guest.sh FETCHED DIR
set -eu
fetched=$1 dir=$2
here=$(dirname "$0")/..
root=$dir/root
"$here/pieces/unpack-packages.sh" "$fetched" "$root"
rm -rf "${root:?}/usr/share" "${root:?}/usr/include" "${root:?}/var"
mkdir -p "$root/dev" "$root/kselftest" "$root/mnt" "$root/proc" "$root/run" "$root/sys" "$root/tmp"
ln -sf busybox "$root/usr/bin/sh"
install "$here/guest/init.sh" "$root/init"
mke2fs -q -t ext4 -O ^has_journal -m 0 -d "$root" "$dir/root.img" 1G
e2fsck -fy "$dir/root.img"
resize2fs -M "$dir/root.img"
rm -rf "$root"
