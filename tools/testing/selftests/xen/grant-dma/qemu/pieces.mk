# SPDX-License-Identifier: GPL-2.0-only
# What a boot needs apart from the kernel.  Each piece is made by one script from
# what fetch.py downloaded, into a directory of the cache that is named after the
# contents of both, so that a changed recipe makes its piece anew and an old clone
# goes on finding its own.

# piece NAME, OTHER FILES OF THE RECIPE, WHAT IT IS MADE FROM
piece = $(CACHE)/$(1)-$(shell cat pieces/$(1).sh $(2) $(3:%=%/about.json) | sha256sum | cut -c 1-12)

SYSROOT := $(call piece,unpack-packages,,$(FETCHED_xen))
XEN_IMAGE := $(call piece,xen,pieces/unpack-source.sh,$(FETCHED_xen))/xen
QEMU := $(call piece,qemu,pieces/unpack-source.sh pieces/unpack-packages.sh,$(FETCHED_qemu) $(FETCHED_xen))/qemu-system-aarch64
DOM0 := $(call piece,dom0,dom0/init.sh dom0/block.sh pieces/qemu.sh pieces/unpack-packages.sh,$(FETCHED_qemu) $(FETCHED_xen))/initramfs
GUEST_ROOT := $(call piece,guest,guest/init.sh pieces/unpack-packages.sh,$(FETCHED_guest))/root.img
DTSCHEMA := $(if $(FETCHED_dtschema),$(call piece,dtschema,pieces/unpack-packages.sh,$(FETCHED_dtschema))/root)

# make_piece NAME, SCRIPT, ARGUMENTS: a piece appears only when it is complete. What was
# left of an earlier try goes, whatever recipe it was of.
define make_piece
	@mkdir -p $(CACHE)
	@rm -rf $(CACHE)/new-$(1)
	@./step.sh $(1) $(BUILD)/log/$(1).log pieces/$(2).sh $(3) $(CACHE)/new-$(1)
	@rm -rf $(@D)
	@mv $(CACHE)/new-$(1) $(@D)
endef

$(SYSROOT)/usr:
	$(call make_piece,sysroot,unpack-packages,$(FETCHED_xen))

$(XEN_IMAGE):
	$(call make_piece,xen,xen,$(FETCHED_xen))

$(QEMU): | $(SYSROOT)/usr
	$(call make_piece,qemu,qemu,$(FETCHED_qemu) $(SYSROOT))

$(DOM0): | $(QEMU) $(SYSROOT)/usr
	$(call make_piece,dom0,dom0,$(SYSROOT) $(QEMU))

$(GUEST_ROOT):
	$(call make_piece,guest,guest,$(FETCHED_guest))

$(DTSCHEMA):
	$(call make_piece,dtschema,dtschema,$(FETCHED_dtschema))
