#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Does some requests of each kind, with a mark on the console before and after.
# dom0 notes at each mark how often the backend has mapped grants (maps-dom0.sh).
cd "$(dirname "$0")" || exit
# shellcheck source=lib.sh
. ./lib.sh
export DISK=/dev/vda

# Nothing happens meanwhile, so it does not matter when dom0 sees the mark.
mark() {
	echo "maps: $1"
	sleep 0.5
}

make_scattered || exit
sed '/^time_based/d; /^ramp_time/d; /^runtime/d; s/^direct=1/&\nnumber_ios=32/' \
	requests.fio >/tmp/counted.fio
sed -n 's/^\[\([^g].*\)\]/\1/p' requests.fio | while read -r kind; do
	mark "$kind before"
	fio --section="$kind" /tmp/counted.fio >"$OUT/$kind.log" </dev/null || exit
	mark "$kind after"
done || exit
mark end
