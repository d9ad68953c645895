# SPDX-License-Identifier: GPL-2.0-only
"""Judges, which read results out of what a guest left.

A judge takes a guest's bed.Result and yields results: name, passed, why not, and the reason where it was skipped.
A skipped result counts only where the guest's test names it. A guest of which nothing passed has failed.
"""

import re
import traceback
from dataclasses import dataclass, field
from typing import Callable

import bed
import ktap
from paths import KDIR


@dataclass
class Test:
    """A guest, and what reads results out of it."""

    guest: bed.Guest
    judge: Callable
    may_skip: dict = field(default_factory=dict)  # patterns of whole names of results -> why they can't be had there
    provokes: bool = False  # trouble in its logs is for its judge to look at


def also(judge, test):
    """A test that another judge reads results of, too, first."""
    def both(result):
        yield from judge(result)
        yield from test.judge(result)
    return Test(test.guest, both, test.may_skip, test.provokes)


def status_is_zero(what):
    """A judge for commands that are a check."""
    def judge(result):
        yield what, result.status == 0, bed.tail(result.log), ""
    return judge


def kunit_cases(tree=KDIR, everywhere=False):
    """Our KUnit cases as the sources of a kernel tree define them, or those of every configuration: suite and case."""
    for source in [*(tree / "drivers/xen/grant-dma/tests").glob("*.c"), *(tree / "drivers/virtio").glob("*_test.c")]:
        text = source.read_text()
        if everywhere:
            text = re.sub(r"^#if.*?^#endif", "", text, flags=re.M | re.S)
        arrays = dict(re.findall(r"struct kunit_case (\w+)\[\] = \{(.*?)\n\};", text, re.S))
        for suite in re.findall(r"struct kunit_suite \w+ = \{(.*?)\n\};", text, re.S):
            name, cases = (re.search(pattern, suite)[1] for pattern in (r'\.name = "(\w+)"', r"\.test_cases = (\w+)"))
            yield from ((name, case) for case in re.findall(r"KUNIT_CASE\w*\((\w+)", arrays[cases]))


def kunit_results(text, cases):
    """Results in a kernel's log: each case, which may have some for its parameters, and whether all of them ran."""
    kunit = ktap.read(text)
    for each in kunit.results:
        yield ".".join([*each.groups, each.name]), each.ok or bool(each.skipped), each.output, each.skipped
    ran = {(*each.groups, each.name)[:2] for each in kunit.results}
    missing = [".".join(case) for case in cases if case not in ran]
    yield "all cases of all suites ran", not missing, ["missing:", *missing], ""
    yield "KUnit ran what it planned", kunit.plans and not kunit.faults, kunit.faults, ""


def judge_kunit(result):
    """What KUnit reported at boot."""
    yield from kunit_results(result.text.partition("bed: commands start")[0], list(kunit_cases()))


def judge_kselftest(result, programs, devices):
    """Each result of each program, that a program said all it planned, and that the devices behind grants were seen."""
    for program in programs:
        output = result.out / f"{program}.ktap"
        text = output.read_text(errors="replace") if output.exists() else ""
        said = ktap.read(text)
        for each in said.results:
            yield f"{program}: {each.name}", each.ok, [*each.output.splitlines()[-10:], f"see {output}"], each.skipped
        status = re.search(r"^status (\d+)", text, re.M)
        count = said.counts()
        complete = (said.plans and not said.faults and count["passed"] and status
                    and (status[1] == "0" or count["failed"]))
        yield (f"{program}: complete", bool(complete),
               [ktap.summary(count), *said.faults, f"see {output}", *text[-1500:].splitlines()], "")
        if program == "devices.sh":
            found = text.count(" has its drivers\n")
            yield f"{program}: each device was looked at", found == len(devices), f"{found} of {len(devices)}", ""


def is_allowed(test, name):
    """Whether a result may be skipped."""
    return any(re.fullmatch(pattern, name) for pattern in test.may_skip)


def results_of(test, result):
    """What a test's judge says. A skipped result that the test does not name has failed, and so has a judge that raises."""
    counts = False
    try:
        for name, passed, why, skipped in test.judge(result):
            if skipped and not is_allowed(test, name):
                passed, why, skipped = False, f"skipped, which it may not be here: {skipped}", ""
            counts |= not passed or not skipped
            yield name, bool(passed), why, skipped
    except Exception:
        counts = True
        yield "could be judged", False, traceback.format_exc(), ""
    if not counts:
        yield "some result", False, f"nothing was tested\n{bed.tail(result.log)}", ""


def outcome(test, result):
    """A guest's results under its name, and whether it was sound."""
    results = list(results_of(test, result))
    if not test.provokes:
        results.append(("no trouble in its logs", not result.problems, result.problems, ""))
    return [(f"{test.guest.name}: {name}", *rest) for name, *rest in results]


def report(tap, results, kept=False):
    """Print results, marked where they are kept ones."""
    for name, passed, why, skipped in results:
        tap.result(f"{name} (kept)" if kept else name, passed, why, skipped)
