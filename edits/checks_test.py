# SPDX-License-Identifier: GPL-2.0-only
"""Tests of what runs checks: their order, their budget, and how results are kept, with checks that do nothing."""
import contextlib
import io
import os
import sys
from pathlib import Path

import checks
import estimates
import kept
import repeated
from judges import report
from tap import Tap, run_tests, tests_in


class Fake(checks.Check):
    """A check that is a shell script."""

    running = []

    def __init__(self, word, directory, script="echo TAP version 13; echo 1..1; echo ok 1 - one"):
        super().__init__(word, directory)
        self.command = ["sh", "-c", script]

    def run(self):
        Fake.running.append(self.name)
        Fake.most = max(Fake.most, len(Fake.running))
        super().run()
        Fake.running.remove(self.name)
        Fake.done.append(self.name)


def run(scratch, fakes, alone=(), minutes=None, since=None, known=None, states=None):
    """Run checks; how many of them ran at a time, and the names of those that ran, in the order in which they ended."""
    Fake.running, Fake.done, Fake.most = [], [], 0
    notes = estimates.Estimates(1, scratch / "estimates.json")
    notes.known = dict.fromkeys((fake.name for fake in fakes), 0) | (known or {})
    since = checks.uptime() if since is None else since
    with contextlib.redirect_stdout(io.StringIO()):
        checks.run_all(fakes, alone, checks.Budget(minutes, since, notes), states or {})
    return Fake.most, Fake.done


def kinds(fake):
    """The counts of its results."""
    return {kind: count for kind, count in fake.results.counts().items() if count}


def test_checks_run_two_at_a_time_but_some_alone(scratch):
    fakes = [Fake(name, scratch, "sleep 0.3; echo 1..1; echo ok 1 - one") for name in "abc"]
    assert run(scratch, fakes)[0] == 2
    fakes = [Fake(name, scratch, "sleep 0.1; echo 1..1; echo ok 1 - one") for name in "abc"]
    assert run(scratch, fakes, alone="abc") == (1, ["a", "b", "c"])
    assert all(kinds(fake) == {"passed": 1} for fake in fakes)


def test_what_does_not_fit_is_skipped_with_the_reason_and_the_next_may_run(scratch):
    fakes = [Fake(name, scratch) for name in "abc"]
    assert run(scratch, fakes, alone="abc", minutes=13, known={"b": 601}) == (1, ["a", "c"])
    assert kinds(fakes[1]) == {"skipped": 1} and kinds(fakes[2]) == {"passed": 1}
    assert fakes[1].results.results[0].skipped == "may take 13 min, of 13 there are 13 left"


def test_what_is_needed_runs_unless_it_builds_what_was_never_built(scratch):
    fakes = [Fake("a", scratch), Fake("b:no/such/kernel", scratch)]
    for fake in fakes:
        fake.needed = True
    assert run(scratch, fakes, minutes=1, known={"a": 1000})[1] == ["a"]
    assert kinds(fakes[1]) == {"skipped": 1}


def test_what_passed_is_taken_again_in_the_same_state_alone(scratch):
    before, repeated.GOOD = repeated.GOOD, scratch / "good"
    try:
        for state, ran in (("one", ["a"]), ("one", []), ("two", ["a"])):
            fake = Fake("a", scratch)
            assert run(scratch, [fake], states={"a": state})[1] == ran, state
            assert kinds(fake) == {"passed": 1}, state
        for _ in range(2):
            assert run(scratch, [Fake("a", scratch, "echo 1..1; echo not ok 1 - one")], states={"a": "bad"})[1] == ["a"]
    finally:
        repeated.GOOD = before


def test_documents_are_no_part_of_a_state(_):
    page = "Documentation/virt/xen/grant-dma.rst"
    assert not any(repeated.is_read("judges", path) for path in ("README.md", "COST.rst", ".ci/run", page))
    assert repeated.is_read("series", page) and repeated.is_read("docs", page) and repeated.is_read("scripts", ".ci/run")
    assert all(repeated.is_read("judges", path) for path in ("Makefile", "edits/checks.py", "drivers/xen/grant-dma/map.c"))


def test_without_a_budget_everything_runs(scratch):
    assert run(scratch, [Fake("a", scratch)], known={"a": 10 ** 6}) == (1, ["a"])


