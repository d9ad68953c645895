#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Build Xen for arm64 with the IOREQ server, which virtio backends need and
# Debian's build leaves out, and a FLASK policy with a driver domain's module in it:
# xen.sh FETCHED MODULE DIR
set -eu
fetched=$1 module=$2 dir=$3
src=$dir/src

"$(dirname "$0")/unpack-source.sh" "$fetched" "$src"

# QEMU takes long for DC ZVA, and keeps some of what it translated of code in the
# memory that is cleared (up to 8.1 at least): every write there takes microseconds
# then. A page of a guest that is gone is the next guest's stack some day. So Xen
# clears pages by stores, and HCR_EL2.TDZ, bit 28, tells its guests to do the same.
sed -i -e 's/lsl\tx1, x2, x1/mov\tx1, #16/' -e 's/dc\tzva, x0/stp\txzr, xzr, [x0]/' \
	"$src/xen/arch/arm/arm64/lib/clear_page.S"
sed -i 's/HCR_FB|HCR_TSW)/HCR_FB|HCR_TSW|(_AC(1,UL)<<28))/' "$src/xen/arch/arm/traps.c"
grep -q 'mov.x1, #16' "$src/xen/arch/arm/arm64/lib/clear_page.S"
grep -q 'stp.xzr, xzr' "$src/xen/arch/arm/arm64/lib/clear_page.S"
grep -q 'HCR_TSW|(_AC' "$src/xen/arch/arm/traps.c"

# FLASK of 4.17 denies a call that it does not know, by which xl makes a guest's UART.
hooks=$src/xen/xsm/flask/hooks.c
grep -q XEN_DOMCTL_vuart_op "$hooks" ||
	sed -i 's/^\( *\)case XEN_DOMCTL_max_vcpus:/\1case XEN_DOMCTL_vuart_op:\n&/' "$hooks"
grep -q XEN_DOMCTL_vuart_op "$hooks"

cp "$module" "$src/tools/flask/policy/modules/"
echo "$(basename "$module" .te) = on" >>"$src/tools/flask/policy/modules/modules.conf"

xen_make() {
	make -C "$src/xen" -j"$(nproc)" XEN_TARGET_ARCH=arm64 \
		CROSS_COMPILE=aarch64-linux-gnu- "$@"
}

xen_make defconfig
cat >>"$src/xen/.config" <<-END
	CONFIG_UNSUPPORTED=y
	CONFIG_EXPERT=y
	CONFIG_IOREQ_SERVER=y
	CONFIG_XSM_FLASK_POLICY=y
END
xen_make olddefconfig
grep -x CONFIG_IOREQ_SERVER=y "$src/xen/.config"
grep -x CONFIG_XSM_FLASK_POLICY=y "$src/xen/.config"
xen_make build
cp "$src/xen/xen" "$dir/xen"
rm -rf "$src"
