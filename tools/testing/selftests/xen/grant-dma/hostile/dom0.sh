#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in dom0 beside a guest, and turns against it what it orders: a line such
# as "snoop 60 1000000", perhaps more input, then it gets what `hostile` prints.
PORT=7001
BALLOON=/sys/devices/system/xen_memory/xen_memory0

if [ "$1" = order ]; then
	read -r what numbers
	# shellcheck disable=SC2086 # a list of words
	exec "$(dirname "$0")/hostile" "$what" "$DOMID" $numbers 2>&1
fi

# Grants are mapped where dom0 has no memory. With some room in its balloon, it
# needs not give memory back to Xen before a map and get it again afterwards.
if [ ! -e /run/room ]; then
	touch /run/room
	echo $(($(cat $BALLOON/target_kb) - 65536)) >$BALLOON/target_kb
fi
exec socat -t 600 TCP-LISTEN:$PORT,fork,reuseaddr EXEC:"sh $0 order"
