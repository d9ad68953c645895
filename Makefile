# SPDX-License-Identifier: GPL-2.0-only
# Grant DMA for Xen guests, as an overlay of a kernel tree.

# Those that there are edits for, the newest first, which is the default.
BASES := $(shell cd edits && ls -d [0-9]*.[0-9]* | sort -rV)
BASE ?= $(firstword $(BASES))
# All that is made for a kernel lies together.
export BUILD := $(CURDIR)/build/$(if $(KDIR),$(notdir $(abspath $(KDIR))),$(BASE))
TREE := $(BUILD)/linux
BASE_TREE := $(BUILD)/base/linux
BED_DIR := tools/testing/selftests/xen/grant-dma/qemu
SERIES := python3 edits/series.py --base $(BASE)
FROM := $(if $(KDIR),--kdir '$(KDIR)')
BED := $(MAKE) -C $(BED_DIR) KDIR=$(TREE) BASE='$(if $(KDIR),,$(BASE))'
export BASE
export PYTHONPATH := $(abspath $(BED_DIR))

# A recipe takes with it all that it started, however it ends. A bare machine gets its Python first.
ifneq ($(shell command -v python3),)
SHELL := $(CURDIR)/edits/ending.py
.SHELLFLAGS := /bin/sh -c
endif

help:
	@echo 'make boot              boot a Xen guest whose virtio devices go through grants, and report on them'
	@echo 'make shell             the same, and stay at the console of the guest'
	@echo 'make host              the driver as programs, with sanitizers: KUnit, allocations that fail, a fuzzer;'
	@echo '                       SUITE=ops.map_page_random runs KUnit suites or cases alone, MINUTES=10 all for longer'
	@echo 'make kunit             KUnit without Xen; SUITE=ops.map_page_random selects'
	@echo 'make check             what a change must pass; CHECKS=all is everything, and CHECKS="host kunit" selects;'
	@echo '                       FORCE=1 repeats what passed with the same content; BUDGET=50 is for so many minutes'
	@echo 'make bench             what DMA and I/O cost, beside the kernel without the patches;'
	@echo '                       BENCH="api cpus many-cpus block maps profile network without-xen" selects,'
	@echo '                       BENCH_TURNS=5 is how often; BENCH=host is a program that needs no guest, in two minutes'
	@echo 'make kit               pack that program, for arm64 too, with tests and a form: for those who have a board'
	@echo 'make mutants           break the driver in COUNT=80 ways and more, drawn by SEED=1, and see which the tests find'
	@echo 'make coverage          which lines and branches of the driver the tests on the host run;'
	@echo '                       coverage-guest: a guest, with KUnit and kselftests'
	@echo 'make fetch             download what GOAL=host, kit, boot, check or bench needs, and nothing more;'
	@echo '                       looks, once a day, for a newer Xen than the one that is there'
	@echo 'make series            write the patches for mailing to out/series/'
	@echo 'make apply KDIR=path   put the patches on a kernel tree: a new branch, or in place where it is no git tree'
	@echo 'make refresh           take commits that you changed in $(TREE:$(CURDIR)/%=%) back into overlay and edits'
	@echo 'make clean             remove what was built'
	@echo
	@echo 'BASE=$(BASE) is the release of the kernel to use, of $(BASES); KDIR=path any other kernel tree instead.'
	@echo 'XEN=4.17 is the release of Xen to use, instead of the newest that can be had;'
	@echo 'QEMU=10 that of QEMU in dom0, instead of a stable one. NO_APT=1 installs no packages on this machine.'
	@echo 'CONTRIBUTING.md has KERNEL=, GUESTS=, PROGS=, GDB=1, QEMU_ARGS= and BACKEND_ARGS=.'

# All downloads come before the first compiler starts.
fetch_goal = +@$(BED) fetch GOAL=$(1) RENEW=$(2)

boot shell:
	$(call fetch_goal,boot)
	+@$(MAKE) tree
	+@$(BED) $@

