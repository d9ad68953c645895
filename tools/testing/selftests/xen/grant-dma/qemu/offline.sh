#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Run a command where there is no network but the loopback device, if that is
# allowed: offline.sh COMMAND...
if unshare --net true 2>/dev/null; then
	# shellcheck disable=SC2016 # for the inner shell
	exec unshare --net sh -c 'ip link set lo up && exec "$@"' sh "$@"
fi
exec "$@"
