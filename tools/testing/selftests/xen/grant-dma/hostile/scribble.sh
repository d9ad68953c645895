#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that overwrites whatever it can map reaches the buffers in flight
# that it may write to, and not one byte more; and nothing once they are
# unmapped. Where whole pages are granted, it reaches what is around them.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

BUFFERS=${BUFFERS:-4000}
VICTIM=/sys/kernel/debug/grant-dma-victim

# The kernel would not survive what becomes of slab memory in page mode.
load_victim() {
	[ "$mode" = page ] && slab=n || slab=y
	insmod hostile/xen_grant_dma_victim.ko device="$device" slab="$slab"
}

# Whatever was mapped before is unmapped and looked at.
map_buffers() {
	echo "$1" >$VICTIM/buffers && cp $VICTIM/damage "$(figures damage)" &&
		echo "# bytes changed: $(tr '\n' ' ' <$VICTIM/damage)"
}

# Through the whole grant table at least once.
snoop() {
	order snoop 6 0 0 </dev/null
}

# Buffers come and go, and with them what the references stand for.
remap() {
	until [ -e "$tmp/stop" ]; do
		map_buffers "$BUFFERS" && is_none damage outside &&
			is_none damage read-only || return
	done
}

mode=$(wanted_mode)
begin "$([ "$mode" = page ] && echo 14 || echo 17)"
find_device virtio_blk

ktap_test_result "scribble: isolation is $mode" mode_is "$mode"
load_victim
ktap_test_result "scribble: $BUFFERS buffers mapped" map_buffers "$BUFFERS"
snoop
ktap_test_result "scribble: backend went through all references" is_some snoop sweeps
ktap_test_result "scribble: backend saw data in flight" is_some snoop data
if [ "$mode" != page ]; then
	ktap_test_result "scribble: backend saw no neighbour" is_none snoop neighbour
else
	ktap_test_result "scribble: backend saw neighbours" is_some snoop neighbour
fi

order scribble 0 <$VICTIM/references
ktap_test_result "scribble: backend wrote" is_some scribble written
ktap_test_result "scribble: backend found read-only pages" is_some scribble read-only
ktap_test_result "scribble: backend wrote to no read-only page" is_none scribble violations
map_buffers 0
ktap_test_result "scribble: backend reached buffers in flight" is_some damage writable
ktap_test_result "scribble: backend reached no buffer it should only read" \
	is_none damage read-only
if [ "$mode" != page ]; then
	ktap_test_result "scribble: backend reached no neighbour" is_none damage outside
else
	ktap_test_result "scribble: backend reached neighbours" is_some damage outside
fi

if [ "$mode" != page ]; then
	map_buffers "$BUFFERS"
	# Those that are read-only now may be others' then.
	sed 's/ro/rw/' $VICTIM/references >"$tmp/published"
	remap &
	remap=$!
	order scribble 10 <"$tmp/published"
	stop_traffic
	ktap_test_result "scribble: backend wrote while buffers came and went" \
		is_some scribble written
	ktap_test_result "scribble: backend reached none but buffers in flight" wait "$remap"
	ktap_test_result "scribble: buffers unmapped" map_buffers 0
fi

snoop
ktap_test_result "scribble: backend went through all references again" is_some snoop sweeps
ktap_test_result "scribble: backend saw nothing that came after unmap" is_none snoop late
ktap_test_result "scribble: backend saw no neighbour after unmap" is_none snoop neighbour

finish
