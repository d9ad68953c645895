# SPDX-License-Identifier: GPL-2.0-only
# What a boot needs apart from the kernel.  Each piece is made by one script from
# what fetch.py downloaded, into a directory of the cache that is named after the
# contents of both, so that a changed recipe makes its piece anew and an old clone
# goes on finding its own.

# piece NAME, FILES OF THE RECIPE, WHAT IT IS MADE FROM
piece = $(CACHE)/$(1)-$(shell cat $(2) $(3:%=%/about.json) | sha256sum | cut -c 1-12)

UNPACK_PACKAGES := pieces/unpack-packages.sh
UNPACK_SOURCE := pieces/unpack-source.sh
RECIPE_QEMU := pieces/qemu.sh $(UNPACK_SOURCE) $(UNPACK_PACKAGES)
RECIPE_DOM0 := pieces/dom0.sh $(addprefix dom0/,init.sh block.sh set-target.c) $(RECIPE_QEMU)

SYSROOT := $(call piece,sysroot,$(UNPACK_PACKAGES),$(FETCHED_xen))
FLASK_MODULE := driver/virtio_driver.te
XEN_IMAGE := $(call piece,xen,pieces/xen.sh $(FLASK_MODULE) $(UNPACK_SOURCE),$(FETCHED_xen))/xen
QEMU_PROGRAM := $(call piece,qemu,$(RECIPE_QEMU),$(FETCHED_qemu) $(FETCHED_xen))/qemu-system-aarch64
DOM0 := $(call piece,dom0,$(RECIPE_DOM0),$(FETCHED_qemu) $(FETCHED_xen))/initramfs
GUEST_ROOT := $(call piece,guest,pieces/guest.sh guest/init.sh $(UNPACK_PACKAGES),$(FETCHED_guest))/root.img

# make_piece NAME, RECIPE, ARGUMENTS: a piece appears only when it is complete. What was
# left of an earlier try goes, whatever recipe it was of.
define make_piece
	@mkdir -p $(CACHE)
	@rm -rf $(CACHE)/new-$(1)
	@./step.sh $(1) $(BUILD)/log/$(1).log $(2) $(3) $(CACHE)/new-$(1)
	@rm -rf $(@D)
	@mv $(CACHE)/new-$(1) $(@D)
endef

$(SYSROOT)/usr:
	$(call make_piece,sysroot,$(UNPACK_PACKAGES),$(FETCHED_xen))

$(XEN_IMAGE):
	$(call make_piece,xen,pieces/xen.sh,$(FETCHED_xen) $(FLASK_MODULE))

$(QEMU_PROGRAM): | $(SYSROOT)/usr
	$(call make_piece,qemu,pieces/qemu.sh,$(FETCHED_qemu) $(SYSROOT))

$(DOM0): | $(QEMU_PROGRAM) $(SYSROOT)/usr
	$(call make_piece,dom0,pieces/dom0.sh,$(SYSROOT) $(QEMU_PROGRAM))

$(GUEST_ROOT):
	$(call make_piece,guest,pieces/guest.sh,$(FETCHED_guest))

ifdef FETCHED_dtschema
DTSCHEMA := $(call piece,dtschema,pieces/dtschema.sh $(UNPACK_PACKAGES),$(FETCHED_dtschema))/root

$(DTSCHEMA):
	$(call make_piece,dtschema,pieces/dtschema.sh,$(FETCHED_dtschema))
endif

ifdef FETCHED_herd
HERD := $(call piece,herd,pieces/herd.sh $(UNPACK_PACKAGES),$(FETCHED_herd))/herd7

$(HERD):
	$(call make_piece,herd,pieces/herd.sh,$(FETCHED_herd))
endif

ifdef FETCHED_old-kernel
RECIPE_OLD_KERNEL := $(addprefix pieces/old-kernel,.sh -init.sh)
OLD_KERNEL := $(call piece,old-kernel,$(RECIPE_OLD_KERNEL),$(FETCHED_old-kernel) $(FETCHED_xen))

$(OLD_KERNEL)/ramdisk: | $(SYSROOT)/usr
	$(call make_piece,old-kernel,pieces/old-kernel.sh,$(FETCHED_old-kernel) $(SYSROOT))
endif
