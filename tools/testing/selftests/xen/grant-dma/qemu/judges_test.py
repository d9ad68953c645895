# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what judges guests, KUnit and logs, without a guest: what is broken, or did nothing, must fail."""

import contextlib
import io
import re
import sys

import bed
import check
import ktap
import scan
import without_xen
from bed import Guest
from judges import (Test, judge_kselftest, kunit_cases, kunit_results, outcome, report, results_of,
                    status_is_zero)
from tap import Tap, run_tests, tests_in

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
    ("[    1.0] virtio-mmio 2000000.virtio: too few references or pages for a reserve, DMA may stall", True),
    ("[    1.0] virtio-mmio 2000000.virtio: driver left 49 grant references mapped, domain 0 keeps access", True),
    ("[    1.0] xen-grant-dma: domain 0 still used 60 references of I/O when that ended", True),
    ("[    1.0] xen-grant-dma: domain 0 still uses 60 references that were unmapped", True),
    ("[    1.0] xen-grant-dma: domain 0 still uses 3 references, and has access to their pages under the next kernel", True),
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

def left(scratch, programs=None, log="all is well\n", status="0\n", verdict="ran\n"):
    """What a guest left: what its programs printed, its console, its commands' status and dom0's verdict."""
    out = scratch / "guest" / "out"
    out.mkdir(parents=True)
    (scratch / "guest-guest.log").write_text(log)
    for path, content in [(out / "status", status), (out.parent / "verdict", verdict)]:
        if content:
            path.write_text(content)
    for name, text in (programs or {}).items():
        (out / f"{name}.ktap").write_text(text)
    return bed.result_of(Guest("guest", ""), scratch)


def failed(test, result):
    """The results that a test reports as failed."""
    return [name for name, passed, *_ in results_of(test, result) if not passed]


def programs(*names, devices=(), may_skip=None):
    """The test of a guest that runs kselftest programs."""
    return Test(Guest("guest", ""), lambda result: judge_kselftest(result, names, devices), may_skip or {})


GOOD = "TAP version 13\n1..2\nok 1 one\nok 2 two\nstatus 0\n"
SKIPS_ALL = "TAP version 13\n1..0 # SKIP no device\nstatus 4\n"
SKIPS_ONE = "TAP version 13\n1..2\nok 1 one\nok 2 two # SKIP no tables\nstatus 0\n"


def test_a_program_whose_results_all_passed_passes(scratch):
    assert failed(programs("a.sh"), left(scratch, {"a.sh": GOOD})) == []


def test_a_program_that_skips_everything_fails(scratch):
    assert failed(programs("a.sh"), left(scratch, {"a.sh": SKIPS_ALL})) == ["a.sh: all", "a.sh: complete"]


def test_a_program_that_may_skip_but_passes_nothing_fails(scratch):
    test = programs("a.sh", may_skip={"a.sh: .*": "no device"})
    assert failed(test, left(scratch / "none", {"a.sh": SKIPS_ALL})) == ["a.sh: complete"]
    each = SKIPS_ONE.replace("ok 1 one", "ok 1 one # SKIP no tables")
    assert failed(test, left(scratch / "each", {"a.sh": each})) == ["a.sh: complete"]


def test_a_guest_whose_programs_all_skip_fails_for_each(scratch):
    test = programs("a.sh", "b.sh")
    assert len(failed(test, left(scratch, {"a.sh": SKIPS_ALL, "b.sh": SKIPS_ALL}))) == 4


def test_a_skipped_result_fails_unless_the_guest_names_it(scratch):
    result = left(scratch, {"a.sh": SKIPS_ONE})
    assert failed(programs("a.sh"), result) == ["a.sh: two"]
    assert failed(programs("a.sh", may_skip={"a.sh: t": "part of a name"}), result) == ["a.sh: two"]
    assert failed(programs("a.sh", may_skip={"a.sh: two": "no tables"}), result) == []


