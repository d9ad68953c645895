#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make a root that has dtschema, for chroot: dtschema.sh FETCHED DIR
set -eu
fetched=$1 dir=$2
"$(dirname "$0")/unpack-packages.sh" "$fetched" "$dir/root"
# Debian's own links are made when packages are configured.
ln -s gawk "$dir/root/usr/bin/awk"
ln -s which.debianutils "$dir/root/usr/bin/which"
mkdir -p "$dir/root/dev" "$dir/root/mnt" "$dir/root/tmp" "$dir/root/schemas"
