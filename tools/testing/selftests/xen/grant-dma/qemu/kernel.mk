# SPDX-License-Identifier: GPL-2.0-only
# The kernels, built from KDIR out of tree: `main` for dom0 and guests with virtio-mmio,
# `debug` with the kernel's own checkers and PCI for guests, `gcov` with counters of the driver's lines, `16k` and `64k`
# with such pages, `modules` with virtio of all kinds as modules for guests, `bench` as users have it, for benchmarks.

FRAGMENT := $(wildcard $(KDIR)/arch/arm64/configs/xen_grant_dma.config)
FRAGMENTS_main := $(FRAGMENT) kernel.config kunit.config
FRAGMENTS_debug := $(FRAGMENTS_main) pci.config debug.config
FRAGMENTS_gcov := $(FRAGMENTS_main) gcov.config
FRAGMENTS_16k := $(FRAGMENT) pages.config
FRAGMENTS_64k := $(FRAGMENT) pages.config
FRAGMENTS_modules := $(FRAGMENT) kernel.config pci.config kinds.config modules.config
FRAGMENTS_bench := $(FRAGMENT) kernel.config pci.config ../bench/kernel.config
# if_there KCONFIG, OPTION: not every tree has it.
if_there = $(if $(shell grep -sx 'config $(2)' $(KDIR)/$(1)),CONFIG_$(2)=y)
TESTS := $(call if_there,drivers/virtio/Kconfig,VIRTIO_RING_KUNIT_TEST) \
	$(call if_there,drivers/virtio/Kconfig,VIRTIO_LIAR_KUNIT_TEST) \
	$(call if_there,drivers/xen/grant-dma/Kconfig,XEN_GRANT_DMA_KUNIT_TEST)
OPTIONS_main := $(TESTS)
OPTIONS_debug := $(TESTS) $(call if_there,kernel/dma/Kconfig,DMA_API_DEBUG_SG)
OPTIONS_gcov := $(TESTS)
OPTIONS_16k := CONFIG_ARM64_16K_PAGES=y $(TESTS)
OPTIONS_64k := CONFIG_ARM64_64K_PAGES=y $(TESTS)
# Older kernels have SYSCTL by this one alone.
OPTIONS_all := $(call if_there,fs/proc/Kconfig,PROC_SYSCTL)
ALL_FLAVOURS := main debug gcov 16k 64k modules bench
# Modules, and what those of others are built against.
TARGETS_bench := modules
TARGETS_modules := modules
# Objects whose lines are counted, wherever one of that name is.
COUNTED := $(notdir $(wildcard $(KDIR)/drivers/xen/grant-dma/*.c)) grant-table.c
VARIABLES_gcov := $(COUNTED:%.c=GCOV_PROFILE_%.o=y)

# Below the top, paths are relative to ccache, so that clones share results.
export CCACHE_DIR := $(CACHE)/ccache
export CCACHE_BASEDIR := $(TOP)
export CCACHE_NOHASHDIR := 1

# The same sources give the same kernel, in any clone at any time.
export KBUILD_BUILD_TIMESTAMP := @0
export KBUILD_BUILD_USER := xen-grant-dma
export KBUILD_BUILD_HOST := xen-grant-dma
export KBUILD_BUILD_VERSION := 1

# Debug information makes builds half as long again, and so is for debuggers only.
KERNELS := $(BUILD)/kernel$(GDB:%=-gdb)
OPTIONS_gdb := $(GDB:%=CONFIG_DEBUG_INFO_DWARF_TOOLCHAIN_DEFAULT=y)
kbuild = $(MAKE) -C $(KDIR) O=$(KERNELS)/$* ARCH=arm64 LOCALVERSION= \
	CROSS_COMPILE=aarch64-linux-gnu- CC="ccache aarch64-linux-gnu-gcc"

.PHONY: $(foreach step,kernel configure build,$(ALL_FLAVOURS:%=$(step)-%))
$(ALL_FLAVOURS:%=kernel-%): kernel-%:
	+@./step.sh "kernel ($*)" $(BUILD)/log/kernel-$*.log $(MAKE) -f testbed.mk build-$*

$(ALL_FLAVOURS:%=configure-%): configure-%:
	mkdir -p $(KERNELS)/$*
	cat $(FRAGMENTS_$*) > $(KERNELS)/$*/wanted
	printf '%s\n' $(OPTIONS_all) $(OPTIONS_$*) $(OPTIONS_gdb) >> $(KERNELS)/$*/wanted
	./update-config.sh $(KERNELS)/$* $(kbuild)

$(ALL_FLAVOURS:%=build-%): build-%: configure-%
	$(kbuild) -j$$(nproc) $(VARIABLES_$*) Image $(TARGETS_$*)
