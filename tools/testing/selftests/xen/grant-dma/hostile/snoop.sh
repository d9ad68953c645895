#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that reads whatever it can map, while every device works, finds no
# secret of the guest's. Where whole pages are granted, it finds all kinds.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

# Page by page, each kind is seen some time.
mode=$(wanted_mode)
VISITS=${VISITS:-$([ "$mode" = page ] && echo 100000 || echo 1000000)}
DURATION=${DURATION:-$([ "$mode" = page ] && echo 5 || echo 20)}
KINDS='slab pagecache pagefrag stack'
SEEN=$([ "$mode" = page ] && echo 4 || echo 0)

has_visited() {
	[ "$(figure snoop visits)" -ge "$1" ]
}

# shellcheck disable=SC2086
begin $((7 + $(echo $KINDS | wc -w)))
find_device virtio_blk
disk=$(child_of "$device" block)

hostile/secrets "/dev/$disk" $((128 << 20)) "$PEER" 2>"$tmp/secrets.log" &
secrets=$!
keep move_blocks "$disk" &
blocks=$!
keep move_packets &
packets=$!
keep move_entropy &
entropy=$!
order snoop "$DURATION" "$VISITS" "$SEEN" </dev/null
stop_traffic

ktap_test_result "snoop: isolation is $mode" mode_is "$mode"
ktap_test_result "snoop: disk worked meanwhile" wait "$blocks"
ktap_test_result "snoop: network worked meanwhile" wait "$packets"
ktap_test_result "snoop: rng worked meanwhile" wait "$entropy"
ktap_test_result "snoop: secrets were there meanwhile" kill "$secrets"
sed 's/^/# /' "$tmp/secrets.log"
ktap_test_result "snoop: backend made $VISITS visits" has_visited "$VISITS"
ktap_test_result "snoop: backend saw data in flight" is_some snoop data
for kind in $KINDS; do
	if [ "$mode" != page ]; then
		ktap_test_result "snoop: backend saw no secret in $kind" is_none snoop "$kind"
	else
		ktap_test_result "snoop: backend saw secrets in $kind" is_some snoop "$kind"
	fi
done

finish
