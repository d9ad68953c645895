# SPDX-License-Identifier: GPL-2.0-only
"""What DMA and I/O cost in a guest, with the in-tree implementation and with ours.

bench.py DIRECTORY PART...    parts are listed in parts.py; results go to the directory

Guests with both kernels are booted in turns, in one session of Xen. Fails if a figure could
not be had, or if a log says that something is wrong, but not for the value of any figure.
"""

import os
import sys
from pathlib import Path

import bed
import results
from parts import IN_GUEST, KERNELS, PARTS


def guests(parts, turns):
    """The guests in their order, as (part, setup, kernel, guest); every other turn goes back."""
    for turn in range(turns):
        for part, setup in [(part, setup) for part in parts for setup in part.setups]:
            for kernel in sorted(KERNELS, reverse=turn % 2):
                if not (part.once and turn):
                    name = "-".join([part.name, *setup.paths, KERNELS[kernel], str(turn)])
                    yield part, setup, kernel, bed.Guest(
                        name, f"sh {IN_GUEST}/{part.name}.sh", kernel=kernel,
                        devices=setup.devices, files=part.files(kernel), **setup.options)


def collect(planned, done):
    """The figures of all guests, and what went wrong."""
    figures = results.Figures()
    problems = done.problems
    for part, setup, kernel, guest in planned:
        result = done[guest.name]
        if result.status:
            problems.append(f"{guest.name}: its commands failed\n{bed.tail(result.log)}")
        missing = figures.add(part, setup, kernel, part.read(result))
        if missing:
            problems.append(f"{guest.name}: not measured: {', '.join(missing)}")
    return figures, problems


def main(directory, names):
    """Measure and report."""
    turns = int(os.environ["BENCH_TURNS"])
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"bench: no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = [PARTS[name] for name in names]
    planned = list(guests(parts, turns))
    done = bed.boot("bench", [guest for *_, guest in planned])
    figures, problems = collect(planned, done)
    results.write(Path(directory), parts, figures, turns)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
