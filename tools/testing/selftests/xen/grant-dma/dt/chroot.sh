#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run check.py in a root that has dtschema: chroot.sh ROOT KDIR BUILD [DTB]
# It sees the kernel and these tests, and can write to BUILD and its cache alone. The mounts
# are to end with their namespace: unshare --mount chroot.sh ...
set -e
root=$1 kdir=$2 build=$3 dtb=$4

mkdir -p "$build"
mount -o bind,ro "$root" "$root"
mount --bind "$root/schemas" "$root/schemas"
mount -o remount,bind,rw "$root/schemas"
for made in dev mnt tmp; do
	mount -t tmpfs none "$root/$made"
done
mkdir "$root/mnt/kernel" "$root/mnt/tests" "$root/mnt/build"
mount -o bind,ro "$kdir" "$root/mnt/kernel"
mount -o bind,ro "$(dirname "$0")/.." "$root/mnt/tests"
mount --bind "$build" "$root/mnt/build"
[ ! "$dtb" ] || cp "$dtb" "$root/mnt/guest.dtb"
mkdir "$root/dev/shm"
touch "$root/dev/null"
mount --bind /dev/null "$root/dev/null"
exec chroot "$root" python3 -B /mnt/tests/dt/check.py --build /mnt/build --cache /schemas/kept \
	--read-only / /mnt/kernel /mnt/tests -- /mnt/kernel ${dtb:+/mnt/guest.dtb}
