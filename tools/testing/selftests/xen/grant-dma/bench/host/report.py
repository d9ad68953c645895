# SPDX-License-Identifier: GPL-2.0-only
"""Tables from what the benchmark measured and counted as a program.

  report.py times FILE    ns of a map and an unmap: the least of all turns, and the median of the turns' medians
  report.py counts FILE   instructions of a map and an unmap
    --about TEXT          of the machine, compiler and kernel
    --document FILE       also put the tables into a document, between the comments that name them

A ratio says how much less time ours takes, strict, than the in-tree driver: of the least times, and of the medians in the
same turn, the median of all turns with the lowest and the highest.
"""
import argparse
import csv
import re
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent))
from tables import csv_table, markdown, number  # pylint: disable=wrong-import-position

BASE, OURS = "in-tree", "strict"
IMPLEMENTATIONS = {BASE: "in-tree", "page": "page", OURS: "strict", "full": "full", "direct": "dma-direct",
                   "copy": "copying alone", "entries": "entries alone"}
MISSING = "–"


def read_times(lines):
    """All (minimum, median) by direction, row, implementation, in the order of turns."""
    times = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for each in csv.DictReader(lines):
        times[each["direction"]][each["row"]][each["implementation"]].append(
            (float(each["minimum"]), float(each["median"])))
    return times


def least(turns):
    return min(minimum for minimum, _ in turns)


def median(turns):
    return statistics.median(middle for _, middle in turns)


def time_cell(turns):
    return f"{number(least(turns))} / {number(median(turns))}" if turns else MISSING


def ratio_cell(base, ours):
    """How much faster ours is; what was measured in the same turn is compared."""
    if not base or not ours:
        return MISSING
    by_turn = [theirs / mine for (_, theirs), (_, mine) in zip(base, ours, strict=True)]
    return (f"{least(base) / least(ours):.2f}, {statistics.median(by_turn):.2f} "
            f"({min(by_turn):.2f}–{max(by_turn):.2f})")


def time_table(lines):
    """Times to the device; from there, the ratio."""
    times = read_times(lines)
    yield ["", *IMPLEMENTATIONS.values(), f"{BASE} ÷ {OURS}", "from the device"]
    for name, by in times["to"].items():
        back = times["from"][name]
        yield [name, *(time_cell(by[implementation]) for implementation in IMPLEMENTATIONS),
               ratio_cell(by[BASE], by[OURS]), ratio_cell(back[BASE], back[OURS])]


def count_table(lines):
    """Instructions in the direction that takes more."""
    counts = defaultdict(lambda: defaultdict(list))
    for each in csv.DictReader(lines):
        counts[each["row"]][each["implementation"]].append(int(each["instructions"]))
    yield ["", *IMPLEMENTATIONS.values(), f"{BASE} ÷ {OURS}"]
    for name, by in counts.items():
        most = {implementation: max(numbers) for implementation, numbers in by.items()}
        yield [name, *(f"{most[each]:,}" if each in most else MISSING for each in IMPLEMENTATIONS),
               f"{most[BASE] / most[OURS]:.2f}"]


def put(document, name, text):
    """The document with a text in place of what was between the comments with its name."""
    pattern = rf"(?<=^\.\. {name} begins here\n\n).*?(?=^\.\. {name} ends here$)"
    new, found = re.subn(pattern, lambda _: f"{text}\n", document, flags=re.M | re.S)
    if found != 1:
        raise ValueError(f"no place for {name}")
    return new


TABLES = {"times": ("Map and unmap, to the device (ns)", time_table),
          "counts": ("Map and unmap (instructions)", count_table)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=TABLES)
    parser.add_argument("figures", type=Path)
    parser.add_argument("--about", default="")
    parser.add_argument("--document", type=Path)
    arguments = parser.parse_args()
    title, make = TABLES[arguments.kind]
    rows = list(make(arguments.figures.read_text().splitlines()))
    about = f"{time.strftime('%Y-%m-%d')}: {arguments.about}"
    print(f"{title}, {about}\n\n{markdown(rows)}")
    if arguments.document:
        text = f".. {about}\n\n{csv_table(title, rows)}"
        arguments.document.write_text(put(arguments.document.read_text(), f"host {arguments.kind}", text))


if __name__ == "__main__":
    main()
