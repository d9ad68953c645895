#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# Kinds of devices beside disk, network and rng move data through grants: their
# backends echo a line, type a key, show a picture, share a directory. A cipher is
# bound only.

cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh

TAG=shared # of the directory
SCREEN=/sys/class/graphics/fb0
KEY=30     # KEY_A (linux/input-event-codes.h)

serial_echoes() {
	exec 3<>"$(echo /dev/vport*p1)" || return
	echo "a line" >&3
	line=$(timeout 10 head -n 1 <&3)
	exec 3>&-
	[ "$line" = "a line" ]
}

# An event has a time of 16 bytes, then type, code and value.
key_arrives() {
	event=$(echo "/sys/class/input/$(child_of "$device" input)"/event*)
	timeout 10 dd if="/dev/input/${event##*/}" of="$tmp/event" bs=24 count=1 2>/dev/null
	[ "$(od -An -tu2 -j16 -N4 "$tmp/event" | tr -s ' ')" = " 1 $KEY" ]
}

# in_shared COMMAND...: the directory is mounted while the command runs.
in_shared() {
	mkdir -p "$tmp/shared"
	mount -t 9p -o trans=virtio,version=9p2000.L,msize=262144 $TAG "$tmp/shared" || return
	"$@"
	status=$?
	umount "$tmp/shared" && return $status
}

# The backend's side puts the screen into the directory again and again.
shown() {
	for second in $(seq 20); do
		tail -c "$(wc -c <"$1")" "$tmp/shared/screen" | cmp -s - "$1" && return
		sleep 1
	done
	echo "# not shown after $second s"
	return 1
}

# Pixels are grey, so the order of their bytes, four here and three there, does not
# matter: each is a character, and 64 of them a line until they are written.
screen_shows_picture() {
	pixels=$(($(tr , '*' <$SCREEN/virtual_size)))
	head -c $pixels /dev/urandom | base64 -w 64 | head -n $((pixels / 64)) >"$tmp/grey"
	echo 0 >$SCREEN/blank || return # not blank, for which it needs a mode
	sed 's/./&&&&/g' "$tmp/grey" | tr -d '\n' >/dev/fb0
	sed 's/./&&&/g' "$tmp/grey" | tr -d '\n' >"$tmp/picture"
	in_shared shown "$tmp/picture"
}

data_comes_back() {
	random_file "$tmp/data" 1000001
	cp "$tmp/data" "$tmp/shared/data" && cmp "$tmp/data" "$tmp/shared/data"
}

directory_holds_data() {
	in_shared data_comes_back
}

# The driver offers ciphers once the backend is ready. Nothing is encrypted here.
cipher_is_offered() {
	find_device virtio_crypto
	is_listed "$device" && grep -q '^driver *: virtio_crypto' /proc/crypto
}

# Runs check $2, for which the device of driver $1 must map something.
through_grants() {
	find_device "$1"
	before=$(mappings)
	"$2" && has_mapped_since "$before"
}

begin 5

ktap_test_result "kinds: a serial port echoes" through_grants virtio_console serial_echoes
ktap_test_result "kinds: a key arrives" through_grants virtio_input key_arrives
ktap_test_result "kinds: a screen shows a picture" \
	through_grants virtio_gpu screen_shows_picture
ktap_test_result "kinds: a shared directory holds data" \
	through_grants 9pnet_virtio directory_holds_data
ktap_test_result "kinds: a device behind grants offers a cipher" cipher_is_offered

finish
