# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the tests with a hostile backend share, on top of the other tests'
# lib.sh: the orders to it, and traffic that goes on until it is done.

# shellcheck source=../lib.sh
. ./lib.sh

# The backend's figures and messages end up here.
figures() {
	echo "$tmp/$1"
}

# Has the backend do $1, with standard input for it.
order() {
	local name=$1

	{ echo "$@" && cat; } | socat -t 600 - "TCP:$PEER:7001" >"$(figures "$name")"
	sed 's/^/# /' "$(figures "$name")"
}

# Has the backend keep pages until $1 has noticed that it changed one of its own. Where all
# is copied, nothing is to be noticed, so that DURATION and VISITS say how long.
linger_at() {
	if [ "$mode" = full ]; then
		order linger "$DURATION" "$VISITS" </dev/null
	else
		wait_for 400 has_said "$1" damaged | order linger 0 0
	fi
}

# The number called $2 that $1 printed, nothing if it did not.
figure() {
	awk -v name="$2" '$1 == name { print $2 }' "$(figures "$1")" 2>/dev/null
}

is_some() {
	[ "$(figure "$1" "$2")" -gt 0 ]
}

is_none() {
	[ "$(figure "$1" "$2")" = 0 ]
}

# Whether $1 has printed something called $2 by now.
has_said() {
	[ "$(figure "$1" "$2")" ]
}

# The mode that the kernel was told to be in, or its default.
wanted_mode() {
	local mode
	mode=$(sed -n 's/.*xen_grant_dma\.isolation=\([a-z]*\).*/\1/p' /proc/cmdline)
	echo "${mode:-strict}"
}

mode_is() {
	[ "$(cat /sys/module/xen_grant_dma/parameters/isolation)" = "$1" ]
}

# Repeats a command until stop_traffic, or until it fails.
keep() {
	until [ -e "$tmp/stop" ]; do
		"$@" >"$tmp/$1.log" 2>&1 && continue
		sed 's/^/# /' "$tmp/$1.log"
		return 1
	done
}

stop_traffic() {
	touch "$tmp/stop"
}

# Traffic of each kind, a piece of it.
# Blocks are those below 64 MiB of the disk $1.
move_blocks() {
	fio --name=traffic --filename="/dev/$1" --allow_file_create=0 --size=64m \
		--rw=randwrite --bsrange=512-256k --io_size=8m --iomem_align=512 --direct=1 \
		--ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1 --randrepeat=0
}

# Large requests to the disk $1, which take runs of references.
move_large() {
	fio --name=large --filename="/dev/$1" --allow_file_create=0 --size=64m \
		--rw=randwrite --bs=512k --io_size=16m --direct=1 --ioengine=libaio --iodepth=8 \
		--verify=crc32c --verify_fatal=1 --randrepeat=0
}

move_packets() {
	random_file "$tmp/packets" 65536 && echoes "$tmp/packets"
}

move_entropy() {
	dd if=/dev/hwrng of=/dev/null bs=64 count=64
}

# Has the backend keep $2 references of what large requests to the disk $1 there are, until let_go.
# Some I/O comes before: what it leaves mapped is not to be kept.
start_holding() {
	quietly move_large "$1" || return
	rm -f "$tmp/stop" "$tmp/release" "$(figures hold)"
	until [ -e "$tmp/release" ]; do sleep 0.1; done | order hold "$2" 0 &
	holder=$!
	wait_for 60 has_said hold ready || return
	keep move_large "$1" &
	blocks=$!
}

let_go() {
	touch "$tmp/release"
	wait "$holder"
}

traffic_ends_well() {
	stop_traffic
	wait "$blocks"
}
