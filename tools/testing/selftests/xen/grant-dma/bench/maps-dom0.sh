# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs in dom0 beside the guest: at each mark on its console, notes how often
# QEMU has mapped grants so far. Leaves lines of kind, before or after, count.
events=/sys/kernel/tracing
directory=$(dirname "$0")
seen=0

maps() {
	awk '$1 == "backend_map" { print $2 }' $events/kprobe_profile
}

grep -qs backend_map $events/kprobe_events ||
	echo 'p:backend_map gntdev_map_grant_pages' >>$events/kprobe_events
echo 1 >$events/events/kprobes/backend_map/enable

while [ "$mark" != end ]; do
	usleep 100000
	mark=$(tr -d '\r' <"$CONSOLE" | sed -n 's/^maps: //p' | tail -n +$((seen + 1)) | head -n 1)
	[ "$mark" ] || continue
	seen=$((seen + 1))
	echo "$mark $(maps)" >>"$directory/maps"
done
