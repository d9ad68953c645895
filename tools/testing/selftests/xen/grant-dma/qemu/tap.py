# SPDX-License-Identifier: GPL-2.0-only
"""Prints test results as TAP, as they come."""

import contextlib
import io
import tempfile
import traceback
from pathlib import Path


class Tap:
    """A running count of results; the plan comes first where it is known, or last."""

    def __init__(self, plan=None):
        self.plan = plan
        self.count = 0
        self.failed = 0
        print("TAP version 13", flush=True)
        if plan is not None:
            print(f"1..{plan}", flush=True)

    def result(self, name, passed, why="", skipped=""):
        """One result; why it failed, as text or a list of lines, goes into diagnostics."""
        self.count += 1
        self.failed += not passed
        if not passed:
            text = why if isinstance(why, str) else "\n".join(map(str, why))
            print("".join(f"# {line}\n" for line in text.splitlines()), end="")
        skip = f" # SKIP {skipped}" if skipped else ""
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}{skip}", flush=True)

    def faults(self, name, faults):
        """One result, which passed if there are no faults."""
        self.result(name, not faults, faults or "")

    def skip(self, name, why):
        """One result that could not be had."""
        self.result(name, True, skipped=why)

    def end(self):
        """Print the plan; the exit status."""
        if self.plan is None:
            print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0


def tests_in(namespace):
    """The functions of a module that are tests, by their titles."""
    return [(name.removeprefix("test_").replace("_", " "), test)
            for name, test in namespace.items() if name.startswith("test_")]


def run_tests(tests, skipped=None):
    """Run tests, each with a directory of its own, as TAP; skipped holds reasons by title. The exit status."""
    tap = Tap(len(tests))
    for title, test in tests:
        if skipped and title in skipped:
            tap.skip(title, skipped[title])
            continue
        why, said = "", io.StringIO()
        with tempfile.TemporaryDirectory() as scratch, contextlib.redirect_stdout(said):
            try:
                test(Path(scratch))
            except Exception:
                why = said.getvalue() + traceback.format_exc()
        tap.result(title, not why, why)
    return tap.end()
