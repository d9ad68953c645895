#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in dom0: starts the Xen toolstack, then boots the guests that the host
# describes in /share, one after another (bed.py says what lies there).

say() {
	echo "bed: $*"
}

start_toolstack() {
	mkdir -p /run/xen /var/lock /var/lib/xen /var/log/xen /dev/pts
	mount -t devpts none /dev/pts
	mount -t xenfs none /proc/xen
	mount -t tracefs none /sys/kernel/tracing
	xenstored && xen-init-dom0 >/share/toolstack.log &&
		xenconsoled --log=guest --log-dir=/share &&
		losetup -r /dev/loop0 /dev/vda || return
	ifconfig lo 127.0.0.1 up
	echo 'p:grant_map gnttab_map_refs' >/sys/kernel/tracing/kprobe_events
	echo 1 >/sys/kernel/tracing/events/kprobes/grant_map/enable
	xl info >/share/xl-info
	qemu-system-aarch64 --version >/share/qemu-version
}

# How often a backend in dom0 has mapped grants so far.
grant_maps() {
	awk '$1 == "grant_map" { print $2 }' /sys/kernel/tracing/kprobe_profile
}

# wait_for SECONDS COMMAND...
wait_for() {
	end=$(($(date +%s) + $1))
	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return
		usleep 200000
	done
}

backend_runs() {
	[ "$(xenstore-read "/local/domain/0/device-model/$id/state" 2>/dev/null)" = running ]
}

# xl stays behind until its guest is gone; asking xl would keep dom0 busy.
# For 10 s it waits for backends to close, which QEMU's virtio ones don't say.
guest_gone() {
	pidof xl >/dev/null || return 0
	state=$(xenstore-read "$backends/0/state" 2>/dev/null)
	[ "$state" != 5 ] || close_backends
	return 1
}

# Asleep until a domain goes, as QEMU needs the processor. It may be the driver domain.
guest_ends() {
	guest_gone || { timeout 10 xenstore-watch -n 2 @releaseDomain >/run/watch 2>&1 && (wait_for 30 guest_gone); }
}

close_backends() {
	for number in $(xenstore-list "$backends"); do
		xenstore-write "$backends/$number/state" 6
	done
}

# What driver.sh does, if the guest has a driver domain.
driver() {
	[ ! -d "$dir/driver" ] || sh /share/driver.sh "$1" "$dir" "$2" >>"$dir/driver/log" 2>&1
}

start_backend() {
	grep -o '/run/scratch[0-9]*' "$dir/backend" | while read -r disk; do
		truncate -s 0 "$disk"
		truncate -s 256M "$disk"
	done
	xargs qemu-system-aarch64 -xen-domid "$id" <"$dir/backend" >"$dir/backend.log" 2>&1 &
	wait_for 30 backend_runs || return
	ifconfig tap0 192.168.128.1 netmask 255.255.255.0 up 2>/dev/null
	# On a busy machine, what came last may take more to echo than socat's half second.
	socat -t 20 TCP-LISTEN:7,fork,reuseaddr EXEC:cat >"$dir/echo.log" 2>&1 &
}

# Guests use the same loop devices, network interface and ports, one after another.
none_is_left() {
	! pidof qemu-system-aarch64 socat hostile >/dev/null &&
		[ ! -e /sys/block/loop1/loop/backing_file ] && [ ! -e /sys/block/loop2/loop/backing_file ] &&
		[ ! -e /sys/class/net/tap0 ]
}

clean_up() {
	killall qemu-system-aarch64 socat hostile 2>/dev/null
	losetup -d /dev/loop1
	losetup -d /dev/loop2
	wait_for 30 none_is_left || verdict="$verdict; something of it is left in dom0"
}

commands_end() {
	grep -q "^bed: commands end" "/share/guest-$name.log" || guest_gone
}

# The host's terminal is on the guest's console until the guest is gone.
show_console() {
	wait_for "$seconds" commands_end
	dmesg -n 1
	say "console"
	xl console "$name"
}

# Any verdict but "ran" means that the guest's own results are missing.
run_guest() {
	losetup -r /dev/loop1 "$dir/in.tar" || return
	truncate -s 0 /run/out
	truncate -s 64M /run/out
	losetup /dev/loop2 /run/out || return
	[ ! -e "$dir/dom0-before" ] || sh "$dir/dom0-before" >"$dir/dom0-before.log" 2>&1
	verdict="its driver domain failed, see driver/log"
	driver create || return
	verdict="xl create failed, see xl.log"
	xl create -p "$dir/config" >"$dir/xl.log" 2>&1 || return
	id=$(xl domid "$name")
	backends=/local/domain/0/backend/virtio/$id
	if [ -s "$dir/backend" ]; then
		start_backend || { verdict="QEMU in dom0 did not start, see backend.log"; return; }
	fi
	driver attach "$id" || { verdict="QEMU in the driver domain did not start, see driver/log"; return; }
	xl unpause "$name"
	beside=
	if [ -e "$dir/dom0-commands" ]; then
		DOMID=$id CONSOLE=/share/guest-$name.log \
			sh "$dir/dom0-commands" >"$dir/dom0-commands.log" 2>&1 &
		beside=$!
	fi
	[ ! -e "$dir/interactive" ] || show_console
	if wait_for "$seconds" guest_ends; then
		verdict=ran
	else
		verdict="not finished after $seconds s"
	fi
	[ ! "$beside" ] || kill "$beside" 2>/dev/null
	tar -x -f /run/out -C "$dir" 2>"$dir/tar.log"
	[ -e "$dir/out/status" ] || verdict="$verdict; its results are missing"
}

start_toolstack || say "toolstack failed, see toolstack.log"
while read -r name seconds <&3; do
	dir=/share/$name
	say "guest $name starts"
	before=$(grant_maps)
	verdict="loop devices failed"
	run_guest
	guest_gone || { xl destroy "$name" & wait_for 20 guest_gone; }
	driver destroy
	clean_up
	echo $(($(grant_maps) - before)) >"$dir/grant-maps"
	echo "$verdict" >"$dir/verdict"
	say "guest $name: $verdict"
done 3</share/guests
say "end"
