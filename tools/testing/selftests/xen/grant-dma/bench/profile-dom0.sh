# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs in dom0 beside the guest: once its requests go, traces for two seconds what
# dom0's processor does. Leaves what stages.py reads.
events=/sys/kernel/tracing
directory=$(dirname "$0")
watched="raw_syscalls sched/sched_switch kprobes/upcall"

switch() {
	for event in $watched; do
		echo "$1" >"$events/events/$event/enable"
	done
}

echo 0 >$events/tracing_on
echo mono >$events/trace_clock
echo 16384 >$events/buffer_size_kb
grep -qs upcall $events/kprobe_events ||
	echo 'p:upcall xen_evtchn_do_upcall' >>$events/kprobe_events
echo >$events/trace
until grep -q '^profile: starts' "$CONSOLE"; do
	usleep 100000
done
usleep 1500000
switch 1
echo 1 >$events/tracing_on
sleep 2
echo 0 >$events/tracing_on
switch 0
cat $events/trace >"$directory/trace"
