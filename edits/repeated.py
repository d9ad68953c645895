# SPDX-License-Identifier: GPL-2.0-only
"""Which checks need not be repeated, as all of their results passed with the same files, packages and kernel.

FORCE=1 repeats them.
"""
import hashlib
import os
import subprocess
from pathlib import Path

from base import TOP, Fault, git
from host import of_goal
from store import CACHE

GOOD = CACHE / "good"
SETTINGS = ("BASE", "KDIR", "MINUTES", "SEED")


def is_read(name, path):
    """Whether a check reads a file: none reads this project's own documents, and few the kernel's."""
    if path.startswith("Documentation/"):
        return name in ("series", "docs")
    if path.startswith(".ci/"):
        return name == "scripts"
    return "/" in path or not path.endswith((".md", ".rst"))


def base(tree):
    try:
        return git("rev-parse", "base", cwd=tree)
    except (Fault, OSError):
        return ""


def state(name):
    """The hash of all that a check depends on."""
    listed = git("ls-files", "--cached", "--others", "--exclude-standard", cwd=TOP).splitlines()
    files = [path for path in listed if (TOP / path).is_file() and is_read(name, path)]
    packages = subprocess.run(["dpkg-query", "-W", *of_goal("check")], text=True, capture_output=True).stdout
    hashes = [f"{path} {hashlib.sha256((TOP / path).read_bytes()).hexdigest()}" for path in files]
    settings = [f"{each}={os.environ.get(each, '')}" for each in SETTINGS]
    tree = base(Path(os.environ.get("BUILD", "")) / "linux")
    return hashlib.sha256("\n".join([name, *hashes, *settings, packages, tree]).encode()).hexdigest()


def find(state):
    """The log of a check that passed, or None."""
    log = GOOD / f"{state}.tap"
    return log if log.exists() and not os.environ.get("FORCE") else None


def keep(check, state):
    """Keep the log of a check if all of its results passed, but for some that were skipped."""
    counts = check.results.counts()
    if check.overdue is None and counts["passed"] and not counts["failed"]:
        GOOD.mkdir(parents=True, exist_ok=True)
        (GOOD / f"{state}.tap").write_text(check.log.read_text())
