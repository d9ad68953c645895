#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""
Runs the tests in litmus/ by herd7 and the kernel's memory model, and prints KTAP.

	litmus.py [--herd PROGRAM] MODEL [NAME...]		MODEL is a kernel's tools/memory-model

What a test's exists clause describes must never happen, and plain accesses must not race. A barrier is a line that
ends with "// barrier NAME", or with "// barrier NAME: CODE" where weaker CODE is left without it; lines of one NAME go
together. Without any one of the barriers, what the clause describes must be possible: so each of them is needed.
"""

import argparse
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
HERD = (7, 58)  # as MODEL/README wants it
BARRIER = re.compile(r"^(\s*).*// barrier (\w+)(?:: (.*))?$", re.M)


def without(test, name):
    """A test's text without a barrier."""
    return BARRIER.sub(lambda line: line[1] + (line[3] or "") if line[2] == name else line[0], test)


def output(herd, *arguments, model=None):
    """What herd7 prints."""
    return subprocess.run([herd, *arguments], cwd=model, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          check=False).stdout


def run(herd, model, test):
    """The same for a test, given as text."""
    with tempfile.NamedTemporaryFile("w", suffix=".litmus") as file:
        file.write(test)
        file.flush()
        return output(herd, "-conf", "linux-kernel.cfg", file.name, model=model)


def lacking(herd):
    """Why there is no herd7 that will do, or nothing."""
    try:
        found = re.match(r"(\d+)\.(\d+)", output(herd, "-version"))
    except OSError:
        return "there is no herd7"
    if not found or tuple(map(int, found.groups())) < HERD:
        return f"herd7 is {found[0] if found else 'broken'}, not 7.58 or newer"
    return ""


def verdict(said):
    """Whether it happens, in herd7's words, which may be none."""
    found = re.search(r"^Observation \S+ (Never|Sometimes|Always)", said, re.M)
    return (found[1].lower() if found else "no verdict") + (", with a race" if "Flag data-race" in said else "")


def cases_of(path):
    """A test as it is, and without each of its barriers: title, text, and the verdict that is right."""
    test = path.read_text()
    yield path.stem, test, "never"
    for name in dict.fromkeys(line[2] for line in BARRIER.finditer(test)):
        yield f"{path.stem} without {name}", without(test, name), "(sometimes|always).*"


def main():
    """Run tests, all or those that are named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--herd", default="herd7", help="the program")
    parser.add_argument("model", type=pathlib.Path)
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()
    print("KTAP version 1")
    reason = lacking(arguments.herd)
    if reason:
        print(f"1..0 # SKIP {reason}")
        return 0
    tests = [HERE / f"litmus/{name}.litmus" for name in arguments.names] or sorted(HERE.glob("litmus/*.litmus"))
    cases = [case for path in tests for case in cases_of(path)]
    print(f"1..{len(cases)}", flush=True)
    failed = 0
    for number, (title, test, wanted) in enumerate(cases, 1):
        said = run(arguments.herd, arguments.model, test)
        right = re.fullmatch(wanted, verdict(said))
        failed += not right
        if not right:
            print("".join(f"# {line}\n" for line in (test + said).splitlines()), end="")
        print(f"{'ok' if right else 'not ok'} {number} - {title}: {verdict(said)}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
