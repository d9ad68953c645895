#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# List the Debian archives that this machine's apt uses.
# shellcheck disable=SC2016 # apt expands it
apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | sort -u
