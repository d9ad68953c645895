# SPDX-License-Identifier: GPL-2.0-only
"""Whether a map and an unmap still take as few instructions as counts.csv says, as TAP.

  counts_test.py BENCH COMPILER          by the program, which that compiler made
  counts_test.py BENCH COMPILER --note   write counts.csv anew
"""
import csv
import subprocess
import sys
from pathlib import Path

from tap import Tap

KNOWN = Path(__file__).resolve().parent / "counts.csv"
OURS = ("page", "strict", "full")
SLACK = 1.03


def read(text):
    """Instructions by what was done."""
    return {tuple(each[:-1]): int(each[-1]) for each in list(csv.reader(text.splitlines()))[1:]}


def more(known, found):
    """What takes more instructions than is known of it, or was not counted."""
    return [f"{', '.join(what)}: {found.get(what, 'none')} instructions, {number} are known"
            for what, number in known.items() if found.get(what, number * 2) > number * SLACK]


def report(first, second, known, compiler, tap):
    """Judge two runs of the program by what is known, of a compiler."""
    made_by, _, known = known.partition("\n")
    tap.result("instructions are the same each time", first == second, f"{first}\n{second}")
    name = "a map and an unmap take no more instructions than is known"
    if made_by != f"# {compiler}":
        tap.skip(name, f"compiled by {compiler}, known is {made_by.removeprefix('# ')}")
    else:
        tap.faults(name, more(read(known), read(first)))


def note(counts, compiler):
    """Write down what of ours was counted."""
    heading, *lines = counts.splitlines(keepends=True)
    KNOWN.write_text("".join([f"# {compiler}\n", heading, *(line for line in lines if line.startswith(OURS))]))


def main(program, compiler, *options):
    version = subprocess.run([compiler, "-dumpfullversion"], text=True, capture_output=True, check=True)
    compiler = f"{Path(compiler).name} {version.stdout.strip()}"
    first, second = (subprocess.run([program, "count"], text=True, stdout=subprocess.PIPE, check=True).stdout
                     for _ in range(2))
    if "--note" in options:
        note(first, compiler)
        return 0
    tap = Tap(2 if read(first) else 1)
    if read(first):
        report(first, second, KNOWN.read_text(), compiler, tap)
    else:
        tap.skip("instructions are counted", "not on this processor")
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
