#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpack packages and what they depend on, without running anything of theirs:
# debian-root.sh PACKAGE,PACKAGE... DIR
set -eu
packages=$1 dir=$2
for archive in $("$(dirname "$0")/archives.sh"); do
	if mmdebstrap --variant=extract --architectures=arm64 \
		--include="$packages" trixie "$dir" "$archive"; then
		exit
	fi
	rm -rf "$dir"
done
echo "trixie: no archive of this machine's has it for arm64" >&2
exit 1
