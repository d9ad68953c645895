# SPDX-License-Identifier: GPL-2.0-only
"""Run checks that print TAP, or the kernel's KTAP, and sum up their results.

  checks.py DIRECTORY [--alone "NAME..."] [--keep "NAME..."] [--then "NAME..."] [--budget MINUTES --since SECONDS]
            NAME[:KERNEL...]...

The checks run in the order given, two at a time, but those named with --alone one by one: a guest under emulation takes
two to three times as long beside a compiler. A check is the make target check-NAME; what it prints is shown after its
name, and lies as it is in the directory. KERNELs are the directories of those that it builds. A check also fails where
it has no result, and where its exit status is not zero though its results say that all is well. Last come the failures
with the lines that explain them, and then the counts with the names of what failed.

Those named with --keep do not run where they passed with the same files (repeated.py): their results are taken again.

With a budget, counted from that moment of the machine's uptime, those named with --then begin at another one for each
commit, and a check that may not end in time is skipped: MARGIN times what such runs took before must be left. Of those
before them, only one that builds what was never built. What still runs when the budget is used up is ended: the rest of
it is skipped, but if it has said nothing for SILENCE seconds, it hangs, and has failed.
"""
import argparse
import re
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path

import repeated
import speed
from base import TOP, git
from estimates import Estimates
from ktap import Reader, summary

LINES = 15  # of what explains a failure
WIDTH = 200
AT_A_TIME = 2
MARGIN = 1.3
SILENCE = 600


def uptime():
    """Seconds of a clock that all programs share, and that nobody sets."""
    return float(Path("/proc/uptime").read_text().split()[0])


