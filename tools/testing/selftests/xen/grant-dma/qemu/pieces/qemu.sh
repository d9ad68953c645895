#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Cross-build QEMU's xenpvh machine, the virtio backend that runs in dom0:
# qemu.sh SYSROOT DIR
#
# Debian builds QEMU with Xen for amd64 only.  No TCG, no devices but virtio's.
set -eu
sysroot=$1 dir=$2
src=$dir/src
lib=$sysroot/usr/lib/aarch64-linux-gnu

"$(dirname "$0")/debian-source.sh" qemu 10 "$src"

cat >"$src/configs/devices/aarch64-softmmu/xenpvh.mak" <<-END
	CONFIG_VIRTIO_MMIO=y
	CONFIG_VIRTIO_BLK=y
	CONFIG_VIRTIO_NET=y
	CONFIG_VIRTIO_RNG=y
END
# meson and pycotap come with the sysroot, bookworm's are too old.
mkdir -p "$dir/python"
ln -sf "$sysroot"/usr/lib/python3/dist-packages/meson* \
	"$sysroot"/usr/lib/python3/dist-packages/pycotap* "$dir/python"
export PYTHONPATH="$dir/python"
export PKG_CONFIG=/usr/bin/pkg-config PKG_CONFIG_SYSROOT_DIR="$sysroot"
export PKG_CONFIG_LIBDIR="$lib/pkgconfig:$sysroot/usr/share/pkgconfig"

mkdir -p "$dir/build"
cd "$dir/build"
# The cross libc of the host is older than the one that the libraries want.
"$src/configure" --python=/usr/bin/python3 --cross-prefix=aarch64-linux-gnu- \
	--target-list=aarch64-softmmu --without-default-features \
	--without-default-devices --with-devices-aarch64=xenpvh \
	--disable-tcg --enable-xen --enable-pixman --enable-fdt=system \
	--disable-install-blobs --disable-docs --disable-tools \
	--extra-cflags="--sysroot=$sysroot" \
	--extra-ldflags="--sysroot=$sysroot -Wl,--allow-shlib-undefined"
ninja qemu-system-aarch64
aarch64-linux-gnu-strip -o "$dir/qemu-system-aarch64" qemu-system-aarch64
rm -rf "$src" "$dir/build" "$dir/python"
