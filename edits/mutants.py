# SPDX-License-Identifier: GPL-2.0-only
"""Break the driver in many ways, one at a time, and see whether the tests on the host notice.

  mutants.py --tree TREE --out DIRECTORY [--seed N] [--count N] [--only TEXT]

The faults are those of mutants.toml, and as many more as --count says that are drawn by a seed, see mutate.py. They are
put into copies of the files; the rest of the tree is only looked at. For each, what it changes is compiled anew, and
the tests run, one after the other, until one fails, crashes or takes too long: then the fault is found. One that does
not compile, or that makes the same code, does not count, and another is drawn. What survives is printed with its diff.
"""
import argparse
import difflib
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

from base import CACHE, TOP, Fault, git
from mutate import Mutation, draw

HOST = "tools/testing/xen-grant-dma"
DRIVER = "drivers/xen/grant-dma"
TABLE = "drivers/xen/grant-table.c"
NAMED = TOP / "edits/mutants.toml"
JOBS = 2
# Seconds that each process of a test may take of a CPU, which is several times what it needs, and in all if it sleeps.
WORK, PATIENCE = 40, 300
FAULT = re.compile(r"^not ok|^# .*(EXPECTATION|ASSERTION) FAILED|ERROR: |runtime error|violation|error:")
NOT_OK = re.compile(r"^\s*not ok", re.M)
WIDTH = 150
# Descriptions by firmware, and set-up by them, have their tests in a kernel.
NOT_ON_HOST = ("firmware", "setup", "iommu")


class Test(NamedTuple):
    """A program of the host's tests: what make builds, and how it is run, both in the directory of those tests."""
    name: str
    make: list
    command: list


def program(name, *arguments, runner=(), build="asan"):
    return Test(f"{name}-{build}", [f"BUILD={build}", name], [*runner, f"build/{build}/{name}", *arguments])


# What finds most comes first; what is random has a seed.
TESTS = [
    partial(program, "kunit"),
    partial(program, "version2"),
    partial(program, "isolation"),
    partial(program, "restored"),
    partial(program, "kexec"),
    partial(program, "nomem"),
    partial(program, "fuzz", "--sequences", "40", "--seed", "2", "--out", "build/found", runner=["./fuzz.py"]),
    partial(program, "stress", "-s", "3", "-r", "1", "page-2", "strict-3", "full-65"),
    partial(program, "stress", "-s", "2", "-r", "1", "strict-64", build="tsan"),
]
PLAIN = program("once", build="plain")
# Objects depend on this, which stands for headers of which none changes.
MADE = "build/include/made"
MAKE = ["make", "--silent", f"-j{JOBS}", *(["CC=ccache gcc"] if shutil.which("ccache") else [])]


class Mutant(NamedTuple):
    """A change of one file."""
    name: str
    file: str
    change: Mutation
    models: bool = False


class Verdict(NamedTuple):
    """What became of a mutant: found (by a test, in its words), survived, equal, or broken as it does not compile."""
    mutant: Mutant
    kind: str
    by: str = ""
    said: str = ""


def run(command, directory, work=None):
    """Exit status, None if it took too long, and output of a command; nothing of it is left running."""
    if work:
        command = ["prlimit", f"--cpu={work}", *command]
    environment = {**os.environ, "CCACHE_DIR": str(CACHE / "ccache"), "CCACHE_NOHASHDIR": "1",
                   "CCACHE_BASEDIR": str(directory.parents[HOST.count("/")])}
    with subprocess.Popen(command, cwd=directory, text=True, errors="replace", stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, start_new_session=True, env=environment) as process:
        try:
            said, _ = process.communicate(timeout=PATIENCE if work else None)
            return None if process.returncode in (-signal.SIGXCPU, -signal.SIGKILL) else process.returncode, said
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            return None, process.communicate()[0]