def test_a_program_that_left_nothing_fails(scratch):
    assert failed(programs("a.sh", "b.sh"), left(scratch, {"a.sh": GOOD})) == ["b.sh: complete"]


def test_a_program_without_its_status_fails(scratch):
    assert failed(programs("a.sh"), left(scratch, {"a.sh": GOOD.replace("status 0", "")})) == ["a.sh: complete"]


def test_a_program_that_ends_badly_with_good_results_fails(scratch):
    for status in ("1", "4", "139"):
        result = left(scratch / status, {"a.sh": GOOD.replace("status 0", f"status {status}")})
        assert failed(programs("a.sh"), result) == ["a.sh: complete"], status


def test_a_program_that_prints_less_than_it_planned_fails(scratch):
    assert failed(programs("a.sh"), left(scratch, {"a.sh": GOOD.replace("ok 2 two\n", "")})) == ["a.sh: complete"]


def test_a_program_without_a_plan_fails(scratch):
    assert failed(programs("a.sh"), left(scratch, {"a.sh": GOOD.replace("1..2\n", "")})) == ["a.sh: complete"]


def test_a_failed_result_is_reported_by_its_name(scratch):
    text = GOOD.replace("ok 2", "not ok 2").replace("status 0", "status 1")
    assert failed(programs("a.sh"), left(scratch, {"a.sh": text})) == ["a.sh: two"]


def test_a_device_that_was_not_looked_at_is_missed(scratch):
    text = "1..1\nok 1 devices: 2000000.virtio has its drivers\nstatus 0\n"
    result = left(scratch, {"devices.sh": text})
    assert failed(programs("devices.sh", devices=["blk"]), result) == []
    missed = failed(programs("devices.sh", devices=["blk", "net"]), result)
    assert missed == ["devices.sh: each device was looked at"], missed


def test_commands_that_failed_or_did_not_end_fail(scratch):
    test = Test(Guest("guest", ""), status_is_zero("commands"))
    for name, status, faults in [("good", "0\n", []), ("bad", "1\n", ["commands"]), ("none", "", ["commands"])]:
        assert failed(test, left(scratch / name, status=status)) == faults, name


def test_a_judge_that_finds_nothing_to_judge_fails(scratch):
    assert failed(Test(Guest("guest", ""), lambda result: iter(())), left(scratch)) == ["some result"]


def test_a_judge_that_raises_fails_alone_with_its_traceback(scratch):
    def raises(result):
        yield "first", True, "", ""
        (result.out / "nothing").read_text()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        tap = Tap()
        for name in ("one", "two"):
            test = Test(Guest(name, ""), raises if name == "one" else status_is_zero("commands"))
            report(tap, outcome(test, left(scratch / name)))
    lines = said.getvalue().splitlines()
    assert "ok 1 - one: first" in lines and "not ok 2 - one: could be judged" in lines, lines
    assert "ok 4 - two: commands" in lines and any("FileNotFoundError" in line for line in lines), lines


def test_trouble_in_a_log_is_a_problem_of_its_guest(scratch):
    result = left(scratch, log="[    1.0] BUG: KASAN: slab-use-after-free in f+0x10/0x20\n")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        report(Tap(), outcome(Test(Guest("guest", ""), status_is_zero("commands")), result))
    assert "not ok 2 - guest: no trouble in its logs" in said.getvalue(), said.getvalue()


def test_a_guest_that_did_not_end_is_a_problem(scratch):
    for verdict in ("", "not finished after 300 s", "ran; its results are missing"):
        assert left(scratch / f"{len(verdict)}", verdict=verdict).problems, verdict
    assert not left(scratch / "good").problems


