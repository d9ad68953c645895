# SPDX-License-Identifier: GPL-2.0-only
"""Reads test results: TAP, or the kernel's KTAP, in a log or line by line.

The kernel's own kunit_parser.py takes a plan that comes last, as ours does, for an error, does not notice "Bail out!", forgets
why a program skips all it has, and reads a whole log at once, where the results of a check are wanted as they come.
"""

import re
from collections import Counter
from typing import NamedTuple

LINE = re.compile(
    r"(?:\[ *\d+\.\d+\] ?)?(?P<indent> *)(?:# Subtest: (?P<subtest>.+)"
    r"|(?P<verdict>not ok|ok) \d+ ?(?:- )?(?P<name>.*?)(?P<skip> *# *(?i:skip)\b *(?P<reason>.*))?"
    r"|1\.\.(?P<plan>\d+)(?: *# *(?i:skip)\b *(?P<why_none>.*))?.*|(?P<bail_out>Bail out!.*))")
STAMP = re.compile(r"^(\[ *\d+\.\d+\] ?)?")


class Result(NamedTuple):
    """A result that holds no others."""

    groups: tuple  # names of those that hold it, the outermost first
    name: str
    ok: bool
    skipped: str  # the reason, or nothing
    output: str  # what was printed before it, since the last result

    @property
    def kind(self):
        """The word under which it counts."""
        return "skipped" if self.skipped else "passed" if self.ok else "failed"


class Level:
    """The results of one depth since the group that holds them began."""

    def __init__(self, depth):
        self.depth, self.name, self.plan, self.seen, self.failed = depth, "", None, 0, False


class Reader:
    """Results from lines given one by one.

    A result that has indented ones before it only groups them, so the innermost ones are kept. It is a fault where the
    results are not as many as planned, and where a group fails though all in it passed.
    """

    def __init__(self):
        self.results, self.faults = [], []
        self.plans, self.levels, self.output = 0, [], []

    def line(self, line):
        """Take a line in."""
        found = LINE.fullmatch(line.rstrip())
        if not found:
            self.output.append(STAMP.sub("", line.rstrip()))
            return
        depth = len(found["indent"])
        if found["bail_out"]:
            self.faults.append(found["bail_out"])
        elif found["subtest"]:
            self.begin(depth).name = found["subtest"]
        elif found["plan"]:
            self.plan(depth, int(found["plan"]), found["why_none"])
        else:
            skipped = (found["reason"] or "no reason given") if found["skip"] else ""
            self.result(depth, found["name"], found["verdict"] == "ok", skipped)

    def result(self, depth, name, ok, skipped):
        """A result: one to keep, or the end of a group."""
        group = self.end_above(depth)
        level = self.level(depth)
        level.seen += 1
        failed = not ok and not skipped
        level.failed |= failed
        if not group:
            names = tuple(outer.name for outer in self.levels if outer.name)
            self.results.append(Result(names, name, ok, skipped, "\n".join(self.output)))
        elif failed and not any(inner.failed for inner in group):
            self.faults.append(f"failed though all of its results passed: {name}")
        self.output = []

    def plan(self, depth, count, why_none):
        """A plan, which comes before its results or after them; no results at all count as one that is skipped."""
        level = self.begin(depth) if self.has_plan(depth) else self.level(depth)
        level.plan = count
        self.plans += 1
        if not count:
            self.result(depth, "all", True, why_none or "nothing is planned")
            level.plan = 1

    def has_plan(self, depth):
        """Whether the group of this depth is one of which the plan is known."""
        self.end_above(depth)
        return bool(self.levels) and self.levels[-1].depth == depth and self.levels[-1].plan is not None

    def begin(self, depth):
        """Start a group's results, ending those of the last group of this depth."""
        self.end_above(depth)
        level = self.level(depth)
        if not level.seen and level.plan is None:
            return level
        self.end(self.levels.pop())
        return self.level(depth)

    def level(self, depth):
        """The group of this depth."""
        if not self.levels or self.levels[-1].depth < depth:
            self.levels.append(Level(depth))
        return self.levels[-1]

    def end_above(self, depth):
        """End the groups deeper than this; those that had results or a plan."""
        ended = []
        while self.levels and self.levels[-1].depth > depth:
            ended.append(self.levels.pop())
            self.end(ended[-1])
        return [level for level in ended if level.seen or level.plan is not None]

    def end(self, level):
        """Hold a group against its plan."""
        if level.plan is not None and level.plan != level.seen:
            level.failed = True
            self.faults.append(f"{level.plan} results planned, {level.seen} seen")

    def close(self):
        """There are no more lines."""
        self.end_above(-1)
        return self

    def failures(self):
        """Failed results, each as its name and what was printed before it, and faults with what was printed last."""
        for each in self.results:
            if each.kind == "failed":
                yield ": ".join([*each.groups, each.name]), each.output.splitlines()
        yield from ((fault, self.output) for fault in self.faults)

    def counts(self):
        """How many results there are of each kind; a fault counts as a failed one."""
        count = Counter(result.kind for result in self.results)
        count["failed"] += len(self.faults)
        return count


def read(text):
    """All of a log."""
    reader = Reader()
    for line in text.splitlines():
        reader.line(line)
    return reader.close()


def summary(count):
    """Counts in words."""
    return ", ".join(f"{count[kind]} {kind}" for kind in ("passed", "failed", "skipped"))
