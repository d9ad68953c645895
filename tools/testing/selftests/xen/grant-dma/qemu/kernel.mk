# SPDX-License-Identifier: GPL-2.0-only
# The kernels, built from KDIR out of tree: `main` for dom0 and guests, `debug`
# with the kernel's own checkers for guests.

FRAGMENT := $(wildcard $(KDIR)/arch/arm64/configs/xen_grant_dma.config)
FRAGMENTS_main := $(FRAGMENT) kernel.config
FRAGMENTS_debug := $(FRAGMENTS_main) debug.config

# Below the top, paths are relative to ccache, so that clones share results.
export CCACHE_DIR := $(CACHE)/ccache
export CCACHE_BASEDIR := $(TOP)
export CCACHE_NOHASHDIR := 1

KERNEL := $(BUILD)/kernel
kbuild = $(MAKE) -C $(KDIR) O=$(KERNEL)/$* ARCH=arm64 LOCALVERSION= \
	CROSS_COMPILE=aarch64-linux-gnu- CC="ccache aarch64-linux-gnu-gcc"

.PHONY: kernel-main kernel-debug configure-main configure-debug build-main build-debug
kernel-main kernel-debug: kernel-%: | $(HOST)
	+@./step.sh "kernel ($*)" $(BUILD)/log/kernel-$*.log $(MAKE) build-$*

configure-main configure-debug: configure-%:
	mkdir -p $(KERNEL)/$*
	cat $(FRAGMENTS_$*) > $(KERNEL)/$*/wanted
	./update-config.sh $(KERNEL)/$* $(kbuild)

build-main build-debug: build-%: configure-%
	$(kbuild) -j$$(nproc) Image
