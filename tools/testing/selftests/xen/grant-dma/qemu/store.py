# SPDX-License-Identifier: GPL-2.0-only
"""What was downloaded from Debian's archive, so that it is asked once."""

import fcntl
import hashlib
import json
import os
import shutil
import time
from contextlib import contextmanager
from pathlib import Path

import archive
from archive import Fault, Refused, say
from items import is_release

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xen-grant-dma"
ASKED_AGAIN_AFTER = 24 * 3600  # seconds


class Store:
    """What was downloaded: fetched/<item>/<suite>/, with its versions in about.json, or not there at all."""

    def __init__(self, cache, debian):
        self.directory = cache / "fetched"
        self.debian = debian

    def place(self, item, suite):
        """Where an item of a suite lies."""
        return self.directory / item.name / suite

    def has(self, item, suite):
        """Whether an item of a suite is there, with the packages, and of the release, that are wanted."""
        place = self.place(item, suite)
        if not place.exists() or about(place).get("packages") != item.packages:
            return False
        return is_of(item, about(place))

    def download(self, item, suite):
        """Bring an item of a suite, whole; its directory."""
        files, versions = item.files(self.debian(), suite, item.packages)
        if not is_of(item, versions):
            raise Refused(f"its {item.part} is {versions[item.part]}")
        say(f"{item.name}: from {suite}, {archive.megabytes(files):.0f} MB")
        place = self.place(item, suite)
        new = place.with_name(f"{suite}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            self.debian().download(files, new, lambda rest: say(f"{item.name}: {rest:.0f} MB to go"))
            names = "\n".join(sorted(file.name for file in files))
            (new / "about.json").write_text(json.dumps(
                {"suite": suite, **versions, "packages": item.packages,
                 "files": hashlib.sha256(names.encode()).hexdigest()}))
            shutil.rmtree(place, ignore_errors=True)  # another release, or other packages
            new.rename(place)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return place

    def find(self, item):
        """The directory of an item from the first suite of which it is there, or None. What is there may have been
        chosen once by its release, so unless one is chosen now, the suites before it must have been asked.
        """
        answers = self.answers(item)
        for suite in item.suites:
            if self.has(item, suite):
                return self.place(item, suite)
            if not item.release and suite not in answers:
                return None
        return None

    def get(self, item, renew=False):
        """The directory of an item from the first suite that has it; what is there need not be asked for, unless
        a suite before it may have it by now, which is asked once a day.
        """
        there = self.find(item)
        if there and not (renew and self.is_due(item)):
            return there
        for suite in item.suites:
            if self.has(item, suite):
                return self.place(item, suite)
            try:
                place = self.download(item, suite)
            except Refused as answer:
                say(f"{item.name}: not from {suite}: {answer}")
                self.remember(item, suite, str(answer))
            else:
                self.remember(item, suite, None)
                return place
        raise Fault(missing(item, self.answers(item)))

    def remember(self, item, suite, answer):
        """Keep the reason why a suite did not give an item."""
        answers = {**self.answers(item), suite: answer}
        path = self.answers_path(item)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({suite: answer for suite, answer in answers.items() if answer}))

    def answers_path(self, item):
        """Where the reasons lie; a release that is asked for has its own."""
        return self.directory / item.name / f"answers{item.release or ''}.json"

    def is_due(self, item):
        """Whether the suites did not answer within a day."""
        path = self.answers_path(item)
        return not path.exists() or time.time() - path.stat().st_mtime > ASKED_AGAIN_AFTER

    def answers(self, item):
        """Why suites did not give an item, by suite, when they were asked last."""
        path = self.answers_path(item)
        known = json.loads(path.read_text()) if path.exists() else {}
        return {suite: known[suite] for suite in item.suites if suite in known}


def is_of(item, versions):
    """Whether versions are of the release that an item is to have, if it is."""
    return not item.release or is_release(versions[item.part], item.release)


def about(directory):
    """The versions of what lies in a directory of the store."""
    return json.loads((directory / "about.json").read_text())


def versions(directory):
    """The same for a reader."""
    return ", ".join(f"{part} {version}" for part, version in about(directory).items()
                     if part not in ("suite", "packages", "files"))


def missing(item, answers):
    """The message for something that no suite has."""
    tried = "\n".join(f"  {suite}: {answer}" for suite, answer in answers.items())
    return f"""{item.what}: can't be had, and nothing was built. These suites were tried:
{tried}
The archive is the one that this machine's apt uses. Its lists and its files are out of step at times: try again in some
hours, or set another mirror in /etc/apt/sources.list. What was downloaded is kept."""


@contextmanager
def locked(path):
    """One process at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def debian_archive():
    """Debian's archive, as this machine reaches it; asked for when something is missing."""
    made = []

    def get():
        if not made:
            made.append(archive.Archive(CACHE / "archive", archive.of_this_machine()))
        return made[0]
    return get


def kept():
    """What this user's cache has."""
    return Store(CACHE, debian_archive())


def fetch(items, renew=False):
    """The directories of items, by their names; renew looks once a day for a newer Xen than the one that is there."""
    store = kept()
    with locked(CACHE / "fetch.lock"):
        for unfinished in store.directory.glob("*/*.new"):
            shutil.rmtree(unfinished)
        found = {item.name: store.get(item, renew and item.name == "xen") for item in items}
        shutil.rmtree(CACHE / "archive/unfinished", ignore_errors=True)
    return found
