# SPDX-License-Identifier: GPL-2.0-only
# What a boot needs apart from the kernel.  Each piece is made by one script into
# a directory of the cache that is named after the script's contents, so that a
# changed recipe makes its piece anew and an old clone goes on finding its own.

# piece NAME, OTHER FILES OF THE RECIPE
piece = $(CACHE)/$(1)-$(shell cat pieces/$(1).sh $(2) | sha256sum | cut -c 1-12)

SYSROOT := $(call piece,sysroot,pieces/debian-root.sh)
XEN := $(call piece,xen,pieces/debian-source.sh)/xen
QEMU := $(call piece,qemu,pieces/debian-source.sh pieces/sysroot.sh)/qemu-system-aarch64
DOM0 := $(call piece,dom0,dom0/init.sh dom0/block.sh pieces/qemu.sh pieces/sysroot.sh)/initramfs
GUEST_ROOT := $(call piece,guest,guest/init.sh pieces/debian-root.sh)/root.img
HOST := $(BUILD)/log/host.stamp

# make_piece NAME, ARGUMENTS: a piece appears only when it is complete.
define make_piece
	@rm -rf $(@D).new
	@mkdir -p $(@D).new
	@./step.sh $(1) $(BUILD)/log/$(1).log pieces/$(1).sh $(2) $(@D).new
	@rm -rf $(@D)
	@mv $(@D).new $(@D)
endef

$(HOST): pieces/host-packages.sh
	@./step.sh "host packages" $(BUILD)/log/host.log pieces/host-packages.sh
	@touch $@

$(SYSROOT)/complete: | $(HOST)
	$(call make_piece,sysroot)
	@touch $@

$(XEN): | $(HOST)
	$(call make_piece,xen)

$(QEMU): | $(SYSROOT)/complete
	$(call make_piece,qemu,$(SYSROOT))

$(DOM0): | $(QEMU) $(SYSROOT)/complete
	$(call make_piece,dom0,$(SYSROOT) $(QEMU))

$(GUEST_ROOT): | $(HOST)
	$(call make_piece,guest)