def kunit_log(kind, cases, missing=None):
    """A kernel's log with these cases, all of a kind, but for one that is missing."""
    suites = {}
    for suite, case in cases:
        suites.setdefault(suite, []).append(case)
    lines = ["KTAP version 1", f"1..{len(suites)}"]
    for number, (suite, names) in enumerate(suites.items(), 1):
        names = [name for name in names if (suite, name) != missing]
        lines += ["    KTAP version 1", f"    # Subtest: {suite}", f"    1..{len(names)}"]
        lines += [f"    {kind.format(at, name)}" for at, name in enumerate(names, 1)]
        lines.append(kind.format(number, suite))
    return "".join(f"[    1.0] {line}\n" for line in lines)


CASES = list(kunit_cases(bed.HERE.parents[5]))


def kunit(text, may_skip=None):
    """The results that failed in the log of a kernel with KUnit."""
    test = Test(Guest("guest", ""), lambda result: kunit_results(text, CASES), may_skip or {})
    return failed(test, bed.Result(bed.HERE, bed.HERE / "no log", "ran", []))


def test_kunit_passes_if_all_of_its_cases_pass(_):
    assert kunit(kunit_log("ok {} {}", CASES)) == []


def test_kunit_fails_if_all_of_its_cases_are_skipped(_):
    faults = kunit(kunit_log("ok {} {} # SKIP no Xen", CASES))
    assert faults == [".".join(case) for case in CASES], faults


def test_kunit_fails_if_all_of_its_suites_are_skipped(_):
    suites = dict.fromkeys(suite for suite, _ in CASES)
    lines = [f"ok {number} {suite} # SKIP no Xen" for number, suite in enumerate(suites, 1)]
    assert "all cases of all suites ran" in kunit("\n".join([f"1..{len(suites)}", *lines]))


def test_kunit_fails_if_a_case_is_missing(_):
    assert kunit(kunit_log("ok {} {}", CASES, CASES[0])) == ["all cases of all suites ran"]


def test_kunit_fails_if_a_suite_is_missing(_):
    assert kunit(kunit_log("ok {} {}", [case for case in CASES if case[0] != CASES[0][0]])) == [
        "all cases of all suites ran"]


def test_kunit_fails_if_it_did_not_run(_):
    assert kunit("nothing\n") == ["all cases of all suites ran", "KUnit ran what it planned"]


def test_kunit_fails_if_it_stopped_early(_):
    lines = kunit_log("ok {} {}", CASES).splitlines()
    assert "KUnit ran what it planned" in kunit("\n".join(lines[:-1]))


def test_kunit_skips_only_what_the_guest_names(_):
    text = kunit_log("ok {} {}", CASES).replace(f" {CASES[0][1]}\n", f" {CASES[0][1]} # SKIP no Xen\n", 1)
    name = ".".join(CASES[0])
    assert kunit(text) == [name]
    assert kunit(text, {re.escape(name): "there is no Xen"}) == []


def test_all_cases_of_the_sources_are_known(_):
    sources = [path.read_text() for path in bed.HERE.parents[5].glob("drivers/**/*_test.c")]
    defined = sum(len(re.findall(r"^\tKUNIT_CASE\w*\(", source, re.M)) for source in sources)
    assert len(set(CASES)) == defined > 100, (len(set(CASES)), defined)


def test_cases_of_some_configurations_are_told_from_others(_):
    everywhere = set(kunit_cases(bed.HERE.parents[5], everywhere=True))
    assert ("virtio_ring", "packed_map_fails") in set(CASES) - everywhere and everywhere < set(CASES)


def test_skips_are_named_by_what_there_is(_):
    suites = {suite for suite, _ in CASES}
    for pattern in check.IN_GUEST | check.WITHOUT_XEN | check.WITHOUT_PCI | check.WITHOUT_CMA:
        assert any(re.match(pattern.partition(r"\.")[0], suite) for suite in suites), pattern