def test_a_kernel_that_is_not_built_counts(scratch):
    fake = Fake("a:no/such/kernel", scratch)
    notes = estimates.Estimates(2, scratch / "estimates.json")
    notes.has_pieces = lambda: True
    notes.known = {"a": 10}
    assert notes.of(fake) == 2 * (10 + estimates.KERNEL)
    notes.known["no/such/kernel"] = 1
    assert notes.of(fake) == 2 * (10 + estimates.AGAIN)
    image = scratch / "kernel/arch/arm/boot/zImage"
    image.parent.mkdir(parents=True)
    image.touch()
    assert notes.of(Fake(f"a:{scratch}/kernel", scratch)) == 2 * 10


def test_what_a_check_took_is_noted_without_what_it_built(scratch):
    fake = Fake("a", scratch, "sleep 0.5; echo TAP version 13; echo 1..1; echo ok 1 - one")
    run(scratch, [fake])
    known = estimates.Estimates(1, scratch / "estimates.json").known["a"]
    assert fake.seconds > 0.5 > known >= 0, (fake.seconds, known)


def ended(scratch, script, silence):
    """Run a check that does not end by itself until the time is up."""
    fake = Fake("endless", scratch, script)
    kept_time, checks.SILENCE = checks.SILENCE, silence
    try:
        run(scratch, [fake], minutes=1, since=checks.uptime() - 57)
    finally:
        checks.SILENCE = kept_time
    assert fake.seconds < 30, fake.seconds
    return fake


def test_a_hung_check_is_ended_by_force_and_fails(scratch):
    hangs = ended(scratch, "trap '' TERM; echo 1..2; while :; do sleep 1; done", 1)
    assert hangs.results.faults[0].startswith("said nothing for "), hangs.results.faults


def test_the_rest_of_a_check_that_is_only_slow_is_skipped(scratch):
    slow = ended(scratch, "echo 1..2; echo ok 1 - one; exec sleep 60", 3600)
    assert kinds(slow) == {"passed": 1, "skipped": 1}, kinds(slow)


def test_what_a_check_says_of_its_end_is_no_result(scratch):
    script = "trap 'echo not ok 2 - two; exit 1' TERM; echo 1..2; echo ok 1 - one; while :; do sleep 0.2; done"
    slow = ended(scratch, script, 3600)
    assert kinds(slow) == {"passed": 1, "skipped": 1}, kinds(slow)


def test_nothing_starts_when_no_time_is_left(scratch):
    fake = Fake("late", scratch)
    run(scratch, [fake], minutes=1, since=checks.uptime() - 60)
    assert kinds(fake) == {"skipped": 1}


def test_a_check_without_results_fails_and_one_that_ends_badly(scratch):
    fakes = [Fake("silent", scratch, "true"), Fake("bad", scratch, "echo 1..1; echo ok 1 - one; exit 3")]
    run(scratch, fakes)
    assert [fake.results.faults for fake in fakes] == [["no result"], ["exit status 3"]]


def test_the_counts_name_what_failed(scratch):
    fake = Fake("bad", scratch, "echo 1..2; echo ok 1 - one; echo not ok 2 - two")
    run(scratch, [fake])
    fake.seconds = 3
    with contextlib.redirect_stdout(io.StringIO()) as said:
        fake.sum_up()
    assert said.getvalue() == "bad: 1 passed, 1 failed, 0 skipped, in 3 s\n    failed: two\n", said.getvalue()


def test_the_order_turns_with_the_commit_and_nothing_is_lost(_):
    words = list("abcdef")
    turned = checks.rotated(words)
    assert sorted(turned) == words and "".join(turned) in "abcdefabcdef", turned


def reported(*arguments):
    """Results as TAP."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        report(Tap(), *arguments)
    return said.getvalue().splitlines()[1:]


def test_results_are_kept_only_if_all_passed_and_are_marked(scratch):
    before, kept.GOOD = kept.GOOD, scratch / "good"
    try:
        kept.keep("good", [("one", True, "", ""), ("two", True, "", "no Xen")])
        kept.keep("bad", [("one", True, "", ""), ("two", False, "why", "")])
        assert kept.find("bad") is None and kept.find("unknown") is None
        assert reported(kept.find("good"), True) == ["ok 1 - one (kept)", "ok 2 - two (kept) # SKIP no Xen"]
        os.environ["FORCE"] = "1"
        assert kept.find("good") is None
    finally:
        os.environ.pop("FORCE", None)
        kept.GOOD = before


if __name__ == "__main__":
    sys.exit(run_tests(tests_in(globals())))
