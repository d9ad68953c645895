#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Unpack the newest source package that can be had, patches applied:
# debian-source.sh PACKAGE VERSION-PREFIX DIR
#
# The archive is the machine's own, the suites are not, so apt gets lists of
# its own.  The .dsc isn't needed and may be gone while its tarballs still
# download; apt's index has their hashes.
set -eu
package=$1 version=$2 dir=$3
state=$(mktemp -d)
trap 'rm -rf "$state"' EXIT
mkdir -p "$state/lists/partial" "$state/cache/archives/partial"
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

own_apt() {
	tool=$1
	shift
	"$tool" -q -o Dir::State::Lists="$state/lists" -o Dir::Cache="$state/cache" \
		-o Dir::Etc::SourceList="$state/sources.list" -o Dir::Etc::SourceParts=/dev/null \
		-o APT::Sandbox::User=root -o Acquire::Check-Valid-Until=false \
		-o Acquire::Languages=none "$@"
}

fetch() {
	echo "deb-src [signed-by=$keyring] $1 $2 main" >"$state/sources.list"
	own_apt apt-get update
	own_apt apt-get source --print-uris "$package" |
		sed -n "s/^'\([^']*\)' \(${package}_${version}[^ ]*\) [0-9]* /\1 \2 /p" \
			>"$state/files"
	[ -s "$state/files" ] || return 1
	while read -r uri file hash; do
		case $file in *.dsc | *.asc) continue ;; esac
		/usr/lib/apt/apt-helper download-file "$uri" "$state/$file" "$hash" || return 1
	done <"$state/files"
}

unpack() {
	mkdir -p "$dir"
	for tarball in "$state/${package}"_*.orig.tar.*; do
		tar -xf "$tarball" -C "$dir" --strip-components=1
	done
	for tarball in "$state/${package}"_*.debian.tar.*; do
		tar -xf "$tarball" -C "$dir"
	done
	grep -v '^#' "$dir/debian/patches/series" | while read -r patch _; do
		[ -z "$patch" ] || patch -s -d "$dir" -p1 <"$dir/debian/patches/$patch"
	done
}

archives=$("$(dirname "$0")/archives.sh")
for suite in trixie-security trixie sid; do
	for archive in $archives; do
		if fetch "$archive" "$suite"; then
			unpack
			exit
		fi
	done
done
echo "$package $version: no suite of $archives has its sources" >&2
exit 1
