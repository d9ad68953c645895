#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Runs the fuzzer: first the calls in seeds/, then random ones, and prints KTAP.

A seed must pass, unless expected-faults names it: it is then a fault that is known, which must still be found, and
which is not looked for in what is random. Where nothing is found any more, the fault is to be taken off the list.

	fuzz.py PROGRAM [--seconds 6 | --sequences 40] [--seed N] [--out DIR]
	fuzz.py PROGRAM --shorten FILE		the calls in a file that are needed for what they find
	fuzz.py PROGRAM --show FILE		what the calls in a file find
"""

import argparse
import pathlib
import random
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# Of random sequences, those that everybody runs.
FIXED_SEED = 1


def expected_faults():
    """A dictionary: name of a seed to the fault's and what must be said of it."""
    faults = {}
    for line in (HERE / "expected-faults").read_text().splitlines():
        if line and not line.startswith("#"):
            fault, seed, text = line.split(None, 2)
            faults[seed] = fault, text
    return faults


def run(program, arguments):
    """The exit status of the fuzzer, and what it printed."""
    done = subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          errors="replace", check=False)
    return done.returncode, done.stdout


def found(output):
    """What a violation or a crash says, without numbers; None if there is neither."""
    match = re.search(r"violation: (.*)|(AddressSanitizer: \S+|runtime error: .*)", output)
    return match and re.sub(r"0x[0-9a-f]+|\d+", "N", match[1] or match[2])


class Results:
    """KTAP, as it comes."""

    def __init__(self, count):
        self.count = self.failed = 0
        print(f"KTAP version 1\n1..{count}", flush=True)

    def add(self, name, fault, output=""):
        """A test fails if there is a @fault."""
        self.count += 1
        self.failed += bool(fault)
        if fault:
            print("\n".join(f"# {line}" for line in [fault, *output.splitlines()[-40:]]))
        print(f"{'not ok' if fault else 'ok'} {self.count} {name}", flush=True)


def replay(results, program, seed, expected, known):
    """Runs a file of calls: by each level, where it must pass."""
    repeat = f"repeat: {program} {seed} -v -k '{known}'"
    if seed.name not in expected:
        for level in "page", "strict", "full":
            status, output = run(program, ["-k", known, "-l", level, seed])
            if status:
                break
        wrong = status and f"{found(output) or 'it ends'} by {level}; {repeat} -l {level}"
        results.add(f"seed {seed.name}", wrong, output)
        return
    fault, text = expected[seed.name]
    others = " ".join(name for name in known.split() if name != fault)
    status, output = run(program, ["-k", others, seed])
    wrong = None
    if not status:
        wrong = f"{fault} is mended: take it off the list expected-faults"
    elif text not in output:
        wrong = f"{fault} shows as something else: '{text}' was expected"
    if not wrong:
        status, output = run(program, ["-k", known, seed])
        wrong = status and f"there is more than {fault}; {repeat}"
    results.add(f"seed {seed.name}: {fault} is known", wrong, output)


def fuzz(results, program, seed, known, limit, out):
    """Random calls, with a limit that the program knows as an option."""
    arguments = ["-k", known, "-r", str(seed), *limit, "-o", str(out)]
    status, output = run(program, arguments)
    print("".join(re.findall(r"^# [0-9]+ sequences$", output, re.M)) or "# no sequences")
    files = re.findall(r"^(\S+\.calls)$", output, re.M)
    shorten_it = f"{HERE / 'fuzz.py'} {program} --shorten {' '.join(files[:1])}"
    wrong = status and f"found something; shorten it: {shorten_it}"
    results.add(f"random calls from seed {seed} on", wrong, output)


def shorten(program, path, known):
    """Prints the calls of a file that are needed for what all of them find."""
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    short = path.with_suffix(".short")

    def finds(some):
        short.write_text("\n".join(some) + "\n")
        return found(run(program, ["-k", known, short])[1])

    what = finds(lines)
    step = len(lines)
    while what and step:
        at = 1  # the level stays
        while at < len(lines):
            less = lines[:at] + lines[at + step:]
            if finds(less) == what:
                lines = less
            else:
                at += step
        step //= 2
    short.write_text("\n".join(lines) + "\n")
    print(f"# {what}")
    print(short.read_text(), end="")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--seconds", type=int, default=6, help="for random calls")
    parser.add_argument("--sequences", type=int, help="how many, instead, in each of two runs")
    parser.add_argument("--seed", type=int, help="of random calls, instead of a new one")
    parser.add_argument("--out", type=pathlib.Path, help="where calls go that find something; beside the program")
    parser.add_argument("--shorten", type=pathlib.Path)
    parser.add_argument("--show", type=pathlib.Path)
    parser.add_argument("--all-faults", action="store_true", help="look for those that are known, too")
    args = parser.parse_args()
    expected = expected_faults()
    known = "" if args.all_faults else " ".join(sorted({fault for fault, _ in expected.values()}))

    if args.shorten:
        return shorten(args.program, args.shorten, known)
    if args.show:
        status, output = run(args.program, ["-v", "-k", known, args.show])
        print(output, end="")
        return status
    out = args.out or pathlib.Path(args.program).parent
    out.mkdir(parents=True, exist_ok=True)
    seeds = sorted((HERE / "seeds").glob("*.calls"))
    results = Results(len(seeds) + 2)
    for seed in seeds:
        replay(results, args.program, seed, expected, known)
    fresh = random.SystemRandom().randrange(1 << 32) if args.seed is None else args.seed
    limit = ["-n", str(args.sequences)] if args.sequences else ["-s", str(args.seconds // 2)]
    for seed in FIXED_SEED, fresh:
        fuzz(results, args.program, seed, known, limit, out)
    return results.failed > 0


if __name__ == "__main__":
    sys.exit(main())
