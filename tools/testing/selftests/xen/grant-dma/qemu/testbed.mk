# SPDX-License-Identifier: GPL-2.0-only
# What the goals of the Makefile do, with all that they use downloaded.

SHELL := /bin/bash -o pipefail
MAKEFLAGS += --no-print-directory
HERE := $(CURDIR)
TOP := $(abspath $(HERE)/../../../../../..)
KERNEL ?= main
FLAVOURS ?= main

.DELETE_ON_ERROR:

include $(FETCHED)
include pieces.mk
include kernel.mk
include ../bench/bench.mk
include ../hostile/hostile.mk
include ../dt/dt.mk

# What paths.py reads.
PATHS := BUILD KERNELS KDIR XEN_IMAGE SYSROOT DOM0 GUEST_ROOT HOSTILE_PROGRAM OLD_KERNEL FETCHED_xen FETCHED_qemu
export $(PATHS)

FETCHED_xen ?=
FETCHED_qemu ?=
OLD_KERNEL ?=

.PHONY: pieces boot shell kunit herd check check-oldest check-old-kernel arrival dom0less env
pieces: $(XEN_IMAGE) $(DOM0) $(GUEST_ROOT) $(FLAVOURS:%=kernel-%)

# Pieces and compilers side by side, whatever -j the user gave. Checks run beside each other.
NEEDS = +@mkdir -p $(CACHE) && flock -o $(CACHE)/pieces.lock $(MAKE) -f testbed.mk -j4 --output-sync=none
NEEDS_PIECES = $(NEEDS) pieces

boot shell:
	$(NEEDS_PIECES) FLAVOURS="$(sort main $(KERNEL))"
	@python3 report.py $@ $(KERNEL)

kunit:
	$(NEEDS) $(KERNEL:%=kernel-%) >&2
	@python3 without_xen.py $(SUITE:%=--only '%') $(KERNEL)

# Not one of those that wait for kernels.
herd:
	$(if $(HERD),+@mkdir -p $(CACHE) && flock -o $(CACHE)/herd.lock $(MAKE) -f testbed.mk $(HERD) >&2)
	@echo $(HERD)

check:
	$(NEEDS_PIECES) hostile FLAVOURS="$(FLAVOURS)" >&2
	@python3 check.py $(SET) $(GUESTS)

check-oldest:
	$(NEEDS_PIECES) hostile >&2
	@python3 check.py --some

# Without a driver of ours in the guest.
check-old-kernel:
	$(if $(OLD_KERNEL),$(NEEDS_PIECES) $(OLD_KERNEL)/ramdisk >&2,@python3 skipped.py)
	$(if $(OLD_KERNEL),@python3 check.py --old-kernel)

arrival dom0less:
	$(NEEDS_PIECES) FLAVOURS='main modules' >&2
	@python3 $@.py

# For a shell: eval "$(make -s env)"
env:
	@echo 'export $(foreach name,$(PATHS),$(name)="$($(name))")'
