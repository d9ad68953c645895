#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# How much of the grant table is idle with many CPUs.
cd "$(dirname "$0")" || exit
exec sh cpus.sh counted
