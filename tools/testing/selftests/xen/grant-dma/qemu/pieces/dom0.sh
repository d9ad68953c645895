#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make dom0's initramfs: the Xen toolstack, QEMU, busybox, socat:
# dom0.sh SYSROOT QEMU DIR
set -eu
sysroot=$1 qemu=$2 dir=$3
here=$(dirname "$0")/..
root=$dir/root
lib=usr/lib/aarch64-linux-gnu
xen=$(cd "$sysroot" && echo usr/lib/xen-[0-9]*/bin)

add_libraries() {
	for name in $(aarch64-linux-gnu-objdump -p "$1" | sed -n 's/^ *NEEDED *//p'); do
		[ -e "$root/$lib/$name" ] && continue
		cp -L "$sysroot/$lib/$name" "$root/$lib/$name"
		add_libraries "$root/$lib/$name"
	done
}

mkdir -p "$root/$lib" "$root/$xen" "$root/usr/bin" "$root/etc/xen/scripts" "$root/var"
for directory in dev proc run share sys tmp; do
	mkdir "$root/$directory"
done
ln -s usr/bin "$root/bin"
ln -s usr/bin "$root/sbin"
ln -s usr/lib "$root/lib"
ln -s ../run "$root/var/run"
cp -L "$sysroot/usr/lib/ld-linux-aarch64.so.1" "$root/usr/lib"
cp -L "$sysroot/$lib/libgcc_s.so.1" "$root/$lib" # pthread_cancel() loads it
cp -L "$qemu" "$root/usr/bin"
for tool in busybox socat xenstore-list xenstore-read xenstore-rm xenstore-watch xenstore-write; do
	cp -L "$sysroot/usr/bin/$tool" "$root/usr/bin"
done
for tool in xl xenstored xenconsoled xenconsole xen-init-dom0 init-dom0less; do
	cp "$sysroot/$xen/$tool" "$root/$xen"
	ln -sf "/$xen/$tool" "$root/usr/bin/$tool"
done
# The cross libc of the host may be older than the one that the libraries want.
aarch64-linux-gnu-gcc -O2 -Wall -Wextra --sysroot="$sysroot" -Wl,--allow-shlib-undefined \
	-o "$root/usr/bin/xen-set-target" "$here/dom0/set-target.c" -lxenctrl
ln -s busybox "$root/usr/bin/sh"
touch "$root/etc/xen/xl.conf" # its absence is complained about
install "$here/dom0/init.sh" "$root/init"
install "$here/dom0/block.sh" "$root/etc/xen/scripts/block"

for program in "$root"/usr/bin/* "$root/$xen"/*; do
	[ -L "$program" ] || add_libraries "$program"
done
# Not compressed: the emulated machine would take longer to unpack it.
(cd "$root" && find . | cpio -o -H newc --quiet) >"$dir/initramfs"
rm -rf "$root"
