# SPDX-License-Identifier: GPL-2.0-only
"""What KUnit printed on another architecture, read from standard input, as TAP: kunit_log.py NAME"""

import sys

from bed import Guest, Result
from check import WITHOUT_CMA, WITHOUT_XEN
from judges import Test, kunit_cases, kunit_results, results_of
from paths import BUILD
from tap import Tap

# Where the driver is compiled but no guest can be, there is less to test.
MAY_SKIP = WITHOUT_XEN | WITHOUT_CMA | {
    r"xen_grant_dma_firmware\.(probe_of\..*|no_driver|heedless)": "firmware is asked by arm's DMA set-up alone",
    r"xen_grant_dma_firmware\.pci_requester": "the kernel is without PCI",
    r"xen_grant_dma_(area|refs)\.freed_on_other_cpu": "the machine has one processor",
}


def main(name):
    """Judge it."""
    tap = Tap()
    text = sys.stdin.read()
    log = BUILD / f"kunit-{name}.log"
    log.write_text(text)
    cases = list(kunit_cases(everywhere=True))
    test = Test(Guest(name, ""), lambda _: kunit_results(text, cases), MAY_SKIP)
    for result in results_of(test, Result(BUILD, log, "ran", [])):
        tap.result(*result)
    print(f"# what it said is in {log}")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
