# SPDX-License-Identifier: GPL-2.0-only
# The hostile backend, for dom0, and what guests need to be its victims.

HOSTILE_DIR := ../hostile
HOSTILE := $(BUILD)/hostile
HOSTILE_PROGRAM := $(HOSTILE)/$(notdir $(SYSROOT))/hostile

GUEST_PROGRAMS := $(addprefix $(HOSTILE)/,grants late reader secrets)

VICTIM := xen_grant_dma_victim
VICTIM_FLAVOURS := main

.PHONY: hostile $(VICTIM_FLAVOURS:%=victim-%)
hostile: $(HOSTILE_PROGRAM) $(GUEST_PROGRAMS) $(VICTIM_FLAVOURS:%=victim-%)

# The cross libc of the host may be older than the one that the libraries want.
$(HOSTILE_PROGRAM): $(HOSTILE_DIR)/hostile.c $(HOSTILE_DIR)/secret.h | $(SYSROOT)/usr
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc -O2 -Wall -Wextra --sysroot=$(SYSROOT) -Wl,--allow-shlib-undefined \
		-o $@ $< -lxengnttab -lxenforeignmemory -lxentoollog

$(GUEST_PROGRAMS): $(HOSTILE)/%: $(HOSTILE_DIR)/%.c $(addprefix $(HOSTILE_DIR)/,fill.h secret.h turn.h)
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc -O2 -Wall -Wextra -static -o $@ $<

# A module needs what `make modules` says of the kernel.
$(VICTIM_FLAVOURS:%=victim-%): victim-%: kernel-%
	@mkdir -p $(HOSTILE)/$*
	@cp -p $(HOSTILE_DIR)/Kbuild $(HOSTILE_DIR)/secret.h $(HOSTILE_DIR)/$(VICTIM).c $(HOSTILE)/$*
	+@./step.sh "module ($*)" $(BUILD)/log/victim-$*.log $(MAKE) -f testbed.mk build-victim-$*

$(VICTIM_FLAVOURS:%=build-victim-%): build-victim-%:
	$(kbuild) modules
	$(kbuild) W=1 M=$(HOSTILE)/$* modules
