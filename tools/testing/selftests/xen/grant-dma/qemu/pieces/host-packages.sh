#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Install on the Debian 12 host what the test bed uses and what isn't there yet:
# host-packages.sh [MORE PACKAGES...]
set -eu
packages="gcc make python3 xz-utils bzip2 patch
	qemu-system-arm
	gcc-aarch64-linux-gnu libc6-dev-arm64-cross ccache
	flex bison bc libssl-dev libelf-dev cpio kmod device-tree-compiler
	mmdebstrap debian-archive-keyring e2fsprogs
	ninja-build python3-venv pkg-config $*"
missing=
for package in $packages; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q ' installed' ||
		missing="$missing $package"
done
[ "$missing" ] || exit 0
export DEBIAN_FRONTEND=noninteractive
# The checks outside of guests may install theirs at the same time.
apt_get() { flock /run/lock/xen-grant-dma-apt apt-get "$@"; }
apt_get update
# shellcheck disable=SC2086 # a list of words
apt_get install -y --no-install-recommends $missing