class Area:
    """A tree of links to another, but for copies of some of its files and directories, in which tests are built."""

    def __init__(self, tree, path, copied, tests, plain):
        self.tree, self.path, self.tests, self.plain = tree, path.absolute(), tests, plain
        shutil.rmtree(self.path, ignore_errors=True)
        self.link(Path("."), [Path(each) for each in copied])
        self.prepare()

    def link(self, at, copied):
        """Make a directory that is on the way to a copy."""
        (self.path / at).mkdir(parents=True)
        for entry in (self.tree / at).iterdir():
            name = entry.relative_to(self.tree)
            if name in copied:
                (shutil.copytree if entry.is_dir() else shutil.copy)(entry, self.path / name)
            elif any(name in each.parents for each in copied):
                self.link(name, copied)
            else:
                (self.path / name).symlink_to(entry.resolve())

    def make(self, arguments):
        host = self.path / HOST
        old = ["--old-file", host / MADE] if (host / MADE).exists() else []
        return run([*MAKE, *old, *arguments], host)

    def code(self):
        """A hash of what a build without sanitizers makes of the sources, but for what it tells debuggers."""
        status, said = self.make(self.plain.make)
        if status:
            raise Fault(f"{self.plain.name} does not compile:\n{said[-2000:]}")
        stripped, code = self.path / "stripped.o", hashlib.sha256()
        for each in sorted((self.path / HOST / self.plain.command[0]).parent.rglob("*.o")):
            subprocess.run(["objcopy", "--strip-debug", each, stripped], check=True)
            code.update(stripped.read_bytes())
        return code.hexdigest()

    def prepare(self):
        """See that all tests pass without a fault."""
        for test in self.tests:
            status, said = self.make(test.make)
            if not status:
                status, said = run(test.command, self.path / HOST, WORK)
            if status != 0 or NOT_OK.search(said):
                raise Fault(f"{test.name} fails without a fault:\n{said[-2000:]}")
        self.right = self.code()

    def test(self, mutant):
        """A mutant's verdict."""
        file = self.path / mutant.file
        right = file.read_text()
        file.write_text(mutant.change.apply(right))
        try:
            for test in self.tests:
                status, said = self.make(test.make)
                if status:
                    return Verdict(mutant, "broken", test.name, fault_in(said))
                status, said = run(test.command, self.path / HOST, WORK)
                if status != 0 or NOT_OK.search(said):
                    return Verdict(mutant, "found", test.name, "takes too long" if status is None else fault_in(said))
            return Verdict(mutant, "equal" if self.code() == self.right else "survived")
        finally:
            file.write_text(right)


