# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs in dom0 before the guest: the peers of the guest's tools, out of its root,
# and a script with which xl sets up netback's interface.
root=/run/root
if ! pidof iperf3; then
	mkdir $root
	mount -o ro /dev/vda $root
	mount -t tmpfs none $root/tmp
	mount -o bind /dev $root/dev
	chroot $root iperf3 -s >/dev/null &
	chroot $root sockperf server >/dev/null &
	chroot $root sockperf server --tcp >/dev/null &
fi

cat >/etc/xen/scripts/vif-bridge <<'END'
#!/bin/sh
[ "$1" = online ] || exit 0
ifconfig "$vif" 192.168.129.1 netmask 255.255.255.0 up
xenstore-write "$XENBUS_PATH/hotplug-status" connected
END
chmod +x /etc/xen/scripts/vif-bridge
