#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Cross-build QEMU's xenpvh machine, the virtio backend that runs in dom0:
# qemu.sh FETCHED SYSROOT DIR
#
# Debian builds QEMU with Xen for amd64 only.  No TCG, no devices but virtio's.
set -eu
fetched=$1 dir=$3
src=$dir/src
# By a path that a new Xen does not change, so that ccache knows what does not include its headers.
mkdir -p "$dir"
ln -s "$2" "$dir/sysroot"
sysroot=$dir/sysroot
lib=$sysroot/usr/lib/aarch64-linux-gnu

"$(dirname "$0")/unpack-source.sh" "$fetched" "$src"

cat >"$src/configs/devices/aarch64-softmmu/xenpvh.mak" <<-END
	CONFIG_VIRTIO_MMIO=y
	CONFIG_VIRTIO_PCI=y
	CONFIG_PCI_EXPRESS_GENERIC_BRIDGE=y
	CONFIG_VIRTIO_BLK=y
	CONFIG_VIRTIO_NET=y
	CONFIG_VIRTIO_RNG=y
	CONFIG_VIRTIO_SERIAL=y
	CONFIG_VIRTIO_INPUT=y
	CONFIG_VIRTIO_GPU=y
	CONFIG_VIRTIO_CRYPTO=y
	CONFIG_VIRTIO_BALLOON=y
	CONFIG_VIRTIO_9P=y
END
# meson and pycotap come with QEMU, the host's are too old.
for package in "$fetched"/*.deb; do
	dpkg-deb -x "$package" "$dir/tools"
done
export PYTHONPATH="$dir/tools/usr/lib/python3/dist-packages"
export PKG_CONFIG=/usr/bin/pkg-config PKG_CONFIG_SYSROOT_DIR="$sysroot"
export PKG_CONFIG_LIBDIR="$lib/pkgconfig:$sysroot/usr/share/pkgconfig"

mkdir -p "$dir/build"
cd "$dir/build"
# The cross libc of the host may be older than the one that the libraries want.
"$src/configure" --python=/usr/bin/python3 --cross-prefix=aarch64-linux-gnu- \
	--cc="ccache aarch64-linux-gnu-gcc" --disable-debug-info --target-list=aarch64-softmmu --without-default-features \
	--without-default-devices --with-devices-aarch64=xenpvh \
	--disable-tcg --enable-xen --enable-pixman --enable-fdt=system \
	--enable-virtfs --enable-attr \
	--disable-install-blobs --disable-docs --disable-tools \
	--extra-cflags="--sysroot=$sysroot" \
	--extra-ldflags="--sysroot=$sysroot -Wl,--allow-shlib-undefined"
ninja qemu-system-aarch64
aarch64-linux-gnu-strip -o "$dir/qemu-system-aarch64" qemu-system-aarch64
rm -rf "$src" "$dir/build" "$dir/tools" "$dir/sysroot"
