# SPDX-License-Identifier: GPL-2.0-only
# Grant DMA for Xen guests, as an overlay of a kernel tree.

BASE ?= 6.12
TREE := build/linux-$(if $(KDIR),$(notdir $(abspath $(KDIR))),$(BASE))
BASE_TREE := build/base/$(notdir $(TREE))
SERIES := python3 edits/series.py
FROM := --base $(BASE) $(if $(KDIR),--kdir $(KDIR))
BED := $(MAKE) -C tools/testing/selftests/xen/grant-dma/qemu KDIR=$(abspath $(TREE))

help:
	@echo 'make boot              boot a Xen guest whose virtio devices go through grants, and report on them'
	@echo 'make shell             the same, and stay at the console of the guest'
	@echo 'make check             every test; CHECKS="$(CHECKS)" selects'
	@echo 'make bench             what DMA and I/O cost, beside the kernel without the patches;'
	@echo '                       BENCH="api block maps profile network" selects, BENCH_TURNS=5 is how often'
	@echo 'make series            write the patches for mailing to out/series/'
	@echo 'make apply KDIR=path   put the patches on a kernel tree: a new branch, or in place where it is no git tree'
	@echo 'make clean             remove what was built'
	@echo
	@echo 'BASE=6.12 is the version of Debian'\''s kernel source to use, KDIR=path any other kernel tree instead.'

boot shell: tree
	+@$(BED) $@

bench: tree
	@$(SERIES) base $(FROM) --out $(BASE_TREE)
	+@$(BED) bench BASE_KDIR=$(abspath $(BASE_TREE))

tree:
	@$(SERIES) tree $(FROM) --out $(TREE)

series:
	@$(SERIES) series $(FROM)

apply:
	@$(SERIES) apply --kdir '$(KDIR)'

# Quick ones first; the binding's last, as it takes a guest's device tree from the test bed. Only one emulated machine with Xen
# runs at a time: two would disturb each other's timers.
CHECKS ?= series patches scripts docs compile kunit bed binding
IN_GUESTS := bed binding

check: tree
	+@python3 edits/tap.py build/check '$(filter-out $(IN_GUESTS),$(CHECKS))' '$(filter $(IN_GUESTS),$(CHECKS))'

check-series: tree
	@python3 edits/series_test.py

check-patches check-scripts check-docs check-compile: check-%: tree
	+@python3 edits/check.py $* --tree $(TREE)

check-binding: tree
	+@$(MAKE) -s -C tools/testing/selftests/xen/grant-dma/dt check KDIR=$(abspath $(TREE)) \
		DTB=$(abspath $(lastword $(wildcard $(foreach run,boot/guest check/main,build/run/$(run)/out/guest.dtb))))

check-kunit: tree
	+@$(BED) kunit

check-bed: tree
	+@$(BED) check

clean:
	rm -rf build out

.PHONY: help boot shell bench tree series apply check clean
