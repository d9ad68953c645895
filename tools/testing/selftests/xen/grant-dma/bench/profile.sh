#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Reads 4 KiB again and again, one at a time, for long enough that dom0 can look
# at it and keep what it saw (profile-dom0.sh).
sed 's/^runtime=.*/runtime=8s/' "$(dirname "$0")/requests.fio" >/tmp/profiled.fio
echo 'profile: starts'
DISK=/dev/vda SCATTERED=/tmp/none fio --section=randread-4k-1 /tmp/profiled.fio
