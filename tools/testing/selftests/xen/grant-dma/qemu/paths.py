# SPDX-License-Identifier: GPL-2.0-only
"""Where things lie, as the Makefile says."""

import os
from pathlib import Path

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ["BUILD"])
KDIR = Path(os.environ["KDIR"])
XEN_IMAGE = Path(os.environ["XEN_IMAGE"])
DOM0 = Path(os.environ["DOM0"])
SYSROOT = Path(os.environ["SYSROOT"])
GUEST_ROOT = Path(os.environ["GUEST_ROOT"])
HOSTILE_PROGRAM = Path(os.environ["HOSTILE_PROGRAM"])
OLD_KERNEL = Path(os.environ["OLD_KERNEL"])
FETCHED_XEN = Path(os.environ["FETCHED_xen"])
FETCHED_QEMU = Path(os.environ["FETCHED_qemu"])


def kernel_image(flavour):
    """The kernel that the Makefile built, or Debian's own."""
    if flavour == "old":
        return OLD_KERNEL / "Image"
    return BUILD / "kernel" / flavour / "arch/arm64/boot/Image"
