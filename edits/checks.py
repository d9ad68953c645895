# SPDX-License-Identifier: GPL-2.0-only
"""Run checks that print TAP, or the kernel's KTAP, and sum up their results.

Each argument is a lane, names of checks that run one after another; lanes run beside each other. A check is the make
target check-NAME; what it prints is shown after its name, and lies as it is in the directory. A check also fails where
it has no result, and where its exit status is not zero though its results say that all is well.
"""
import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from base import TOP, git
from ktap import Reader, summary


def run(name, directory):
    results = Reader()
    # What the checks have in common is made before them.
    command = ["make", "--no-print-directory", "--old-file=tree", f"check-{name}"]
    check = subprocess.Popen(command, text=True, errors="replace", stdout=subprocess.PIPE)
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
    return results.counts()


def keep(path, lines):
    """Note results for cover letters, beside those of other checks of the same commit."""
    commit = git("rev-parse", "HEAD", cwd=TOP)
    first, _, old = path.read_text().partition("\n") if path.exists() else ("", "", "")
    known = dict(line.split(": ", 1) for line in ((old if first == commit else "") + lines).splitlines())
    path.write_text(f"{commit}\n" + "".join(f"{name}: {result}\n" for name, result in known.items()))


def main(directory, lanes):
    directory = Path(directory)
    directory.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        done = pool.map(lambda lane: [(name, run(name, directory)) for name in lane.split()], lanes)
    checks = dict(each for lane in done for each in lane)
    total = sum(checks.values(), Counter())
    lines = "".join(f"{name}: {summary(count)}\n" for name, count in checks.items())
    keep(directory / "summary", lines)
    print(f"\n{lines}{summary(total)}")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
