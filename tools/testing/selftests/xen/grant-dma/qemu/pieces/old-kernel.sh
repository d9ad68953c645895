#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Debian's own kernel, and a ramdisk with the modules by which it comes to the guest's
# root and to a virtio disk: old-kernel.sh FETCHED SYSROOT DIR
set -eu
fetched=$1 sysroot=$2 dir=$3
here=$(dirname "$0")
root=$dir/root package=$dir/package

mkdir -p "$root/bin" "$root/dev" "$root/modules" "$root/root"
dpkg-deb -x "$fetched"/linux-image-*.deb "$package"
mv "$package"/boot/vmlinuz-* "$dir/Image"
release=$(basename "$package"/lib/modules/*)
depmod -b "$package" "$release"
modprobe -d "$package" -S "$release" --show-depends -a crc32c_generic ext4 xen-blkfront \
	virtio_mmio virtio_blk | sed -n 's/^insmod //p' | awk '!seen[$1]++ { print $1 }' |
	while read -r module; do
		cp "$module" "$root/modules/"
		basename "$module" >>"$root/modules/order"
	done
cp "$sysroot/usr/bin/busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
install "$here/old-kernel-init.sh" "$root/init"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$dir/ramdisk"
rm -rf "$root" "$package"
