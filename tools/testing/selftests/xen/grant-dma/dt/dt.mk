# SPDX-License-Identifier: GPL-2.0-only
# The check of the device tree binding, by the dtschema that Debian has, in a
# chroot. The schema that it makes of all bindings of the kernel is kept there
# and goes with it.

DT_DIR := $(abspath ../dt)

.PHONY: binding
binding:
	+@flock -o $(CACHE)/pieces.lock $(MAKE) -f testbed.mk $(DTSCHEMA) >&2
	@unshare --mount $(DT_DIR)/chroot.sh $(DTSCHEMA) $(realpath $(KDIR)) $(BUILD)/dt $(abspath $(DTB)) || \
		{ echo "# full log: $(BUILD)/dt/log" >&2; exit 1; }