kunit:
	$(call fetch_goal,kunit)
	+@$(MAKE) tree
	+@$(BED) kunit

# The driver as programs: of these sources, with the rest of a kernel. While one suite is worked on, the kernel stays as it is.
HOST_SOURCES := $(if $(KDIR)$(filter-out $(firstword $(BASES)),$(BASE)),$(TREE),$(CURDIR))
WITH_CCACHE := CCACHE_DIR=$${XDG_CACHE_HOME:-$$HOME/.cache}/xen-grant-dma/ccache CCACHE_BASEDIR=$(CURDIR) CCACHE_NOHASHDIR=1
HOST = $(WITH_CCACHE) nice $(MAKE) --no-print-directory -C $(HOST_SOURCES)/tools/testing/xen-grant-dma KERNEL=$(TREE) \
	DRIVER=$(HOST_SOURCES)/drivers/xen/grant-dma O=$(BUILD)/host $(if $(shell command -v ccache),CC='ccache $(CC)')
HOST_CHECKS := $(addprefix host-,$(shell $(MAKE) -s -C tools/testing/xen-grant-dma names))

host:
ifdef SUITE
	+@$(if $(wildcard $(TREE)/Makefile),,$(call fetch_goal,host) && $(MAKE) tree)
	+@$(HOST) run-kunit SUITE='$(SUITE)'
else
	$(call fetch_goal,host,yes)
	+@$(MAKE) tree
	+@python3 edits/checks.py build/host $(HOST_CHECKS)
endif

$(patsubst %,check-%,$(filter-out host-litmus,$(HOST_CHECKS))): check-host-%: tree
	+@$(HOST) run-$*

# By a program that may not be there to be had.
check-host-litmus: tree
	+@herd=$$($(BED) --no-print-directory herd) && $(HOST) run-litmus HERD="$$herd"

# The benchmark as a program, by a cross compiler where one is named.
BENCH_PROGRAM = $(MAKE) -s -C tools/testing/xen-grant-dma -f $(abspath $(BED_DIR)/../bench/host)/Makefile KERNEL=$(TREE) \
	O=$(BUILD)/program$(if $(1),-$(1) CROSS_COMPILE=$(1)-)

ifeq ($(BENCH),host)
bench:
	$(call fetch_goal,host)
	+@$(MAKE) tree
	+@$(call BENCH_PROGRAM) measure $(if $(DOCUMENT),DOCUMENT=$(abspath $(DOCUMENT)))
else
bench:
	$(call fetch_goal,bench)
	+@$(MAKE) tree
	@$(SERIES) $(FROM) base --out $(BASE_TREE)
	+@$(BED) bench BASE_KDIR=$(BASE_TREE)
endif

kit:
	$(call fetch_goal,kit)
	+@$(MAKE) tree
	+@$(call BENCH_PROGRAM) bench
	+@$(call BENCH_PROGRAM,aarch64-linux-gnu) bench
	@$(BED_DIR)/../bench/kit/pack.sh $(TREE) $(BUILD) out/kit

mutants:
	$(call fetch_goal,host)
	+@$(MAKE) tree
	@python3 edits/mutants.py --tree $(TREE) --out $(BUILD)/mutants --seed $(or $(SEED),1) --count $(or $(COUNT),80)

coverage:
	$(call fetch_goal,host)
	+@$(MAKE) tree
	@python3 edits/coverage.py --tree $(TREE) --out $(BUILD)/coverage

# The same for a guest with all kselftests and KUnit, whose kernel is built for it.
coverage-guest:
	$(call fetch_goal,check)
	+@$(MAKE) tree
	+@$(BED) check FLAVOURS='main gcov' VICTIM_FLAVOURS= GUESTS=--coverage
	@python3 edits/coverage.py --tree $(TREE) --objects $(BUILD)/kernel/gcov --counts $(BUILD)/run/check-coverage/gcov/out/gcov \
		--gcov aarch64-linux-gnu-gcov

