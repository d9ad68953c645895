# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs in dom0 beside the guest: at each mark on its console, notes how often
# QEMU has mapped grants so far, by the probe that run.sh has set. Leaves lines of
# kind, before or after, count.
directory=$(dirname "$0")
seen=0

maps() {
	awk '$1 == "grant_map" { print $2 }' /sys/kernel/tracing/kprobe_profile
}

while [ "$mark" != end ]; do
	usleep 100000
	mark=$(tr -d '\r' <"$CONSOLE" | sed -n 's/^maps: //p' | tail -n +$((seen + 1)) | head -n 1)
	[ "$mark" ] || continue
	seen=$((seen + 1))
	echo "$mark $(maps)" >>"$directory/maps"
done
