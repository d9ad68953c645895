# SPDX-License-Identifier: GPL-2.0-only
"""Run checks that print TAP, or the kernel's KTAP, and sum up their results.

Each argument is a lane, names of checks that run one after another; lanes run beside each other. A check is the make
target check-NAME; what it prints is shown after its name, and lies as it is in the directory. A result that has indented ones before it only groups them, so the
innermost ones are counted. A check also fails where its results are not as many as its plan says, where a group fails
though all in it passed, and where its exit status is not zero though its results say that all is well.
"""
import re
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

LINE = re.compile(r"(?:\[ *\d+\.\d+\] ?)?( *)(?:(not ok|ok)\b(.*)|(?:1\.\.(\d+))(.*)|(Bail out!.*))$")
SKIP = re.compile(r"# *skip", re.I)


class Level:
    """The results of one depth since the group that holds them began."""

    def __init__(self, depth):
        self.depth, self.plan, self.seen, self.failed = depth, None, 0, False


class Results(Counter):
    """Counts of passed, failed and skipped results, from lines given one by one."""

    def __init__(self):
        super().__init__(passed=0, failed=0, skipped=0)
        self.levels, self.faults = [], []

    def line(self, line):
        found = LINE.match(line.rstrip())
        if not found:
            return
        indent, result, text, plan, plan_text, bail_out = found.groups()
        if bail_out:
            self.fault(bail_out)
        elif plan:
            self.planned(len(indent), int(plan), plan_text)
        else:
            self.result(len(indent), result == "ok", text)

    def result(self, depth, ok, text):
        group = self.end_above(depth)
        level = self.level(depth)
        kind = "skipped" if SKIP.search(text) else "passed" if ok else "failed"
        level.seen += 1
        level.failed |= kind == "failed"
        if not group:
            self[kind] += 1
        elif kind == "failed" and not any(inner.failed for inner in group):
            self.fault(f"failed though all of its results passed:{text}")

    def planned(self, depth, count, text):
        self.end_above(depth)
        if self.levels and self.levels[-1].depth == depth and self.levels[-1].plan is not None:
            self.end(self.levels.pop())
        self.level(depth).plan = count
        if not count:
            self["skipped"] += 1

    def level(self, depth):
        if not self.levels or self.levels[-1].depth < depth:
            self.levels.append(Level(depth))
        return self.levels[-1]

    def end_above(self, depth):
        """End the levels deeper than this one, return those that had results or a plan."""
        ended = []
        while self.levels and self.levels[-1].depth > depth:
            ended.append(self.levels.pop())
            self.end(ended[-1])
        return ended

    def end(self, level):
        if level.plan is not None and level.plan != level.seen:
            level.failed = True
            self.fault(f"{level.plan} results planned, {level.seen} seen")

    def end_all(self, status):
        self.end_above(-1)
        if not any(self.values()):
            self.fault("no result")
        if status and not self["failed"]:
            self.fault(f"exit status {status}")

    def fault(self, text):
        self["failed"] += 1
        self.faults.append(text)

    def __str__(self):
        return ", ".join(f"{self[kind]} {kind}" for kind in ("passed", "failed", "skipped"))


def run(name, directory):
    results = Results()
    # What the checks have in common is made before them.
    command = ["make", "--no-print-directory", "--old-file=tree", f"check-{name}"]
    check = subprocess.Popen(command, text=True, errors="replace", stdout=subprocess.PIPE)
    with check, open(directory / f"{name}.tap", "w", buffering=1) as log:
        for line in check.stdout:
            print(f"{name}: {line}", end="", flush=True)
            log.write(line)
            results.line(line)
    results.end_all(check.returncode)
    for fault in results.faults:
        print(f"{name}: # {fault}", flush=True)
    return results


def main(directory, lanes):
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        done = pool.map(lambda lane: [(name, run(name, directory)) for name in lane.split()], lanes)
    checks = dict(each for lane in done for each in lane)
    total = Results()
    for results in checks.values():
        total.update(results)
    summary = "".join(f"{name}: {results}\n" for name, results in checks.items())
    (directory / "summary").write_text(summary)
    print(f"\n{summary}{total}")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
