# SPDX-License-Identifier: GPL-2.0-only
"""KUnit on kernels that run without Xen, as TAP: without_xen.py [--only SUITE[.CASE]] KERNEL...

What needs Xen is skipped. Suites and cases may be patterns, and the beginning that most suites share may be left out.

QEMU's cortex-a57, on which Xen runs, has no 16 KiB pages. The kernel's own kunit.py would build one more kernel for
this, passes if all is skipped, and finds no trouble in the log.
"""

import argparse
import sys
from fnmatch import fnmatchcase

import bed
import kept
from bed import Guest
from check import KUNIT, WITHOUT_XEN, of_kernel
from judges import Test, kunit_cases, kunit_results, outcome, report
from tap import Tap

PREFIX = "xen_grant_dma_"


def select(only, known):
    """The value of kunit.filter_glob for what a user names, and the cases that it selects."""
    suite, _, case = only.partition(".")
    for glob in (suite, PREFIX + suite):
        found = [each for each in known if fnmatchcase(each[0], glob) and fnmatchcase(each[1], case or "*")]
        if found:
            return f"{glob}.{case or '*'}", found
    there = [case for name, case in known if name in (suite, PREFIX + suite)]
    there = there or dict.fromkeys(name.removeprefix(PREFIX) for name, _ in known)
    sys.exit(f"nothing is called {only}; there are {', '.join(there)}")


def main():
    """Run it."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", metavar="SUITE[.CASE]", default="*")
    parser.add_argument("kernel", nargs="+")
    arguments = parser.parse_args()
    glob, cases = select(arguments.only, list(kunit_cases()))
    tap = Tap()
    for kernel in arguments.kernel:
        cmdline = f"{KUNIT} kunit.filter_glob={glob} kunit_shutdown=poweroff"
        key = kept.key_of(False, kernel, cmdline)
        known = kept.find(key)
        if not known:
            result = bed.boot_kernel(bed.fresh_directory(f"kunit-{kernel}"), cmdline, kernel)
            new = outcome(Test(Guest(kernel, ""), lambda each: kunit_results(each.text, cases),
                               of_kernel(WITHOUT_XEN, kernel)), result)
            kept.keep(key, new)
        report(tap, known or new, kept=bool(known))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
