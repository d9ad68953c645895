# SPDX-License-Identifier: GPL-2.0-only
"""Downloads all that a run needs, before anything is built:

  fetch.py GOAL [--base VERSION]... [--xen RELEASE] [--qemu RELEASE] [--renew] [--out FILE]

Each thing comes from the first suite, of those named in items.py, that has all of it, and stays in the cache. FILE
tells make where each lies.
"""

import argparse
import sys
import time
from pathlib import Path

import host
import items
from archive import Fault, say
from store import CACHE, fetch, kept, locked, versions


def fetch_if_possible(item, renew):
    """Fetch what a test needs that is skipped without it; the archive is asked where it is to be."""
    try:
        return fetch([item]) if renew or kept().find(item) else {}
    except Fault:
        say(f"a test will be skipped that needs {item.what}")
        return {}


def main():
    """Fetch; a Fault is the end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("goal", choices=("host", "kit", "kunit", "boot", "check", "bench"))
    parser.add_argument("--base", action="append", default=[], help="a Linux release, such as 6.12")
    parser.add_argument("--xen", help=f"a release such as 4.17, or {items.OLDEST}; else the newest that can be had")
    parser.add_argument("--qemu", help="a release such as 10.0; else a stable one")
    parser.add_argument("--gdb", action="store_true", help="with a debugger for the machine")
    parser.add_argument("--renew", action="store_true", help="look, once a day, for a newer Xen than the one that is there")
    parser.add_argument("--out", type=Path, help="the makefile to write")
    arguments = parser.parse_args()
    start = time.monotonic()
    try:
        with locked(CACHE / "install.lock"):
            host.install(host.of_goal(arguments.goal, ["gdb"] if arguments.gdb else []))
        found = fetch(items.of_goal(arguments.goal, arguments.base, arguments.xen, arguments.qemu), arguments.renew)
        if arguments.goal == "check":
            fetch_if_possible(items.xen(items.OLDEST), arguments.renew)
            found |= fetch_if_possible(items.OLD_KERNEL, arguments.renew)
        if arguments.goal in ("host", "check"):
            found |= fetch_if_possible(items.HERD, arguments.renew)
    except Fault as fault:
        print(f"fetch: {fault}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    for name, directory in found.items():
        say(f"{name}: from {directory.name} {versions(directory)}".rstrip())
    say(f"all is there after {time.monotonic() - start:.0f} s")
    # What others found is still there.
    if arguments.out and arguments.goal != "kit":
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("".join(f"FETCHED_{name} := {directory}\n" for name, directory in found.items()))


if __name__ == "__main__":
    main()
