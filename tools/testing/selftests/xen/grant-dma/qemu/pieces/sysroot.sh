#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpack the arm64 userland that QEMU is built against and dom0 is made of:
# sysroot.sh DIR
set -eu
dir=$1
packages=libc6-dev,libglib2.0-dev,libpixman-1-dev,libfdt-dev,libxen-dev,zlib1g-dev
packages=$packages,libpcre2-dev,libffi-dev,libmount-dev,libblkid-dev,libselinux1-dev
packages=$packages,xen-utils-4.20,busybox-static,socat,meson,python3-pycotap
"$(dirname "$0")/debian-root.sh" "$packages" "$dir"
# Linker scripts name the libraries by their merged-/usr alias.
ln -s usr/lib "$dir/lib"