def fault_in(said):
    """The line that tells a fault."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return next(filter(FAULT.search, lines), lines[-1] if lines else "dies without a word")[:WIDTH]


def named(texts):
    """The mutants of mutants.toml."""
    with open(NAMED, "rb") as file:
        entries = tomllib.load(file)["mutant"]
    for entry in entries:
        text, old = texts.get(entry["file"], ""), entry["old"]
        if text.count(old) != 1:
            raise Fault(f"{NAMED.name}: {entry['name']}: `old` is {text.count(old)} times in {entry['file']}")
        change = Mutation(text.index(old), text.index(old) + len(old), entry["new"], "named")
        yield Mutant(entry["name"], entry["file"], change, entry.get("models", False))


def drawn(texts, lines, seed):
    """Mutants drawn by a seed; lines has those that may be broken, for files where not all may."""
    for file, mutation in draw(texts, seed):
        number = mutation.line(texts[file])
        if number in lines.get(file, [number]):
            yield Mutant(f"{file.rsplit('/', 1)[-1]}:{number}: {mutation.kind}", file, mutation,
                         mutation.kind == "barrier")


def added_lines(tree, file):
    """Numbers of the lines that the series adds to a file of the kernel."""
    hunks = re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", git("diff", "-U0", "base", "--", file, cwd=tree), re.M)
    return {number for start, count in hunks for number in range(int(start), int(start) + int(count or 1))}


def diff(text, mutant):
    lines = difflib.unified_diff(text.splitlines(), mutant.change.apply(text).splitlines(), f"a/{mutant.file}",
                                 f"b/{mutant.file}", lineterm="", n=2)
    return "\n".join(lines)


class Campaign:
    """Tests mutants, several at a time, until as many as wanted had a verdict that counts."""

    def __init__(self, areas, texts, kept):
        self.areas, self.texts, self.kept = areas, texts, kept
        self.lock = threading.Condition()
        self.verdicts = []

    def run(self, mutants, count):
        """Test mutants in their order. Which ones does not depend on how long any takes."""
        left = iter(mutants)
        self.running = self.counted = 0

        def work(area):
            while True:
                with self.lock:
                    self.lock.wait_for(lambda: self.counted + self.running < count or not self.running)
                    mutant = next(left, None) if self.counted + self.running < count else None
                    if not mutant:
                        self.lock.notify_all()
                        return
                    self.running += 1
                verdict = area.test(mutant)
                with self.lock:
                    self.running -= 1
                    self.counted += verdict.kind in ("found", "survived")
                    self.note(verdict)
                    self.lock.notify_all()

        with ThreadPoolExecutor(len(self.areas)) as pool:
            list(pool.map(work, self.areas))

    def note(self, verdict):
        self.verdicts.append(verdict)
        # At once, as somebody may not wait for the end.
        self.kept.write_text(report(self.verdicts, self.texts) + "\n")
        by = f" by {verdict.by}: {verdict.said}" if verdict.by else ""
        print(f"{verdict.kind:8} {verdict.mutant.name}{by}", flush=True)
        if verdict.kind == "survived":
            print(diff(self.texts[verdict.mutant.file], verdict.mutant), flush=True)


def report(verdicts, texts):
    """What is kept, and its last line, which sums up."""
    def shown(title, some):
        return [f"{title}: {each.mutant.name}\n{diff(texts[each.mutant.file], each.mutant)}\n" for each in some]

    survived = [each for each in verdicts if each.kind == "survived"]
    models = [each for each in survived if each.mutant.models]
    survived = [each for each in survived if not each.mutant.models]
    found, equal, broken = ([each for each in verdicts if each.kind == kind] for kind in ("found", "equal", "broken"))
    by = ", ".join(f"{count} by {name}" for name, count in Counter(each.by for each in found).items())
    counted = len(found) + len(survived)
    return "\n".join([
        *shown("Survived", survived), *shown("Survived, but only a model of memory ordering could find it", models),
        *(f"Found by {each.by}: {each.mutant.name}: {each.said}" for each in found),
        *(f"Does not count, makes the same code: {each.mutant.name}" for each in equal),
        *(f"Does not count, does not compile: {each.mutant.name}" for each in broken),
        f"{counted} mutants: {len(found)} found ({by}), {len(survived)} survived, "
        f"{100 * len(survived) / max(counted, 1):.1f} %; beside them {len(models)} for models of memory ordering, "
        f"{len(equal)} of the same code, {len(broken)} that do not compile"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tree", type=Path, required=True, help="the patched kernel")
    parser.add_argument("--out", type=Path, required=True, help="where tests are built, and results kept")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=80, help="of those that are drawn")
    parser.add_argument("--only", default="", help="mutants whose name has this")
    args = parser.parse_args()

    start = time.monotonic()
    files = [f"{DRIVER}/{path.name}" for path in sorted((args.tree / DRIVER).glob("*.[ch]"))
             if path.stem not in NOT_ON_HOST] + [TABLE]
    texts = {file: (args.tree / file).read_text() for file in files}
    lines = {TABLE: added_lines(args.tree, TABLE)}
    wanted = [mutant for mutant in named(texts) if args.only in mutant.name]
    more = (mutant for mutant in drawn(texts, lines, args.seed) if args.only in mutant.name)
    # One after the other, so that ccache knows what the next one needs.
    areas = [Area(args.tree, args.out / f"area{number}", [DRIVER, TABLE, HOST], [test() for test in TESTS], PLAIN)
             for number in range(JOBS)]
    print("All tests pass without a fault", flush=True)
    campaign = Campaign(areas, texts, args.out / f"seed-{args.seed}.txt")
    campaign.run(wanted, len(wanted))
    campaign.run(more, args.count)
    print(f"{report(campaign.verdicts, texts).splitlines()[-1]}; {(time.monotonic() - start) / 60:.1f} minutes, "
          f"see {campaign.kept}")


if __name__ == "__main__":
    try:
        main()
    except Fault as fault:
        sys.exit(f"mutants: {fault}")
