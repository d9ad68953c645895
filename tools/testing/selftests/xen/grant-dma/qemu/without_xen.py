# SPDX-License-Identifier: GPL-2.0-only
"""KUnit on kernels that run without Xen, as TAP: without_xen.py KERNEL...

What needs Xen is skipped.

QEMU's cortex-a57, on which Xen runs, has no 16 KiB pages.
"""

import sys

import bed
from bed import Guest
from check import KUNIT, WITHOUT_XEN
from judges import Test, judge, judge_kunit
from tap import Tap


def main(kernels):
    """Run it."""
    tap = Tap()
    for kernel in kernels:
        directory = bed.fresh_directory(f"kunit-{kernel}")
        result = bed.boot_kernel(directory, f"{KUNIT} kunit_shutdown=poweroff", kernel)
        judge(tap, Test(Guest(kernel, ""), judge_kunit, WITHOUT_XEN), result)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
