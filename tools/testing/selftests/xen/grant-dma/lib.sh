# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# What the grant-dma tests share: the way from a driver to its device, the
# tables in debugfs, and the two checks that end every test (references are
# back, the kernel log is clean).
#
# A device is named as in debugfs: by its platform or PCI device, such as
# "2000000.virtio" or "0000:00:01.0".

# shellcheck disable=SC1091
. ../../kselftest/ktap_helpers.sh

PLATFORM=/sys/bus/platform/devices
PCI=/sys/bus/pci/devices
TABLES=/sys/kernel/debug/xen/grant-dma
PEER=${PEER:-192.168.128.1}

SELF=$(basename "$0" .sh)
LOG_MARK="selftest xen/grant-dma $SELF $$"

# Starts a test of $1 results; finish() adds two.
begin() {
	ktap_print_header
	if ! grep -qs xen,grant-dma $PLATFORM/*/of_node/compatible; then
		ktap_skip_all "no xen,grant-dma IOMMU in the device tree"
		exit "$KSFT_SKIP"
	fi

	tmp=$(mktemp -d)
	trap 'rm -rf "$tmp"' EXIT
	echo "$LOG_MARK" >/dev/kmsg
	ktap_set_plan $(($1 + 2))
	[ -e $TABLES/backends ] ||
		ktap_print_msg "$TABLES is missing: another driver, or no debugfs"
	steady_references >"$tmp/references"
}

finish() {
	if is_ours; then
		ktap_test_result "$SELF: references are back" references_return
	else
		ktap_test_skip "$SELF: references are back (another driver has no tables)"
	fi
	ktap_test_result "$SELF: kernel log is clean" log_is_clean
	ktap_finished
}

is_ours() {
	[ -e /sys/module/xen_grant_dma ]
}

# Runs a command, and shows the end of its output only if it fails.
quietly() {
	"$@" >"$tmp/log" 2>&1 && return
	tail -n 20 "$tmp/log" | sed 's/^/# /'
	return 1
}

# Repeats a check until it holds, for at most $1 seconds.
wait_for() {
	local end=$(($(date +%s) + $1))

	shift
	until "$@"; do
		[ "$(date +%s)" -lt "$end" ] || return 1
		sleep 0.1
	done
}

is_pci() {
	[ "${1#*:}" != "$1" ]
}

sysfs() {
	if is_pci "$1"; then echo $PCI/"$1"; else echo $PLATFORM/"$1"; fi
}

# The driver of device $1 on its own bus, below which the virtio device is.
transport() {
	if is_pci "$1"; then
		echo /sys/bus/pci/drivers/virtio-pci
	else
		echo /sys/bus/platform/drivers/virtio-mmio
	fi
}

# The 32-bit cells of the property $1.
cells() {
	od -An -v -tx1 "$1" | tr -d ' \n' | sed 's/......../0x& /g'
}

# The requester ID of PCI device $1: eight bits of bus, five of slot, three of function.
requester() {
	local bus=${1#*:} slot=${1##*:}

	echo $((0x${bus%:*} << 8 | 0x${slot%.*} << 3 | ${slot#*.}))
}

# What the iommu-map of a host bridge says of PCI device $1: phandle of an IOMMU, its cell.
# shellcheck disable=SC2046
mapped_iommu() {
	local node id

	node=$(readlink -f $PCI/"$1")
	until [ -e "$node/of_node/iommu-map" ]; do
		node=${node%/*}
		[ "$node" ] || return
	done
	node=$node/of_node
	id=$(requester "$1")
	[ ! -e "$node/iommu-map-mask" ] || id=$((id & $(cells "$node/iommu-map-mask")))

	# first requester ID, phandle, cell for that ID, how many
	set -- $(cells "$node/iommu-map")
	while [ $# -ge 4 ]; do
		if [ "$id" -ge $(($1)) ] && [ "$id" -lt $(($1 + $4)) ]; then
			echo "$2 $(($3 + id - $1))"
			return
		fi
		shift 4
	done
}

# The phandles of xen,grant-dma nodes, between blanks.
GRANT_IOMMUS=" $(grep -ls xen,grant-dma "$PLATFORM"/*/of_node/compatible | while read -r path; do
	cells "${path%compatible}phandle"
done)"

