#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that keeps pages after their I/O, below what decrypts or checks data in
# place: dm-crypt's plaintext then appears in a page that the backend still has, and
# what dm-verity has checked can be changed. Not with full isolation: there it
# sees no plaintext, and what is read is right, or the read fails.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

mode=$(wanted_mode)
DURATION=${DURATION:-30}
VISITS=${VISITS:-100000}
BLOCKS=16 # of 4 KiB, which the program reads
HASHES=$((32 << 20))
CIPHERTEXT=$((64 << 20))

# Encrypts with a key that anyone may know, but the backend.
make_crypt() {
	key=$(printf '5e%.0s' $(seq 32))
	quietly dmsetup create plain --table \
		"0 $((BLOCKS * 8)) crypt aes-xts-plain64 $key 0 /dev/$disk $((CIPHERTEXT >> 9))" &&
		hostile/reader /dev/mapper/plain late write
}

make_verity() {
	hostile/reader "/dev/$disk" data write &&
		veritysetup format --hash-offset=$HASHES --data-blocks=$BLOCKS \
			"/dev/$disk" "/dev/$disk" >"$tmp/verity" &&
		quietly veritysetup open --hash-offset=$HASHES "/dev/$disk" checked "/dev/$disk" \
			"$(awk '/^Root hash:/ { print $3 }' "$tmp/verity")"
}

end_reader() {
	kill "$2" && wait "$2" && is_some "$1" right
}

begin 9
find_device virtio_blk
disk=$(child_of "$device" block)

ktap_test_result "above: isolation is $mode" mode_is "$mode"
# Nobody else makes the nodes of their devices.
export DM_DISABLE_UDEV=1
# In this order: the tool for dm-verity wants the disk for itself.
ktap_test_result "above: dm-verity is there" make_verity
ktap_test_result "above: dm-crypt is there" make_crypt

hostile/reader /dev/mapper/plain late >"$(figures plain)" &
plain=$!
hostile/reader /dev/mapper/checked data >"$(figures checked)" &
checked=$!
linger_at plain
ktap_test_result "above: dm-crypt was read" end_reader plain $plain
plaintext=$(figure linger late)
# Reads through dm-verity are few beside those of dm-crypt, so they get a time of their own.
linger_at checked
ktap_test_result "above: dm-verity was read" end_reader checked $checked
sed 's/^/# plain: /' "$(figures plain)"
sed 's/^/# checked: /' "$(figures checked)"
ktap_test_result "above: backend saw data in flight" is_some linger data
ktap_test_result "above: backend wrote to what it kept" is_some linger written
if [ "$mode" = full ]; then
	ktap_test_result "above: backend saw no plaintext" [ "$plaintext" = 0 ]
	ktap_test_result "above: nothing wrong passed dm-verity" is_none checked wrong
else
	ktap_test_result "above: backend saw plaintext" [ "$plaintext" -gt 0 ]
	ktap_test_result "above: dm-verity's data changed after the check" is_some checked wrong
fi
quietly dmsetup remove plain
quietly dmsetup remove checked

finish
