# SPDX-License-Identifier: GPL-2.0-only
"""Checks that the test bed notices what it must: trouble in logs, failing and hanging guests."""

import bed
import kunit
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


def check_scanner(tap):
    """Lines of trouble are found, harmless ones are not."""
    for line, trouble in LINES:
        found = bool(scan.scan_text(line))
        tap.result(f"scanner {'finds' if trouble else 'passes'}: {line[12:60]}", found == trouble)


def check_ktap(tap):
    """KUnit's results are read from a log."""
    found = [(c.suite, c.name, c.ok, bool(c.skipped)) for c in kunit.cases(KTAP)]
    wanted = [("suite", "fine", True, False), ("suite", "broken", False, False),
              ("suite", "left_out", True, True), ("suite", "many: one", False, False),
              ("suite", "many: number two", True, False)]
    tap.result("KUnit results are read from a log", found == wanted, found)
    broken = [c.why for c in kunit.cases(KTAP) if c.name == "broken"]
    tap.result("a failing case comes with what it said", "EXPECTATION FAILED" in broken[0], broken)


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
