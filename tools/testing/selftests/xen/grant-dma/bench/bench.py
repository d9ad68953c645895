# SPDX-License-Identifier: GPL-2.0-only
"""What DMA and I/O cost in a guest, with the in-tree implementation and with ours,
which isolates backends strictly, by page, or fully.

bench.py DIRECTORY PART...    parts are listed in parts.py; results go to the directory

Guests with each are booted in turns, in one session of Xen but for those without it. Fails if a figure could
not be had, or if a log says that something is wrong, but not for the value of any figure.
"""

import os
import sys
from pathlib import Path

import bed
import results
from parts import IMPLEMENTATIONS, IN_GUEST, OURS, PARTS


def measured(part, setup, name, turn):
    """Whether a guest is of use; what stands beside grants stands beside ours."""
    wanted = name == OURS or ("grants" in setup.paths and name in part.implementations)
    return wanted and not (part.once and turn)


def guest(part, setup, name, turn):
    """The guest in which a setup is measured with an implementation."""
    implementation = IMPLEMENTATIONS[name]
    options = dict(setup.options)
    options["cmdline"] = f"{options.get('cmdline', '')} {implementation.cmdline}".strip()
    return bed.Guest("-".join([part.name, *setup.paths, name, str(turn)]),
                     f"sh {IN_GUEST}/{part.name}.sh", kernel=implementation.kernel,
                     devices=setup.devices, files=part.files(implementation), **options)


def guests(parts, turns):
    """The guests in their order, as (part, setup, implementation, guest); turns alternate."""
    for turn in range(turns):
        for part, setup in [(part, setup) for part in parts for setup in part.setups]:
            for name in list(IMPLEMENTATIONS)[::-1 if turn % 2 else 1]:
                if measured(part, setup, name, turn):
                    yield part, setup, name, guest(part, setup, name, turn)


def boot(planned):
    """Boot all guests, those of Xen in one session of it; what became of them."""
    of_xen = [each for part, _, _, each in planned if not part.without_xen]
    done = bed.boot("bench", of_xen) if of_xen else bed.Results(None)
    for part, _, _, each in planned:
        if part.without_xen:
            done[each.name] = bed.boot_guest_without_xen(each)
    return done


def collect(planned, done):
    """The figures of all guests, and what went wrong."""
    figures = results.Figures()
    problems = done.problems
    for part, setup, name, each in planned:
        result = done[each.name]
        if result.status:
            problems.append(f"{each.name}: its commands failed\n{bed.tail(result.log)}")
        missing = figures.add(part, setup, name, part.read(result))
        if missing:
            problems.append(f"{each.name}: not measured: {', '.join(missing)}")
    return figures, problems


def main(directory, names):
    """Measure and report."""
    turns = int(os.environ["BENCH_TURNS"])
    unknown = set(names) - set(PARTS)
    if unknown:
        sys.exit(f"bench: no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    parts = [PARTS[name] for name in names]
    planned = list(guests(parts, turns))
    figures, problems = collect(planned, boot(planned))
    results.write(Path(directory), parts, figures, turns)
    for problem in problems:
        print(problem)
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
