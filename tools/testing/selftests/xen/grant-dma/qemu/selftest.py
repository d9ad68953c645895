# SPDX-License-Identifier: GPL-2.0-only
"""Checks that the test bed notices what it must: trouble in logs, failing and hanging guests."""

import bed
import ktap
import scan

# Lines as kernel and Xen print them, and whether they are trouble.
LINES = [
    ("[    1.0] WARNING: CPU: 0 PID: 1 at kernel/dma/debug.c:870 check_unmap+0x8/0x10", True),
    ("[    1.0] BUG: KASAN: slab-use-after-free in f+0x10/0x20", True),
    ("[    1.0] BUG: sleeping function called from invalid context at mm/slab.h:1", True),
    ("[    1.0] UBSAN: shift-out-of-bounds in a.c:1:2", True),
    ("[    1.0] Internal error: Oops: 0000000096000004 [#1] SMP", True),
    ("[    1.0] DMA-API: virtio-mmio 2000000.virtio: device driver has pending DMA", True),
    ("[    1.0] WARNING: possible circular locking dependency detected", True),
    ("[    1.0] xen:grant_table: g.e. 0x8 still in use!", True),
    ("[    1.0] virtio-mmio 2000000.virtio: deferred probe timeout, ignoring dependency", True),
    ("[    1.0] platform 2000000.virtio: deferred probe pending: (reason unknown)", True),
    ("[    1.0] kmemleak: 1 new suspected memory leaks (see /sys/kernel/debug/kmemleak)", True),
    ("[    1.0] INFO: task kworker/0:1:9 blocked for more than 122 seconds.", True),
    ("[    1.0] rcu: INFO: rcu_sched detected stalls on CPUs/tasks:", True),
    ("[    1.0] sh invoked oom-killer: gfp_mask=0x440dc0, order=0, oom_score_adj=0", True),
    ("[    1.0] sh: page allocation failure: order:0, mode:0x820(GFP_ATOMIC)", True),
    ("[    1.0] Call trace:", True),
    ("(XEN) Xen BUG at common/grant_table.c:1", True),
    ("[    0.0] kasan: KernelAddressSanitizer initialized (generic)", False),
    ("[    0.5] DMA-API: preallocated 65536 debug entries", False),
    ("[    0.5] DMA-API: debugging enabled by kernel config", False),
    ("[    0.5] Debug: nothing is wrong", False),
]

KTAP = """\
[    0.9] KTAP version 1
[    0.9] 1..1
[    0.9]     KTAP version 1
[    0.9]     # Subtest: suite
[    0.9]     1..4
[    0.9]     ok 1 fine
[    0.9]     # broken: EXPECTATION FAILED at a.c:1
[    0.9]     not ok 2 broken
[    0.9]     ok 3 left_out # SKIP no Xen
[    0.9]         KTAP version 1
[    0.9]         # Subtest: many
[    0.9]         not ok 1 one
[    0.9]         ok 2 number two
[    0.9]     not ok 4 many
[    0.9] # suite: pass:1 fail:2 skip:1 total:4
[    0.9] not ok 1 suite
"""

FAULTY = [
    ("1..2\nok 1 one\n", "2 results planned, 1 seen"),
    ("ok 1 - one\n1..2\n", "2 results planned, 1 seen"),
    ("1..1\n    ok 1 in\nnot ok 1 group\n", "failed though all of its results passed: group"),
    ("1..1\nok 1 one\nBail out! no memory\n", "Bail out! no memory"),
]


def check_scanner(tap):
    """Lines of trouble are found, harmless ones are not."""
    for line, trouble in LINES:
        found = bool(scan.scan_text(line))
        tap.result(f"scanner {'finds' if trouble else 'passes'}: {line[12:60]}", found == trouble)
    found = scan.scan_text("DMA-API: debugging enabled by kernel config\nCall trace:\n")
    tap.result("scanner finds a call trace behind what is harmless", [line for line, _ in found] == [2], found)
    traced = "sh: page allocation failure\nHardware name: none\nCall trace:\n" + 20 * "f+0x0/0x8\n" + "Call trace:\n"
    found = scan.scan_text(traced, ["page allocation failure"])
    tap.result("scanner allows the call trace of what is allowed, no other", [line for line, _ in found] == [24], found)


def check_ktap(tap):
    """Results are read from a log, and what does not add up is noticed."""
    kunit = ktap.read(KTAP)
    found = [(*each.groups, each.name, each.kind) for each in kunit.results]
    wanted = [("suite", "fine", "passed"), ("suite", "broken", "failed"), ("suite", "left_out", "skipped"),
              ("suite", "many", "one", "failed"), ("suite", "many", "number two", "passed")]
    tap.result("KUnit results are read from a log", found == wanted and not kunit.faults, [found, kunit.faults])
    tap.result("a failing case comes with its output", "EXPECTATION FAILED" in kunit.results[1].output)
    failures = [name for name, _ in kunit.failures()]
    tap.result("failures are listed", failures == ["suite: broken", "suite: many: one"], failures)
    tap.result("a skipped case comes with its reason", kunit.results[2].skipped == "no Xen")
    for text, fault in FAULTY:
        tap.result(f"a fault of results is noticed: {fault}", [fault] == ktap.read(text).faults)
    left_out = ktap.read("1..0 # SKIP no Xen\n").results
    tap.result("a program that skips all is read", [each.skipped for each in left_out] == ["no Xen"], left_out)


GUESTS = [
    bed.Guest("fine", "echo left >$OUT/file; exit 3", devices=[]),
    bed.Guest("planted", "echo 'BUG: planted' >/dev/kmsg", devices=[]),
    bed.Guest("hangs", "sleep 1000", devices=[], seconds=10),
    bed.Guest("dies", "echo c >/proc/sysrq-trigger", devices=[]),
]


def judge(tap, results):
    """Report on all of it, the guests' part from the results of a run that had them."""
    check_scanner(tap)
    check_ktap(tap)
    tap.result("exit status of the commands is given back", results["fine"].status == 3)
    tap.result("files of a guest are given back",
          (results["fine"].out / "file").read_text() == "left\n")
    tap.result("device tree of a guest is given back",
          (results["fine"].out / "guest.dtb").stat().st_size > 0)
    tap.result("a guest without fault has no problems", not results["fine"].problems,
          results["fine"].problems)
    tap.result("a planted BUG is reported",
          any("BUG: planted" in line for line in results["planted"].problems))
    tap.result("a planted BUG that is allowed is not reported",
          not scan.scan(results["planted"].log, ["planted"]))
    tap.result("a guest that hangs is reported",
          any("not finished" in line for line in results["hangs"].problems))
    tap.result("a guest that dies is reported",
          any("Kernel panic" in line for line in results["dies"].problems))
    tap.result("the next guest starts after one that hung", results["dies"].log.exists())
