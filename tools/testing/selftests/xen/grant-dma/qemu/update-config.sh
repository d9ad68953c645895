#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make .config from the file `wanted`, starting at allnoconfig, and fail if an
# option didn't make it: update-config.sh DIR KBUILD-COMMAND...
set -eu
dir=$1
shift
if ! cmp -s "$dir/wanted" "$dir/wanted.done"; then
	KCONFIG_ALLCONFIG="$dir/wanted" "$@" allnoconfig
	cp "$dir/wanted" "$dir/wanted.done"
fi
missing=$(grep '^CONFIG_' "$dir/wanted" | grep -vxF -f "$dir/.config") || exit 0
echo "$dir/wanted: a dependency is missing for:" "$missing" >&2
exit 1
