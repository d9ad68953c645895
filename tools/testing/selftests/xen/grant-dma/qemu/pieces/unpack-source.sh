#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpack a source package, patches applied: unpack-source.sh FETCHED DIR
set -eu
from=$1 dir=$2
mkdir -p "$dir"
tar -xf "$from"/*.orig.tar.* -C "$dir" --strip-components=1
tar -xf "$from"/*.debian.tar.* -C "$dir"
grep -v '^#' "$dir/debian/patches/series" | while read -r patch _; do
	[ -z "$patch" ] || patch -s -d "$dir" -p1 <"$dir/debian/patches/$patch"
done
