# SPDX-License-Identifier: GPL-2.0-only
# The benchmark's own pieces: two kernels of the same configuration, the module
# that measures DMA mappings built for each, the kernel's own benchmark.
#
# The untouched kernel is built by the rules for ours, which are told of another
# tree. It lies and is built in places that look alike from below, for ccache.

BENCH_DIR := ../bench
BASE_BUILD := $(BUILD)/base
BASE_KDIR ?= $(error BASE_KDIR must name the untouched kernel tree)
MODULE := xen_grant_dma_bench
RESULTS ?= $(TOP)/out/bench
BENCH ?= api cpus many-cpus block maps profile network without-xen
BENCH_TURNS ?= 5
export BENCH_TURNS

.PHONY: bench bench-kernels
bench:
	$(NEEDS_PIECES) FLAVOURS=main
	+@$(MAKE) -f testbed.mk bench-kernels $(BUILD)/bench/dma_map_benchmark
	@PYTHONPATH=$(HERE) python3 $(BENCH_DIR)/bench.py $(RESULTS) $(BENCH)

bench-kernels:
	+@$(MAKE) -f testbed.mk module-bench
	+@$(MAKE) -f testbed.mk module-bench BUILD=$(BASE_BUILD) KDIR=$(BASE_KDIR) FRAGMENT=$(FRAGMENT)
	@ln -sfn $(BASE_BUILD)/kernel/bench $(BUILD)/kernel/base

.PHONY: module-bench
module-bench: module-%: kernel-%
	@mkdir -p $(BUILD)/module
	@cp -p $(BENCH_DIR)/Kbuild $(BENCH_DIR)/$(MODULE).c $(BUILD)/module
	+@./step.sh module $(BUILD)/log/module.log $(kbuild) W=1 M=$(BUILD)/module modules

# It moved, and its header did, after 6.12. Only that is the kernel's, so it comes after libc's.
DMA_MAP_BENCHMARK := $(firstword $(wildcard $(addsuffix /dma_map_benchmark.c,$(KDIR)/tools/dma \
	$(KDIR)/tools/testing/selftests/dma)))

$(BUILD)/bench/dma_map_benchmark: $(DMA_MAP_BENCHMARK)
	@mkdir -p $(@D)
	aarch64-linux-gnu-gcc -O2 -static -idirafter $(KDIR)/include/uapi -idirafter $(KDIR)/include -o $@ $<
