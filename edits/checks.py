# SPDX-License-Identifier: GPL-2.0-only
"""Run checks that print TAP, or the kernel's KTAP, and sum up their results.

  checks.py DIRECTORY BESIDE ALONE

BESIDE and ALONE are names of checks. Those of BESIDE run two at a time, those of ALONE after them, one by one: a guest
under emulation takes two to three times as long beside a compiler. A check is the make target check-NAME; what it
prints is shown after its name, and lies as it is in the directory. A check also fails where it has no result, and where
its exit status is not zero though its results say that all is well. Last come the failures with the lines that explain
them, and then the counts.
"""
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from base import TOP, git
from ktap import Reader, summary

LINES = 15  # of what explains a failure
WIDTH = 200


def run(name, directory):
    """Run a check; its results, and how long it took."""
    start = time.monotonic()
    results = Reader()
    # What the checks have in common is made before them.
    command = ["make", "--no-print-directory", "--old-file=tree", f"check-{name}"]
    check = subprocess.Popen(command, text=True, errors="replace", stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)
    with check, open(directory / f"{name}.tap", "w", buffering=1) as log:
        for line in check.stdout:
            print(f"{name}: {line}", end="", flush=True)
            log.write(line)
            results.line(line)
    results.close()
    if not results.results:
        results.faults.append("no result")
    if check.returncode and not results.counts()["failed"]:
        results.faults.append(f"exit status {check.returncode}")
    for fault in results.faults:
        print(f"{name}: # {fault}", flush=True)
    seconds = time.monotonic() - start
    print(f"{name}: # took {seconds:.0f} s", flush=True)
    return results, seconds


def explain(name, results, log):
    """Print the failures of a check."""
    for failure, said in results.failures():
        print(f"{name}: failed: {failure}, see {log}")
        for line in said[-LINES:]:
            print(f"    {line[:WIDTH]}")


def keep(path, lines):
    """Note results for cover letters, beside those of other checks of the same commit."""
    commit = git("rev-parse", "HEAD", cwd=TOP)
    first, _, old = path.read_text().partition("\n") if path.exists() else ("", "", "")
    known = dict(line.split(": ", 1) for line in ((old if first == commit else "") + lines).splitlines())
    path.write_text(f"{commit}\n" + "".join(f"{name}: {result}\n" for name, result in known.items()))


def main(directory, *phases):
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    checks = {}
    for at_a_time, names in zip((2, 1), map(str.split, phases)):
        with ThreadPoolExecutor(at_a_time) as pool:
            checks |= zip(names, pool.map(lambda name: run(name, directory), names))
    total = sum((results.counts() for results, _ in checks.values()), Counter())
    keep(directory / "summary",
         "".join(f"{name}: {summary(results.counts())}\n" for name, (results, _) in checks.items()))
    print()
    for name, (results, _) in checks.items():
        explain(name, results, directory / f"{name}.tap")
    for name, (results, seconds) in checks.items():
        print(f"{name}: {summary(results.counts())}, in {seconds:.0f} s")
    print(summary(total))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
