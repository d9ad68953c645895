# SPDX-License-Identifier: GPL-2.0-only
"""Prints test results as TAP, as they come."""


class Tap:
    """A running count of results."""

    def __init__(self):
        self.count = 0
        self.failed = 0
        print("TAP version 13", flush=True)

    def result(self, name, passed, why="", skipped=""):
        """One result; why it failed, as text or a list of lines, goes into diagnostics."""
        self.count += 1
        self.failed += not passed
        if not passed:
            text = why if isinstance(why, str) else "\n".join(map(str, why))
            print("".join(f"# {line}\n" for line in text.splitlines()), end="")
        skip = f" # SKIP {skipped}" if skipped else ""
        print(f"{'ok' if passed else 'not ok'} {self.count} - {name}{skip}", flush=True)

    def end(self):
        """Print the plan; the exit status."""
        print(f"1..{self.count}", flush=True)
        return 1 if self.failed else 0
