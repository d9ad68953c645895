#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build Xen for arm64 with the IOREQ server, which virtio backends need and
# Debian's build leaves out: xen.sh DIR
set -eu
dir=$1
src=$dir/src

"$(dirname "$0")/debian-source.sh" xen 4.20 "$src"

# Xen clears the pages of a guest that is gone by DC ZVA. Of what QEMU translated
# of code there, that leaves some behind (up to QEMU 8.1 at least), and makes every
# write to such a page take microseconds in the guest that gets it next.
clear_page=$src/xen/arch/arm/arm64/lib/clear_page.S
sed -i -e 's/lsl\tx1, x2, x1/mov\tx1, #16/' -e 's/dc\tzva, x0/stp\txzr, xzr, [x0]/' "$clear_page"
grep -q 'mov.*#16' "$clear_page"
grep -q 'stp.*xzr' "$clear_page"

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
