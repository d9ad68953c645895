#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# xl's hotplug script for `phy:` disks: tells blkback the device's number.
[ "$1" = add ] || exit 0
device=$(xenstore-read "$XENBUS_PATH/params")
xenstore-write "$XENBUS_PATH/physical-device" "$(stat -c %t:%T "$device")" \
	"$XENBUS_PATH/hotplug-status" connected
