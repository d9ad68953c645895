#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Runs in dom0 beside a guest, and turns against it what it orders: a line such
# as "snoop 60 1000000", perhaps more input, then it gets what `hostile` prints. After
# "driver" comes a command for the guest's driver domain, and after "bed" what the test
# bed is to do with that.
PORT=7001
BALLOON=/sys/devices/system/xen_memory/xen_memory0

if [ "$1" = order ]; then
	dir=$(dirname "$0")
	read -r what numbers
	case $what in
	driver) exec sh /share/driver.sh run "$dir" "$numbers" 2>&1 ;;
	bed) exec sh /share/driver.sh "$numbers" "$dir" 2>&1 ;;
	esac
	# shellcheck disable=SC2086 # a list of words
	exec "$dir/hostile" "$what" "$DOMID" $numbers 2>&1
fi

# Grants are mapped where dom0 has no memory. With some room in its balloon, it
# needs not give memory back to Xen before a map and get it again afterwards.
if [ ! -e /run/room ]; then
	touch /run/room
	echo $(($(cat $BALLOON/target_kb) - 65536)) >$BALLOON/target_kb
fi
exec socat -t 600 TCP-LISTEN:$PORT,fork,reuseaddr EXEC:"sh $0 order"
