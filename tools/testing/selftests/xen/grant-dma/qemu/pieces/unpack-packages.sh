#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Unpack packages into a root whose /usr is merged, whatever their release thinks
# of that, without running anything of theirs: unpack-packages.sh FETCHED DIR
set -eu -o pipefail
from=$1 dir=$2
for directory in bin sbin lib lib64; do
	mkdir -p "$dir/usr/$directory"
	ln -s "usr/$directory" "$dir/$directory"
done
for package in "$from"/*.deb; do
	dpkg-deb --fsys-tarfile "$package" | tar -x -C "$dir" --keep-directory-symlink
done
