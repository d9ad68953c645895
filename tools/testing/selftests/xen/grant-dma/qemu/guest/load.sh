# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=dash
#
# Loads modules in a guest; their names are those of files.

MODULES=/kselftest/modules

# What module $1 depends on. modinfo would tell, but busybox's wants modules to be
# installed.
dependencies() {
	tr '\0' '\n' <"$MODULES/$1.ko" | sed -n 's/^depends=//p' | tr , ' '
}

is_loaded() {
	[ -d "/sys/module/$(echo "$1" | tr - _)" ]
}

# load MODULE...: each after those that it depends on.
load() {
	local module

	for module; do
		is_loaded "$module" && continue
		# shellcheck disable=SC2046
		load $(dependencies "$module") && insmod "$MODULES/$module.ko" || return
	done
}