def test_kunit_cases_are_selected_by_name(_):
    for only, glob, count in (("ops.map_page_random", "xen_grant_dma_ops.map_page_random", 1),
                              ("xen_grant_dma_bounce", "xen_grant_dma_bounce.*", None),
                              ("virtio_ring.pack*", "virtio_ring.pack*", None), ("*", "*.*", len(CASES))):
        found, cases = without_xen.select(only, CASES)
        assert found == glob and cases and len(cases) == (count or len(cases)), (only, found, cases)
        assert {suite for suite, _ in cases} == {glob.partition(".")[0]} or only == "*", cases
    try:
        without_xen.select("bounce.no_such_case", CASES)
    except SystemExit as end:
        assert "bounce.no_such_case" in str(end) and "random_mappings" in str(end), end
    else:
        raise AssertionError("found")


def test_named_programs_run_alone(_):
    check.PROGS = ["block.sh"]
    try:
        for test in [*check.change_tests(), *check.other_tests()]:
            programs = re.findall(r"\./(\S+\.sh);", test.guest.commands)
            assert programs in ([], ["block.sh"]) and "kunit" not in test.guest.cmdline, test.guest
    finally:
        check.PROGS = []


def test_late_references_are_summed_over_all_messages(scratch):
    def late(*counts):
        log = "".join(f"[    1.0] xen-grant-dma: domain 0 still used {count} references of I/O\n" for count in counts)
        test = Test(Guest("guest", ""), check.judge_late(300))
        return failed(test, left(scratch / "-".join(map(str, counts)), log=log))
    assert late(300) == late(60, 240) == late(0) == []
    assert late(301) and late(60, 241)


def test_names_of_guests_differ_and_programs_exist(_):
    # Those of --modules need a kernel.
    sets = [make for name, make in check.SETS.items() if name != "--modules"]
    tests = [test for make in sets for test in make()]
    own = [test.guest.name for test in [*check.change_tests(), *check.other_tests()]]
    assert len(own) == len(set(own)), own
    for test in tests:
        for program in re.findall(r"\./(\S+\.sh);", test.guest.commands):
            assert (bed.HERE.parent / program).exists(), program


def test_logs_of_the_last_run_are_kept(scratch):
    before, bed.BUILD = bed.BUILD, scratch
    try:
        for text in ("first", "second", "third"):
            (bed.fresh_directory("run") / "log").write_text(text)
    finally:
        bed.BUILD = before
    assert (scratch / "run/run/log").read_text() == "third"
    assert (scratch / "run/run.last/log").read_text() == "second"


def test_lines_of_trouble_are_found_and_harmless_ones_are_not(_):
    for line, trouble in LINES:
        assert bool(scan.scan_text(line)) == trouble, line


def test_a_call_trace_behind_what_is_harmless_is_found(_):
    found = scan.scan_text("DMA-API: debugging enabled by kernel config\nCall trace:\n")
    assert [line for line, _ in found] == [2], found


def test_only_the_call_trace_of_what_is_allowed_is(_):
    traced = "sh: page allocation failure\nHardware name: none\nCall trace:\n" + 20 * "f+0x0/0x8\n" + "Call trace:\n"
    found = scan.scan_text(traced, ["page allocation failure"])
    assert [line for line, _ in found] == [24], found


def test_kunit_results_are_read_from_a_log(_):
    results = ktap.read(KTAP)
    found = [(*each.groups, each.name, each.kind) for each in results.results]
    wanted = [("suite", "fine", "passed"), ("suite", "broken", "failed"), ("suite", "left_out", "skipped"),
              ("suite", "many", "one", "failed"), ("suite", "many", "number two", "passed")]
    assert found == wanted and not results.faults, (found, results.faults)
    assert "EXPECTATION FAILED" in results.results[1].output
    assert [name for name, _ in results.failures()] == ["suite: broken", "suite: many: one"]
    assert results.results[2].skipped == "no Xen"


def test_faults_of_results_are_noticed(_):
    for text, fault in FAULTY:
        assert ktap.read(text).faults == [fault], text


def test_a_program_that_skips_all_is_read(_):
    assert [each.skipped for each in ktap.read("1..0 # SKIP no Xen\n").results] == ["no Xen"]


if __name__ == "__main__":
    sys.exit(run_tests(tests_in(globals())))
