#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build Xen for arm64 with the IOREQ server, which virtio backends need and
# Debian's build leaves out: xen.sh DIR
set -eu
dir=$1
src=$dir/src

"$(dirname "$0")/debian-source.sh" xen 4.20 "$src"

xen_make() {
	make -C "$src/xen" -j"$(nproc)" XEN_TARGET_ARCH=arm64 \
		CROSS_COMPILE=aarch64-linux-gnu- "$@"
}

xen_make defconfig
cat >>"$src/xen/.config" <<-END
	CONFIG_UNSUPPORTED=y
	CONFIG_EXPERT=y
	CONFIG_IOREQ_SERVER=y
END
xen_make olddefconfig
grep -x CONFIG_IOREQ_SERVER=y "$src/xen/.config"
xen_make build
cp "$src/xen/xen" "$dir/xen"
rm -rf "$src"
