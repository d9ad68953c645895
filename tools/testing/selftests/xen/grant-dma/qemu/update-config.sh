#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Make DIR/.config from DIR/wanted on top of allnoconfig, and fail if an option
# didn't make it: update-config.sh DIR KBUILD-COMMAND... Of lines for one option the last counts.
# Leaves a .config alone that would not change.
set -eu
dir=$1
shift
KCONFIG_ALLCONFIG="$dir/wanted" "$@" allnoconfig
missing=$(tac "$dir/wanted" | awk -F= '/^CONFIG_/ && !seen[$1]++' | grep -vxF -f "$dir/.config") || exit 0
echo "$dir/wanted: a dependency is missing for:" "$missing" >&2
exit 1
