#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# The guest's first process: unpacks what the host sent and runs it. The kernel's command line
# may name other disks than Xen's for that (SENT), and for what goes back (LEFT).
export PATH=/run/bin:/usr/bin:/usr/sbin HOME=/tmp
busybox mount -t tmpfs none /run
busybox mkdir /run/bin
/usr/bin/busybox --install -s /run/bin
mount -t tmpfs none /tmp
mount -t tmpfs none /mnt
mount -t tmpfs none /kselftest
mount -t proc none /proc
mount -t sysfs none /sys
mount -t debugfs none /sys/kernel/debug
mount -t tracefs none /sys/kernel/tracing
tar -x -f "${SENT:-/dev/xvdb}" -C /kselftest
exec /kselftest/run.sh
