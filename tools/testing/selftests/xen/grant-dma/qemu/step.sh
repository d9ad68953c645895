#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Run a long command, its output in a log: step.sh NAME LOG COMMAND...
# Says every 20 seconds where it is, and shows the end of the log if it fails.
name=$1 log=$2
shift 2
mkdir -p "$(dirname "$log")"
SECONDS=0
echo "$name: starts"
# With a process group each, both end with all that they started.
set -m
"$@" >"$log" 2>&1 </dev/null &
command=$!
while sleep 20; do
	echo "$name: $SECONDS s, $(tail -n 1 "$log" | tr -d '\r' | cut -c 1-60)"
done &
ticker=$!
trap 'kill -- -$command -$ticker 2>/dev/null' EXIT
trap 'exit 130' INT TERM HUP
wait $command
status=$?
if [ $status -ne 0 ]; then
	tail -n 25 "$log" | sed 's/^/    /'
	echo "$name: FAILED after $SECONDS s, full log in $log" >&2
	exit $status
fi
echo "$name: done in $SECONDS s"
