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
DIRECTIONS = {"to": "to the device", "from": "from the device"}
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


def time_tables(lines):
    """A title and rows for each direction."""
    for direction, rows in read_times(lines).items():
        yield f"map and unmap, {DIRECTIONS[direction]} (ns)", [
            ["", *IMPLEMENTATIONS.values(), f"{BASE} ÷ {OURS}"],
            *([name, *(time_cell(by[implementation]) for implementation in IMPLEMENTATIONS),
               ratio_cell(by[BASE], by[OURS])] for name, by in rows.items())]


def count_tables(lines):
    """As above, with the direction in which ours does more."""
    counts = defaultdict(dict)
    for each in csv.DictReader(lines):
        name, number_of = each["row"], counts[each["row"]]
        number_of[each["implementation"]] = max(int(each["instructions"]), number_of.get(each["implementation"], 0))
    yield "map and unmap (instructions)", [
        ["", *IMPLEMENTATIONS.values(), f"{BASE} ÷ {OURS}"],
        *([name, *(f"{by[implementation]:,}" if implementation in by else MISSING for implementation in IMPLEMENTATIONS),
           f"{by[BASE] / by[OURS]:.2f}"] for name, by in counts.items())]


def put(document, name, text):
    """The document with a text in place of what was between the comments with its name."""
    pattern = rf"(?<=^\.\. {name} begins here\n\n).*?(?=^\.\. {name} ends here$)"
    new, found = re.subn(pattern, lambda _: f"{text}\n", document, flags=re.M | re.S)
    if found != 1:
        raise ValueError(f"no place for {name}")
    return new


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kind", choices=("times", "counts"))
    parser.add_argument("figures", type=Path)
    parser.add_argument("--about", default="")
    parser.add_argument("--document", type=Path)
    arguments = parser.parse_args()
    lines = arguments.figures.read_text().splitlines()
    tables = list({"times": time_tables, "counts": count_tables}[arguments.kind](lines))
    for title, rows in tables:
        print(f"{title}\n\n{markdown(rows)}")
    about = f".. {time.strftime('%Y-%m-%d')}: {arguments.about}\n"
    print(about)
    if arguments.document:
        text = "\n".join([about, *(csv_table(title, rows) for title, rows in tables)])
        arguments.document.write_text(put(arguments.document.read_text(), f"host {arguments.kind}", text))


if __name__ == "__main__":
    main()
