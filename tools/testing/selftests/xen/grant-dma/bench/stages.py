# SPDX-License-Identifier: GPL-2.0-only
"""Where the time of a request goes, from a trace of what dom0's only processor does."""

import re
from collections import Counter

LINE = re.compile(r" *(?P<thread>\S.*?-\d+) +\[000\] \S+ +(?P<time>[\d.]+): "
                  r"(?P<event>\w+): ?(?P<rest>.*)")
ENTRY = re.compile(r"NR (-?\d+) \(\w+, (\w+)")
IOCTL = "29"

# What QEMU makes system calls for, by their number on arm64 (uapi/asm-generic/unistd.h) or an
# ioctl's (uapi/xen/gntdev.h, evtchn.h and privcmd.h). All others are its own affair.
STAGES = {
    "222": "map", "184700": "map",
    "215": "unmap", "184702": "unmap", "104701": "unmap",
    "67": "file", "68": "file",
    "44504": "tell", "105005": "tell",
}
LABELS = {
    "total": "all",
    "map": "mapping grants",
    "unmap": "unmapping grants",
    "file": "the disk's file",
    "tell": "telling Xen and the guest",
    "qemu": "the rest of QEMU",
    "rest": "the rest of dom0",
    "guest": "dom0 idle: the guest, and Xen",
    "others": "all but mapping and unmapping",
}


def stage_of_call(entry):
    """What a system call of QEMU is for."""
    number, second = ENTRY.match(entry).groups()
    return STAGES.get(second if number == IOCTL else number, "qemu")


def stage_of(thread, calls, last):
    """What dom0's processor works for while a thread runs, after the last event."""
    if thread.startswith("qemu"):
        return calls.get(thread, "qemu")
    if thread.startswith("xen-balloon"):  # gntdev gives the pages back
        return "unmap"
    return "guest" if thread.startswith("<idle>") and last != "upcall" else "rest"


def read(trace):
    """From lines of a trace: (stage, µs a request)..., and how often dom0 was called for it."""
    seconds, seen = Counter(), Counter()
    calls = {}  # thread -> stage of the system call that it is in
    then = last = None
    for line in filter(None, map(LINE.match, trace)):
        thread, now, event = line["thread"], float(line["time"]), line["event"]
        seconds[stage_of(thread, calls, last)] += now - (now if then is None else then)
        then, last = now, event
        if event == "sys_enter":
            calls[thread] = stage_of_call(line["rest"])
            seen[calls[thread]] += thread.startswith("qemu")
        elif event == "sys_exit":
            calls.pop(thread, None)
        elif event == "upcall":
            seen[event] += 1
    requests = seen["file"]
    if not requests:
        return
    seconds["total"] = sum(seconds.values())
    seconds["others"] = seconds["total"] - seconds["map"] - seconds["unmap"]
    for stage in LABELS:
        yield stage, 1e6 * seconds[stage] / requests
    yield "upcalls", seen["upcall"] / requests
