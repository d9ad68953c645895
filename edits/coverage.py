# SPDX-License-Identifier: GPL-2.0-only
"""Tell which lines and branches of the driver ran.

  coverage.py --tree TREE --out DIRECTORY
  coverage.py --tree TREE --objects DIRECTORY --counts DIRECTORY --gcov aarch64-linux-gnu-gcov

The first builds the tests on the host and runs them, and fails if a source that is tested there did not run at all. The
second reads what a guest's kernel counted: objects lie with what gcc noted of them (.gcno) where that was built, counts
(.gcda) where they were copied to.
"""
import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from itertools import zip_longest
from pathlib import Path

from base import Fault
from mutants import DRIVER, HOST, MAKE, NOT_OK, NOT_ON_HOST, TABLE, TESTS, added_lines, run


class Lines:
    """How often each line ran, and each branch of a line."""

    def __init__(self):
        self.counts, self.branches = {}, {}

    def add(self, line):
        number = line["line_number"]
        self.counts[number] = self.counts.get(number, 0) + line["count"]
        # A header's are in several objects; where they differ there, the longer one is right.
        pairs = zip_longest(self.branches.get(number, []), (each["count"] for each in line["branches"]), fillvalue=0)
        self.branches[number] = [sum(pair) for pair in pairs]

    def only(self, numbers):
        """Those of some lines."""
        kept = Lines()
        kept.counts = {number: count for number, count in self.counts.items() if number in numbers}
        kept.branches = {number: counts for number, counts in self.branches.items() if number in numbers}
        return kept

    def missing(self):
        return sorted(number for number, count in self.counts.items() if not count)

    def missing_branches(self):
        """Lines that ran, of which not all branches were taken."""
        return sorted(number for number, counts in self.branches.items() if self.counts[number] and not all(counts))

    def totals(self):
        """Lines that ran, all of them, and so for branches."""
        branches = [count for counts in self.branches.values() for count in counts]
        return [sum(map(bool, self.counts.values())), len(self.counts), sum(map(bool, branches)), len(branches)]


def read(data, gcov):
    """What gcov makes of one file of data, by source."""
    done = subprocess.run([gcov, "--json-format", "--stdout", "--branch-probabilities", data], text=True,
                          capture_output=True)
    if done.returncode:
        raise Fault(f"{gcov}: {done.stderr.strip()}")
    # One document for each file of data, a line each.
    for document in map(json.loads, done.stdout.splitlines()):
        for source in document["files"]:
            yield Path(document["current_working_directory"]) / source["file"], source["lines"]


def ours(path):
    """The name under which a source of ours is shown, None for others."""
    path = path.resolve()
    if path.parent.match(DRIVER):
        return f"{DRIVER}/{path.name}"
    return TABLE if path.match(TABLE) else None


def gather(objects, counts, gcov):
    """Lines of all sources of ours, by their names."""
    files = {}
    with tempfile.TemporaryDirectory() as scratch:
        for notes in objects.rglob("*.gcno"):
            data = counts / (notes.relative_to(objects) if counts == objects else notes.absolute().relative_to("/"))
            data = data.with_suffix(".gcda")
            # gcov wants both at one place; what never ran has no data.
            (Path(scratch) / notes.name).write_bytes(notes.read_bytes())
            if data.exists():
                (Path(scratch) / data.name).write_bytes(data.read_bytes())
            for path, lines in read(Path(scratch) / notes.name, gcov):
                name = ours(path)
                for line in lines if name else ():
                    files.setdefault(name, Lines()).add(line)
    return files


def spans(numbers):
    """Numbers as text, consecutive ones together."""
    found = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(first) if first == last else f"{first}-{last}" for first, last in found)


def row(name, ran, lines, taken, branches):
    def percent(part, whole):
        return f"{part:5}/{whole:<5} " + (f"{100 * part / whole:5.1f} %" if whole else "      -")
    return f"{name:40} {percent(ran, lines)}  {percent(taken, branches)}"


def report(files):
    """A table, and what is missing."""
    table = [f"{'':40} {'lines':>19}  {'branches':>19}"]
    table += [row(name, *lines.totals()) for name, lines in sorted(files.items())]
    table.append(row("all", *map(sum, zip(*(lines.totals() for lines in files.values())))))
    for name, lines in sorted(files.items()):
        for what, missing in (("did not run", lines.missing()), ("branches not taken", lines.missing_branches())):
            if missing:
                table.append(f"{name}: {what}: {spans(missing)}")
    return "\n".join(table)


def run_tests(tree, out):
    """Build the tests with counters in a copy of their directory, and run them all; where the objects are."""
    shutil.rmtree(out, ignore_errors=True)
    host = shutil.copytree(tree / HOST, out / HOST)
    for test in TESTS:
        test = test(build="gcov")
        status, said = run([*MAKE, f"KERNEL={tree}", *test.make], host)
        if not status:
            status, said = run(test.command, host)
        if status != 0 or NOT_OK.search(said):
            raise Fault(f"{test.name} fails:\n{said[-2000:]}")
    return host / "build/gcov"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, required=True, help="the patched kernel")
    parser.add_argument("--out", type=Path, help="where the tests are built")
    parser.add_argument("--objects", type=Path)
    parser.add_argument("--counts", type=Path)
    parser.add_argument("--gcov", default="gcov")
    args = parser.parse_args()
    objects = args.objects or run_tests(args.tree.absolute(), args.out.absolute())
    files = gather(objects, args.counts or objects, args.gcov)
    if TABLE in files:
        files[TABLE] = files[TABLE].only(added_lines(args.tree, TABLE))
    left_out = () if args.objects else NOT_ON_HOST
    files = {name: lines for name, lines in files.items() if Path(name).stem not in left_out}
    print(report(files))
    if left_out:
        print(f"A kernel's alone, see make coverage-guest: {', '.join(left_out)}")
    sources = {f"{DRIVER}/{path.name}" for path in (args.tree / DRIVER).glob("*.c") if path.stem not in left_out}
    lacking = sorted(sources - {name for name, lines in files.items() if any(lines.counts.values())})
    if lacking:
        raise Fault(f"not a line ran of {', '.join(lacking)}")


if __name__ == "__main__":
    try:
        main()
    except Fault as fault:
        sys.exit(f"coverage: {fault}")
