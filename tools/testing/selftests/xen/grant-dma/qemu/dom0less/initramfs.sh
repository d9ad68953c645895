#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make the guest's initramfs, which has the modules of a built kernel:
# initramfs.sh KERNEL BUSYBOX FILE
set -eu
kernel=$1 busybox=$2 file=$3
here=$(dirname "$0")
release=$(cat "$kernel/include/config/kernel.release")
modules=lib/modules/$release
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

for directory in bin dev proc sys tmp "$modules"; do
	mkdir -p "$root/$directory"
done
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
find "$kernel" -name '*.ko' -exec cp {} "$root/$modules" \;
cp "$kernel"/modules.* "$root/$modules"
depmod -b "$root" "$release"
install "$here/init.sh" "$root/init"
install "$here/../guest/report.sh" "$root/report.sh"
(cd "$root" && find . | cpio -o -H newc --quiet) >"$file"
