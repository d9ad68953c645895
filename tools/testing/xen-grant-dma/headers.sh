#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# By KERNEL DIRECTORY SOURCE...: make the headers that sources ask for and that are not in
# include/. Those that compile as they are become links in DIRECTORY/kernel, all others are empty
# files in DIRECTORY/empty: include/stub/ has what is in those.
set -eu
cd "$(dirname "$0")"
kernel=$1
links=$2/kernel
empty=$2/empty
shift 2

link() {
	mkdir -p "$links/$(dirname "$1")"
	ln -sfn "$2" "$links/$1"
}

for name in args cc_platform cleanup dma-direct dma-direction dma-map-ops dma-mapping err \
	glob iommu-dma kconfig kern_levels kmsan kref list log2 mem_encrypt pci-p2pdma poison \
	prandom refcount refcount_types scatterlist sizes swiotlb syscore_ops typecheck; do
	link "linux/$name.h" "$kernel/include/linux/$name.h"
done
for path in "$kernel"/include/kunit/*.h; do
	link "kunit/$(basename "$path")" "$path"
done
link trace/events/dma.h "$kernel/include/trace/events/dma.h"
link asm/xen/interface.h "$kernel/include/xen/arm/interface.h"
for path in "$kernel"/include/xen/*.h "$kernel/include/xen/interface"; do
	link "xen/$(basename "$path")" "$path"
done
# These say more of dom0 and of other drivers than can be compiled.
for name in xen-ops balloon mem-reservation hvc-console swiotlb-xen xen; do
	rm -f "$links/xen/$name.h"
done

{ cat "$@"; find -L "$links" -name '*.h' -exec cat {} +; } |
sed -n 's/^#[[:space:]]*include <\(.*\)>.*/\1/p' | sort -u | while read -r name; do
	[ -e "$links/$name" ] || [ -e "include/$name" ] && continue
	mkdir -p "$empty/$(dirname "$name")"
	[ -e "$empty/$name" ] || : > "$empty/$name"
done
