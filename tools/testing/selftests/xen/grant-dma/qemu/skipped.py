# SPDX-License-Identifier: GPL-2.0-only
"""Reports, as TAP, a test that is skipped because something could not be downloaded."""

import sys

import items
import store
from tap import Tap


def skip(what, why):
    """Report that something could not be done, and why."""
    tap = Tap(1)
    tap.skip(what, why)
    return tap.end()


def reasons(kept, item):
    """Why suites did not give an item, in one line."""
    return "; ".join(f"{suite}: {answer}" for suite, answer in kept.answers(item).items()) or "it was not asked for"


if __name__ == "__main__":
    sys.exit(skip("a guest with Debian's own kernel", reasons(store.kept(), items.OLD_KERNEL)))