# The domain ID of the backend that firmware gives device $1, if it puts it behind grants.
# shellcheck disable=SC2046
firmware_backend() {
	if is_pci "$1"; then
		set -- $(mapped_iommu "$1")
	else
		set -- $(cells $PLATFORM/"$1"/of_node/iommus 2>/dev/null)
	fi
	[ $# = 2 ] && [ "$GRANT_IOMMUS" != "${GRANT_IOMMUS#* "$1" }" ] && echo $(($2))
}

# The devices that firmware puts behind grants.
devices() {
	local path

	for path in "$PLATFORM"/*/of_node/iommus "$PCI"/*/vendor; do
		path=${path%/of_node/iommus}
		path=${path%/vendor}
		firmware_backend "${path##*/}" >/dev/null && echo "${path##*/}"
	done
}

# Sets $device to the first one whose virtio driver is $1.
find_device() {
	for device in $(devices); do
		is_bound "$device" "$1" && return
	done
	ktap_exit_fail_msg "no device behind the IOMMU is bound to $1"
}

is_bound() {
	readlink "$(sysfs "$1")"/virtio*/driver | grep -q "/$2\$"
}

# What the driver of device $1 made in class $2, such as a disk or a network interface.
child_of() {
	basename "$(echo "$(sysfs "$1")"/virtio*/"$2"/*)"
}

# Column $3 of the row $2 in the table $1.
table() {
	awk -v row="$2" -v column="$3" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) field = i }
		NR > 1 && $1 == row { print $field }' "$TABLES/$1" 2>/dev/null
}

# All of column $2 in the table $1, as one number.
total() {
	awk -v column="$2" '
		NR == 1 { for (i = 1; i <= NF; i++) if ($i == column) field = i }
		NR > 1 { sum += $field }
		END { print sum + 0 }' "$TABLES/$1" 2>/dev/null
}

mappings() {
	table devices "$device" mappings
}

# Y or N: whether small buffers go with the rings. Empty without our patches of virtio.
ring_bounces() {
	cat /sys/module/virtio_ring/parameters/ring_bounces 2>/dev/null
}

# How many interrupts the backend of $device has sent, and others that share its line.
interrupts() {
	awk -v name="$(basename "$(sysfs "$device")"/virtio*)" '
		$0 ~ " " name "(,|$)" { for (i = 2; $i ~ /^[0-9]+$/; i++) sum += $i }
		END { print sum + 0 }' /proc/interrupts
}

# $device made more mappings than $1.
has_mapped_since() {
	[ "$(mappings)" -gt "$1" ] 2>/dev/null
}

# Some of what device $1 has for when nothing else is left is in use now.
uses_reserve() {
	[ "$(table devices "$1" reserved)" -gt 0 ]
}

is_listed() {
	[ -n "$(table devices "$1" backend)" ]
}

# References of each device, and those held. A network device's are left out:
# a receive buffer takes one reference or two, depending on where it lies.
# references.sh counts them when the device is unbound.
references() {
	local device

	for device in $(devices); do
		is_bound "$device" virtio_net && continue
		echo "$device $(table devices "$device" references)"
	done
	echo "held $(total backends deferred)"
}

steady_references() {
	local last='' now

	for _ in $(seq 50); do
		now=$(references)
		[ "$now" = "$last" ] && break
		last=$now
		sleep 0.1
	done
	echo "$now"
}

references_are_back() {
	[ "$(references)" = "$(cat "$tmp/references")" ] && [ "$(total backends deferred)" = 0 ]
}

references_return() {
	[ -e $TABLES/backends ] || return
	wait_for 20 references_are_back && return
	sed 's/^/# at the start: /' "$tmp/references"
	references | sed 's/^/# at the end: /'
	return 1
}

log_is_clean() {
	if ! dmesg | grep -qF "$LOG_MARK"; then
		ktap_print_msg "the kernel log no longer reaches back to the start"
		return 1
	fi
	! dmesg | sed "1,\\#$LOG_MARK#d" |
		grep -E 'WARNING:|BUG:|Oops|DMA-API|UBSAN|Call trace|still in use|driver left' |
		sed 's/^/# /' | grep .
}

# Binds or unbinds ($1) device $3 and the driver at $2.
drive() {
	echo "$3" >"$2/$1"
}

# Gives interface $1 the address it had ($2), and waits until the peer answers.
network_up() {
	ip address replace "$2" dev "$1" && ip link set "$1" up &&
		wait_for 10 ping -q -c 1 -W 1 "$PEER" >/dev/null
}

# Sends the file $1 to the echo peer; it must come back unchanged.
echoes() {
	socat -t 20 - "TCP:$PEER:7,connect-timeout=10" <"$1" >"$1.back" &&
		cmp "$1" "$1.back"
}

random_file() {
	head -c "$2" /dev/urandom >"$1"
}
