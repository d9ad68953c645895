# SPDX-License-Identifier: GPL-2.0-only
"""Finds the lines of a log by which kernel, Xen or QEMU say that something is wrong."""

import re
from pathlib import Path

TROUBLE = re.compile(
    r"WARNING:|\bBUG\b|\bOops\b|Kernel panic|DMA-API|KASAN|UBSAN|KFENCE|kmemleak:.*new suspected"
    r"|possible circular locking|possible recursive locking|inconsistent lock state"
    r"|suspicious RCU usage|sleeping function called|scheduling while atomic"
    r"|page allocation failure|still in use|deferred probe timeout|deferred probe pending"
    r"|Call trace|Unable to handle kernel|Internal error|blocked for more than|soft lockup"
    r"|detected stall|invoked oom-killer|refcount_t:|list_(add|del) corruption"
    # A backend that is late or keeps references, and what a device lacks or leaves; KUnit's domain has an ID of five
    # digits, and its devices are not virtio's.
    r"|domain \d{1,4} (still use[sd]|keeps access)|virtio\S* \S+: too few references"
    r"|Xen BUG|Xen call trace|Assertion .* failed"
)

# A call trace follows what it is about after a few lines at most.
TRACE_LINES = 8

# Every exception states why it is harmless.
HARMLESS = [
    # Checkers saying at boot that they are there.
    re.compile(r"KASAN: KernelAddressSanitizer initialized"),
    re.compile(r"DMA-API: (preallocated \d+ debug entries|debugging enabled by kernel config)"),
    # KUnit's devices whose IOMMU has no driver, where a slow machine comes to them after the timeout.
    re.compile(r"grant-test-other-\w+: deferred probe timeout"),
    # Xen says how it was built; the test bed asked for it.
    re.compile(r"\(XEN\) WARNING: .*(UNSUPPORTED|unsupported|ioreq|IOREQ)"),
]


def scan_text(text, allow=()):
    """The lines of trouble in a log but those allowed, as (number, line)."""
    found, last = [], -TRACE_LINES
    for number, line in enumerate(text.splitlines(), 1):
        if not TROUBLE.search(line) or any(harmless.search(line) for harmless in HARMLESS):
            continue
        if "Call trace" in line and number - last <= TRACE_LINES:
            continue
        last = number
        if not any(re.search(pattern, line) for pattern in allow):
            found.append((number, line))
    return found


def scan(path, allow=()):
    """The lines of trouble in a log file, as "file:number: line"."""
    text = Path(path).read_text(errors="replace")
    return [f"{path}:{number}: {line}" for number, line in scan_text(text, allow)]
