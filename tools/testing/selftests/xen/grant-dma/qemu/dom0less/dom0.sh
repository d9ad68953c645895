#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Runs in dom0: gives the guest that Xen booted its xenstore, serves its disk, and
# tells it so.
domain=1
mkdir -p /run/xen /var/lock /var/lib/xen /var/log/xen
mount -t xenfs none /proc/xen
{ xenstored && xen-init-dom0 && init-dom0less; } >/share/toolstack.log 2>&1 || exit
# Not on dom0's processor, see CPUS in bed.py.
xl vcpu-pin $domain all 1

truncate -s 64M /run/disk
qemu-system-aarch64 -xen-domid $domain -xen-attach -M xenpvh -m 256 -smp 1 \
	-nodefaults -no-user-config -display none -monitor none -serial none \
	-global virtio-mmio.force-legacy=false \
	-drive file=/run/disk,format=raw,if=none,id=disk \
	-device virtio-blk-device,drive=disk,iommu_platform=on >/share/backend.log 2>&1 &
until [ "$(xenstore-read /local/domain/0/device-model/$domain/state 2>/dev/null)" = running ]; do
	kill -0 $! || exit
	usleep 200000
done
echo "bed: QEMU runs"
# 1, XenbusStateInitialising, is what makes the guest's kernel see a new device.
xenstore-write /local/domain/$domain/device/virtio/0/state 1
wait
