# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=sh
# Runs in dom0 before the guest: makes the disk that blkback serves.
losetup -d /dev/loop3 2>/dev/null
truncate -s 0 /run/scratch-xen
truncate -s 256M /run/scratch-xen
losetup /dev/loop3 /run/scratch-xen