GOAL ?= boot
fetch:
	$(call fetch_goal,$(GOAL),yes)

tree:
	@$(SERIES) $(FROM) tree --out $(TREE)

series:
	@$(SERIES) $(FROM) series

refresh:
	@python3 edits/refresh.py $(TREE)

apply:
	@$(SERIES) $(FROM) apply

# A tree of the user's is tested by itself. A base that is not the chosen one is tested by what may differ there.
OTHER_BASES := $(if $(KDIR),,$(filter-out $(BASE),$(BASES)))
of_base = $(foreach check,kunit series patches compile guest,$(check)-$(1))

# What a change must pass, the cheapest first; it takes a quarter of an hour where the kernels were built before.
# CHECKS=all is everything. With a BUDGET of minutes what does not fit is skipped, see edits/checks.py.
CHANGE := $(HOST_CHECKS) judges scripts figures kunit series patches downloads docs compile guests binding
ALL := $(CHANGE) bed debug modules driver-domain dom0less arrival pages old-kernel oldest in-tree bisect kunit-16k \
	kunit-arm kunit-x86_64 $(foreach base,$(OTHER_BASES),$(call of_base,$(base)))
CHECKS ?= $(CHANGE)
SINCE ?= $(shell cut -d ' ' -f 1 /proc/uptime)
FIRST := $(if $(filter all,$(CHECKS)),$(CHANGE),$(patsubst host,$(HOST_CHECKS),$(CHECKS)))
THEN := $(if $(filter all,$(CHECKS)),$(filter-out $(CHANGE),$(ALL)))
BASES_OF_CHECKS := $(if $(KDIR),,$(BASE)) $(foreach base,$(OTHER_BASES),$(if $(filter $(call of_base,$(base)),$(FIRST) $(THEN)),$(base)))

# Only one emulated machine with Xen runs at a time, and nothing beside it: two would disturb each other's timers.
ALONE := guests bed debug modules driver-domain dom0less arrival pages old-kernel oldest in-tree binding \
	$(OTHER_BASES:%=guest-%)

# What needs no kernel built; guests, KUnit, patches and compilers keep their results by themselves.
KEPT := $(HOST_CHECKS) judges scripts figures downloads series docs

# The kernels that a check builds.
$(foreach check,kunit bed old-kernel oldest,$(eval KERNELS_$(check) := main))
$(foreach check,guests debug driver-domain,$(eval KERNELS_$(check) := main debug))
$(foreach check,modules dom0less arrival,$(eval KERNELS_$(check) := main modules))
KERNELS_pages := main 64k
KERNELS_kunit-16k := 16k
$(foreach check,kunit-arm kunit-x86_64,$(eval KERNELS_$(check) := $(check)))
kernels = $(KERNELS_$(1):%=$(patsubst $(CURDIR)/%,%,$(BUILD))/kernel/%) \
	$(foreach base,$(OTHER_BASES),$(if $(filter kunit-$(base) guest-$(base),$(1)),build/$(base)/kernel/main))
space := $() $()
with_kernels = $(foreach check,$(1),$(subst $(space),:,$(strip $(check) $(call kernels,$(check)))))

# Checks find no network, so that none comes to need it.
check:
	+@$(BED) fetch GOAL=check RENEW=yes BASE='$(BASES_OF_CHECKS)'
	+@$(foreach base,$(or $(BASES_OF_CHECKS),$(BASE)),$(MAKE) tree BASE=$(base) &&) true
	+@$(BED_DIR)/offline.sh python3 edits/checks.py build/check $(if $(BUDGET),--budget $(BUDGET) --since $(SINCE)) \
		--alone '$(ALONE)' --keep '$(KEPT)' --then '$(call with_kernels,$(THEN))' $(call with_kernels,$(FIRST))

check-series: tree
	@python3 edits/series_test.py

check-patches check-scripts check-docs check-compile check-bisect: check-%: tree
	+@python3 edits/check.py $* --tree $(TREE)

