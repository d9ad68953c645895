#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# A backend that keeps pages for a second after their I/O has ended. Where whole pages
# are granted, it sees what the guest puts there next, and can change it, but
# the kernel says so. With full isolation it sees and changes nothing, and keeps nothing of
# which the I/O would end.

cd "$(dirname "$0")/.." || exit
# shellcheck source=lib.sh
. hostile/lib.sh

mode=$(wanted_mode)
VISITS=${VISITS:-$([ "$mode" = full ] && echo 1000000 || echo 1000)}
DURATION=${DURATION:-20}

has_visited() {
	[ "$(figure linger visits)" -ge "$VISITS" ]
}

end_late() {
	kill "$late" && wait "$late"
}

is_reported() {
	dmesg | sed "1,\\#$LOG_MARK#d" | grep 'domain .* still used .* references of I/O'
}

is_not_reported() {
	! is_reported
}

begin 8
find_device virtio_blk
disk=$(child_of "$device" block)

hostile/late "/dev/$disk" $((128 << 20)) >"$(figures late)" &
late=$!
linger_at late

ktap_test_result "late: isolation is $mode" mode_is "$mode"
ktap_test_result "late: I/O went on" end_late
sed 's/^/# /' "$(figures late)"
ktap_test_result "late: backend made $VISITS visits" has_visited
ktap_test_result "late: backend saw data in flight" is_some linger data
ktap_test_result "late: backend wrote to what it kept" is_some linger written
if [ "$mode" = full ]; then
	ktap_test_result "late: backend saw no secret after the I/O" is_none linger late
	ktap_test_result "late: backend changed nothing after the I/O" is_none late changed
	ktap_test_result "late: there is nothing to report" is_not_reported
else
	ktap_test_result "late: backend saw secrets after the I/O" is_some linger late
	ktap_test_result "late: backend changed bytes after the I/O" is_some late changed
	ktap_test_result "late: the kernel reports it" is_reported
fi

finish
