#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# pack.sh TREE BUILD DIRECTORY: pack what measures and tests grants on a board: programs that BUILD has, and what lies in TREE
# or here.
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
tree=$1 build=$2 directory=$3 kit=$3/xen-grant-dma-kit

rm -rf "$kit"
mkdir -p "$kit/module"
cp "$here/kit/README" "$here/kit/FORM.txt" "$kit"
cp "$build/program/plain/bench/bench" "$kit/bench-x86_64"
cp "$build/program-aarch64-linux-gnu/plain/bench/bench" "$kit/bench-arm64"
cp "$here/Kbuild" "$here/xen_grant_dma_bench.c" "$kit/module"
tar -C "$tree/tools/testing" -c --exclude=Makefile selftests/kselftest/ktap_helpers.sh selftests/xen/grant-dma |
	tar -C "$kit" -x
tar -C "$directory" -cJf "$kit.tar.xz" "${kit##*/}"
echo "$kit.tar.xz"
