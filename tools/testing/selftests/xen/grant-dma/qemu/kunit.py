# SPDX-License-Identifier: GPL-2.0-only
"""Reads the results of KUnit's suites out of a kernel's log."""

import re
from dataclasses import dataclass

STAMP = re.compile(r"^(\[\s*[\d.]+\] )?")
RESULT = re.compile(r"( *)(ok|not ok) \d+ (?:- )?(\S+)(?: # (SKIP.*))?")
SUITE = re.compile(r" *# Subtest: (\S+)")


@dataclass
class Case:
    """A case of a suite; a parameterised one stands for all its parameters."""

    suite: str
    name: str
    ok: bool
    skipped: str  # the reason, or nothing
    why: str  # what it printed if it failed


def cases(log):
    """All cases in a log."""
    found, suites, lines = [], [], []
    for line in log.splitlines():
        line = STAMP.sub("", line)
        if subtest := SUITE.match(line):
            # Suites are indented by four, their parameterised cases by eight.
            depth = (len(line) - len(line.lstrip())) // 4
            suites[depth - 1:] = [subtest[1]]
            continue
        result = RESULT.fullmatch(line)
        if not result:
            lines.append(line)
            continue
        indent, verdict, name, skipped = result.groups()
        if len(indent) == 4 and suites:
            failed = verdict != "ok"
            found.append(Case(suites[0], name, not failed, skipped or "",
                              "\n".join(lines) if failed else ""))
        if len(indent) <= 4:
            lines = []
    return found
