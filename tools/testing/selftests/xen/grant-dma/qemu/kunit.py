# SPDX-License-Identifier: GPL-2.0-only
"""Reads the results of KUnit's suites out of a kernel's log."""

import re
from dataclasses import dataclass

STAMP = re.compile(r"^(\[\s*[\d.]+\] )?")
RESULT = re.compile(r"( *)(ok|not ok) \d+ (?:- )?(.*?)(?: # SKIP ?(.*))?")
SUBTEST = re.compile(r"( *)# Subtest: (\S+)")


@dataclass
class Case:
    """A case of a suite, or one with one of its parameters."""

    suite: str
    name: str
    ok: bool
    skipped: str  # the reason, or nothing
    why: str  # what it printed if it failed


def cases(log):
    """All cases in a log."""
    found, lines = [], []
    suite = parameterised = None
    for line in log.splitlines():
        line = STAMP.sub("", line)
        if subtest := SUBTEST.fullmatch(line):
            # Suites are indented by four, cases with parameters by eight.
            indent, name = subtest.groups()
            suite, parameterised = (name, None) if len(indent) == 4 else (suite, name)
            continue
        result = RESULT.fullmatch(line)
        if not result:
            lines.append(line)
            continue
        indent, verdict, name, skipped = result.groups()
        if len(indent) == 4 and name == parameterised:
            parameterised = None  # its parameters were listed
        elif indent:
            ok = verdict == "ok"
            found.append(Case(suite, f"{parameterised}: {name}" if parameterised else name, ok,
                              "" if skipped is None else skipped or "no reason given",
                              "" if ok else "\n".join(lines)))
        lines = []
    return found
