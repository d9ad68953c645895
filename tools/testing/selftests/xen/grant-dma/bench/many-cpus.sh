#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# What caches keep of the grant table with many CPUs.
cd "$(dirname "$0")" || exit
exec sh cpus.sh counted