check-figures: tree
	@python3 $(BED_DIR)/../bench/host/report_test.py
	+@$(call BENCH_PROGRAM) check $(if $(NOTE),NOTE=--note)

check-downloads:
	@python3 $(BED_DIR)/fetch_test.py

# What decides whether a guest passed is tested without one, and so is what runs checks.
check-judges:
	@python3 $(BED_DIR)/judges_test.py
	@python3 edits/check_test.py
	@python3 edits/mutants_test.py
	@python3 edits/ending_test.py
	@python3 edits/checks_test.py

check-kunit check-oldest check-old-kernel: check-%:
	+@$(BED) $(patsubst old%,check-old%,$*)

check-kunit-16k:
	+@$(BED) kunit KERNEL=16k

# Other architectures, by the kernel's own runner of KUnit in QEMU. While it builds it says nothing, so step.sh does.
PREFIX_arm := arm-linux-gnueabihf-
KUNIT_OF_arm := --cross_compile=$(PREFIX_arm) --kconfig_add=CONFIG_ARM_LPAE=y
KUNIT_OF_x86_64 := $(addprefix --kconfig_add=CONFIG_,HYPERVISOR_GUEST=y PARAVIRT=y OF=y)
kunit_py = python3 -u $(TREE)/tools/testing/kunit/kunit.py $(1) --arch=$* $(KUNIT_OF_$*) \
	--kunitconfig=$(TREE)/drivers/xen/grant-dma --build_dir=$(BUILD)/kernel/kunit-$*
check-kunit-arm check-kunit-x86_64: check-kunit-%: tree
	@mkdir -p $(BUILD)/kernel
	@$(WITH_CCACHE) $(BED_DIR)/step.sh "kernel (kunit-$*)" $(BUILD)/log/kunit-$*.log \
		$(call kunit_py,build) --jobs=$$(nproc) --make_options='CC=ccache $(PREFIX_$*)gcc' >&2
	@$(call kunit_py,exec) --raw_output=kunit --timeout=900 --kernel_args=swiotlb=force | KDIR=$(TREE) python3 $(BED_DIR)/kunit_log.py $*

# Another driver than ours.
check-in-tree:
	@$(SERIES) $(FROM) tree --group in-tree --out $(BUILD)/in-tree/linux
	+@$(BED) check KDIR=$(BUILD)/in-tree/linux BUILD=$(BUILD)/in-tree FLAVOURS=main VICTIM_FLAVOURS= SET=--in-tree

# Sets of guests: `guests` are those that a change must pass.
VICTIMS_guests := main
VICTIMS_debug := debug
VICTIMS_pages := 64k
check-guests check-debug check-pages check-modules check-driver-domain: check-%:
	+@$(BED) check SET=--$* FLAVOURS='$(KERNELS_$*)' VICTIM_FLAVOURS='$(VICTIMS_$*)'

# Ends with a table: when the disk is there, by how devices wait for their IOMMU's driver.
check-arrival:
	+@$(BED) arrival

# A guest that Xen boots before there is a backend.
check-dom0less:
	+@$(BED) dom0less

check-bed:
	+@$(BED) check

check-binding:
	+@$(BED) binding DTB=$(lastword $(wildcard $(foreach run,boot/guest check-guests/main,$(BUILD)/run/$(run)/out/guest.dtb)))

# Of other bases.
define checks_of_base
check-series-$(1) check-patches-$(1) check-compile-$(1): check-%-$(1):
	+@$(MAKE) --old-file=tree check-$$* BASE=$(1)

check-kunit-$(1):
	+@$(MAKE) check-kunit BASE=$(1)

check-guest-$(1):
	+@$(MAKE) check-bed BASE=$(1) FLAVOURS=main VICTIM_FLAVOURS= SET=--backport
endef
$(foreach base,$(OTHER_BASES),$(eval $(call checks_of_base,$(base))))

clean:
	rm -rf build out

.PHONY: help host boot shell kunit bench mutants coverage coverage-guest fetch tree series refresh apply check clean
