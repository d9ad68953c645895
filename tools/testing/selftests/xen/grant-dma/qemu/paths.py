# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie, as the Makefile says; what needs no guest runs without that."""

import os
from pathlib import Path


def named(name):
    """The path in a variable of the environment."""
    return Path(os.environ.get(name, f"/no {name} was given"))


HERE = Path(__file__).resolve().parent
BUILD = named("BUILD")
KERNELS = named("KERNELS")
KDIR = named("KDIR")
XEN_IMAGE = named("XEN_IMAGE")
DOM0 = named("DOM0")
SYSROOT = named("SYSROOT")
GUEST_ROOT = named("GUEST_ROOT")
HOSTILE_PROGRAM = named("HOSTILE_PROGRAM")
OLD_KERNEL = named("OLD_KERNEL")
FETCHED_XEN = named("FETCHED_xen")
FETCHED_QEMU = named("FETCHED_qemu")


def kernel_image(flavour):
    """The kernel that the Makefile built, or Debian's own."""
    if flavour == "old":
        return OLD_KERNEL / "Image"
    return KERNELS / flavour / "arch/arm64/boot/Image"