class Check:
    """A check, and what became of it."""

    def __init__(self, word, directory, needed=False):
        self.name, *self.kernels = word.split(":")
        self.needed = needed  # if it can be had for the time that there is
        self.log = directory / f"{self.name}.tap"
        self.results, self.seconds, self.process = Reader(), 0, None
        self.overdue = None  # seconds for which it had said nothing when it was ended
        # What the checks have in common is made before them.
        self.command = ["make", "--no-print-directory", "--old-file=tree", f"check-{self.name}"]
        self.began = None  # seconds until it had built what it needs, as results come after that

    def skip(self, what, reason):
        """It does not run, or its rest does not."""
        print(f"{self.name}: # skipped: {what}: {reason}", flush=True)
        self.results.line(f"ok 1 - {what} # SKIP {reason}")

    def take(self, log):
        """It does not run, as it passed before."""
        print(f"{self.name}: # kept, as all passed with the same files: {log}", flush=True)
        for line in log.read_text().splitlines():
            self.results.line(line)
        self.results.close()

    def run(self):
        """Run it to its end."""
        start = self.heard = time.monotonic()
        self.process = subprocess.Popen(self.command, text=True, errors="replace", stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        with self.process, open(self.log, "w", buffering=1) as log:
            for line in self.process.stdout:
                print(f"{self.name}: {line}", end="", flush=True)
                log.write(line)
                if self.overdue is None:  # what it says of its end is no result
                    self.results.line(line)
                self.heard = time.monotonic()
                if self.began is None and re.match("(TAP|KTAP) version", line):
                    self.began = time.monotonic() - start
        self.close()
        self.seconds = time.monotonic() - start
        print(f"{self.name}: # took {self.seconds:.0f} s", flush=True)

    def close(self):
        """Find fault with the run as a whole."""
        self.results.close()
        faults = self.results.faults
        if self.overdue is not None:
            faults.clear()  # of results that were planned
            if self.overdue < SILENCE:
                return self.skip("the rest", "the time was up")
            faults.append(f"said nothing for {self.overdue:.0f} s, and was ended")
        elif not self.results.results:
            faults.append("no result")
        if self.process.returncode and not self.results.counts()["failed"]:
            faults.append(f"exit status {self.process.returncode}")
        for fault in faults:
            print(f"{self.name}: # {fault}", flush=True)

    def end(self):
        """End it, the second time by force; make's shell (ending.py) ends what it started."""
        if self.process and self.process.poll() is None:
            end = self.process.terminate if self.overdue is None else self.process.kill
            self.overdue = self.overdue or time.monotonic() - self.heard
            end()

    def explain(self):
        """Print its failures."""
        for failure, said in self.results.failures():
            print(f"{self.name}: failed: {failure}, see {self.log}")
            for line in said[-LINES:]:
                print(f"    {line[:WIDTH]}")

    def sum_up(self):
        """Print how many results there are of each kind, and which failed: the end of a log may be all that is kept."""
        print(f"{self.name}: {summary(self.results.counts())}, in {self.seconds:.0f} s")
        for failure, _ in list(self.results.failures())[:LINES]:
            print(f"    failed: {failure[:WIDTH]}")


class Budget:
    """The time that there is; without one, as much as it takes."""

    def __init__(self, minutes, since, estimates):
        self.minutes, self.since, self.estimates = minutes, since, estimates

    def left(self):
        """Seconds until it is used up."""
        return self.minutes * 60 - (uptime() - self.since)

    def refuses(self, check):
        """Why a check can't start any more, or nothing."""
        if not self.minutes:
            return ""
        takes, left = MARGIN * self.estimates.of(check) / 60, max(self.left(), 0) / 60
        if left and check.needed and self.estimates.has_all(check):
            return ""
        return takes >= left and f"may take {takes:.0f} min, of {self.minutes} there are {left:.0f} left"

    def wait(self, running):
        """Wait until a check ends. When the time is up they are ended."""
        patience = max(self.left(), 5) if self.minutes else None
        done, rest = wait(running, patience, FIRST_COMPLETED)
        if not done:
            for future in rest:
                running[future].end()
        return done


def run_all(checks, alone, budget, states):
    """Run checks in their order, but for those that passed in the state that they have."""
    running = {}

    def fits(check):
        busy = [each.name for each in running.values()]
        return not busy or len(busy) < AT_A_TIME and check.name not in alone and busy[0] not in alone

    def finish_some():
        for future in budget.wait(running):
            check = running.pop(future)
            future.result()
            budget.estimates.learn(check)
            if check.name in states:
                repeated.keep(check, states[check.name])
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        try:
            for check in checks:
                if check.name in states and (log := repeated.find(states[check.name])):
                    check.take(log)
                    continue
                while not fits(check):
                    finish_some()
                if reason := budget.refuses(check):
                    check.skip(check.name, reason)
                else:
                    running[pool.submit(check.run)] = check
            while running:
                finish_some()
        finally:
            for check in running.values():
                check.end()


def keep(path, lines):
    """Note results for cover letters, beside those of other checks of the same commit."""
    commit = git("rev-parse", "HEAD", cwd=TOP)
    first, _, old = path.read_text().partition("\n") if path.exists() else ("", "", "")
    known = dict(line.split(": ", 1) for line in ((old if first == commit else "") + lines).splitlines())
    path.write_text(f"{commit}\n" + "".join(f"{name}: {result}\n" for name, result in known.items()))


def rotated(words):
    """The same words, beginning at another one for each commit."""
    first = int(git("rev-parse", "HEAD", cwd=TOP), 16) % max(len(words), 1)
    return words[first:] + words[:first]


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("directory", type=Path)
    parser.add_argument("--alone", type=str.split, default=[])
    parser.add_argument("--keep", type=str.split, default=[])
    parser.add_argument("--then", type=str.split, default=[])
    parser.add_argument("--budget", type=int)
    parser.add_argument("--since", type=float, default=0)
    parser.add_argument("checks", nargs="*")
    arguments = parser.parse_intermixed_args()
    arguments.directory.mkdir(parents=True, exist_ok=True)
    pace = speed.measure()
    print(f"this machine takes {pace:.1f} s for a fixed piece of compiling", flush=True)
    then = rotated(arguments.then) if arguments.budget else arguments.then
    checks = [Check(word, arguments.directory, needed=True) for word in arguments.checks]
    checks += [Check(word, arguments.directory) for word in then]
    run_all(checks, arguments.alone, Budget(arguments.budget, arguments.since, Estimates(pace)),
            {name: repeated.state(name) for name in arguments.keep})
    total = sum((check.results.counts() for check in checks), Counter())
    keep(arguments.directory / "summary",
         "".join(f"{check.name}: {summary(check.results.counts())}\n" for check in checks))
    print()
    for check in checks:
        check.explain()
    for check in checks:
        check.sum_up()
    print(f"(on a machine that takes {pace:.1f} s for a fixed piece of compiling)")
    print(summary(total))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
