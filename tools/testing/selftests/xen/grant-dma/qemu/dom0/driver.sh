#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in dom0, for the driver domain of the guest whose files are in DIR:
#
#   driver.sh create DIR          makes it, and puts its domain ID into the guest's device tree
#   driver.sh attach DIR GUEST    has it serve the guest of that domain ID
#   driver.sh serve DIR           starts QEMU in it, and ends one that is there
#   driver.sh run DIR COMMAND     runs a command in it, and prints what its console shows
#   driver.sh destroy DIR
what=$1 dir=$2 argument=$3
name=${dir##*/}-driver
log=/share/guest-$name.log
id=$(cat "$dir/driver/id" 2>/dev/null)
domain=/local/domain/$id

# wait_for COMMAND...: for two minutes
wait_for() {
	for _ in $(seq 600); do
		"$@" && return
		usleep 200000
	done
	return 1
}

# A cell is big-endian, and a domain ID has 16 bits.
cell() {
	printf '%b' "\\0000\\0000\\0$(printf %03o $(($1 >> 8)))\\0$(printf %03o $(($1 & 255)))"
}

# Nobody waits for its end in the background (-e): that would be taken for the guest's xl.
create() {
	xl create -p -e "$dir/driver/config" && id=$(xl domid "$name") || return
	echo "$id" >"$dir/driver/id"
	while read -r offset; do
		cell "$id" | dd of="$dir/partial.dtb" bs=1 seek="$offset" conv=notrunc || return
	done <"$dir/driver/cells"
}

attach() {
	xen-set-target "$id" "$argument" && xenstore-write "$domain/target" "$argument" &&
		xl unpause "$name" && serve
}

is_done() {
	tail -c +"$from" "$log" | grep -q "^driver: done"
}

run() {
	from=$(($(wc -c <"$log") + 1))
	xenstore-write -R "$domain/data/order" "$1" && wait_for is_done
	tail -c +"$from" "$log" | tr -d '\r' | grep -v "^driver: done"
}

serves() {
	[ "$(xenstore-read "$state" 2>/dev/null)" = running ]
}

# A QEMU that ends by SIGTERM takes its registers back from Xen.
serve() {
	guest=$(xenstore-read "$domain/target")
	state=$domain/device-model/$guest/state
	run "killall qemu-system-aarch64
		while pidof qemu-system-aarch64 >/dev/null; do usleep 100000; done
		xenstore-rm device-model/$guest/state
		qemu-system-aarch64 -xen-domid $guest $(tr '\n' ' ' <"$dir/driver/backend") >/dev/console 2>&1 &"
	wait_for serves
}

case $what in
create | attach | serve) "$what" ;;
run) run "$argument" ;;
destroy) xl destroy "$name" ;;
esac
