# SPDX-License-Identifier: GPL-2.0-only
"""Downloads all that a run needs, before anything is built:

  fetch.py GOAL [--base VERSION] [--xen RELEASE] [--renew] [--out FILE]

Each thing comes from the first suite, of those named here, that has all of it; it stays in the cache, so that the
archive is asked once. FILE tells make where each lies.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, NamedTuple

import archive
from archive import Refused

CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xen-grant-dma"

HOST_PACKAGES = {
    "boot": "gcc make xz-utils bzip2 patch debian-archive-keyring qemu-system-arm gcc-aarch64-linux-gnu "
            "libc6-dev-arm64-cross ccache flex bison bc libssl-dev libelf-dev cpio kmod device-tree-compiler e2fsprogs "
            "ninja-build python3-venv pkg-config",
    "check": "iproute2 dpkg-dev apt-utils shellcheck perl python3-git python3-ply python3-sphinx python3-sphinx-rtd-theme "
             "gcc-arm-linux-gnueabihf libc6-dev sparse",
    "bench": "gnuplot-nox",
}

# What QEMU is built against, and what dom0 is made of beside the toolstack.
SYSROOT = ["libc6-dev", "libglib2.0-dev", "libpixman-1-dev", "libfdt-dev", "libxen-dev", "zlib1g-dev",
           "busybox-static", "socat"]
GUEST = ["busybox-static", "fio", "e2fsprogs", "socat", "iproute2", "kmod", "iperf3", "sockperf"]
DTSCHEMA = ["dt-schema", "yamllint", "python3", "make", "gcc", "libc6-dev", "flex", "bison", "coreutils", "dash",
            "sed", "grep", "gawk", "findutils", "diffutils"]


class Fault(Exception):
    """Why a run can't go on, in a message for the user."""


class Item(NamedTuple):
    """Something that is downloaded whole, or not at all."""

    name: str
    what: str  # for the user
    suites: list  # in the order in which they are tried
    files: Callable  # (archive, suite's name) -> files, versions by part; Refused if it is not the right one


def xen_files(debian, suite, release):
    """A release of Xen is a set: the hypervisor's source, toolstack and libraries of one suite."""
    suite = debian.suite(suite)
    source = suite.source("xen")
    version = version_of(source, "xen")
    if release and not is_release(version, release):
        raise Refused(f"its Xen is {version}")
    toolstack = "xen-utils-" + ".".join(version.split(".")[:2])
    binaries = suite.binaries([*SYSROOT, toolstack])
    return source + binaries, {"Xen": version, "toolstack": version_of(binaries, toolstack)}


def qemu_files(debian, suite):
    """QEMU's source, and what it is built with that the host has in a version too old."""
    suite = debian.suite(suite)
    source = suite.source("qemu")
    return source + suite.alone(["meson", "python3-pycotap"]), {"QEMU": version_of(source, "qemu")}


def linux_files(debian, suite, base):
    """The kernel's source, which Debian has as a tarball in a binary package."""
    package = f"linux-source-{base}"
    files = debian.suite(suite).alone([package])
    return files, {"Linux": version_of(files, package)}


def root_files(debian, suite, packages, architecture):
    """Packages with all that they depend on."""
    return debian.suite(suite, architecture).binaries(packages), {}


def version_of(files, package):
    """The version of a package among files."""
    return next(version for version in (file.version(package) for file in files) if version)


def is_release(version, release):
    """Whether a version is of a release: 4.17.5 is of 4.17 and of 4."""
    return bool(re.match(rf"{re.escape(release)}(?!\d)", version))


# Newest first; the last ones are those of Debian 12, the host.
XEN_SUITES = ["sid", "forky", "trixie-security", "trixie", "bookworm-security", "bookworm"]
OLDEST = "oldest"


def xen(release):
    """A release of Xen; any, the newest first, where none is named."""
    suites = XEN_SUITES
    if release == OLDEST:
        suites, release = XEN_SUITES[-2:], None
    return Item("xen", f"Xen {release or ''}".rstrip() + ": source of the hypervisor, arm64 packages of the toolstack",
                suites, lambda debian, suite: xen_files(debian, suite, release))


def linux(base):
    """The source of a Linux release."""
    suites = [f"{release}{part}" for release in ("bookworm", "trixie") for part in ("-security", "", "-backports")]
    return Item(f"linux-{base}", f"source of Linux {base}", [*suites, "forky", "sid"],
                lambda debian, suite: linux_files(debian, suite, base))


# QEMU before 10.0 has faults in its cache of grants.
QEMU = Item("qemu", "QEMU 10.0 or newer: its source", ["trixie-security", "trixie", "bookworm-backports", "forky", "sid"],
            qemu_files)
GUEST_ROOT = Item("guest", "arm64 packages of the guest's root", ["trixie", "bookworm", "sid"],
                  lambda debian, suite: root_files(debian, suite, GUEST, "arm64"))
# A kernel's bindings need a dtschema of their own age.
DTSCHEMA_ROOT = Item("dtschema", "packages of dtschema", ["sid", "forky", "trixie"],
                     lambda debian, suite: root_files(debian, suite, DTSCHEMA, host_architecture()))


def host_architecture():
    """Debian's name of it."""
    return archive.run(["dpkg", "--print-architecture"]).strip()


def goal_items(goal, base, release):
    """What a goal needs."""
    items = [linux(base)] if base else []
    if goal != "series":
        items += [xen(release), QEMU, GUEST_ROOT]
    if goal == "check":
        items.append(DTSCHEMA_ROOT)
    return items


def goal_packages(goal):
    """What a goal needs on the host."""
    return " ".join(HOST_PACKAGES[name] for name in {"series": [], "boot": ["boot"]}.get(goal, ["boot", goal])).split()


class Store:
    """What was downloaded: fetched/<item>/<suite>/, with its versions in about.json, or not there at all."""

    def __init__(self, cache, debian):
        self.directory = cache / "fetched"
        self.debian = debian

    def place(self, item, suite):
        """Where an item of a suite lies."""
        return self.directory / item.name / suite

    def has(self, item, suite, release=None):
        """Whether an item of a suite is there and, if it is Xen, of the release."""
        return (self.place(item, suite).exists()
                and (not release or is_release(about(self.place(item, suite))["Xen"], release)))

    def download(self, item, suite):
        """Bring an item of a suite, whole; its directory."""
        files, versions = item.files(self.debian(), suite)
        say(f"{item.name}: from {suite}, {archive.megabytes(files):.0f} MB")
        place = self.place(item, suite)
        new = place.with_name(f"{suite}.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir(parents=True)
        try:
            self.debian().download(files, new, lambda rest: say(f"{item.name}: {rest:.0f} MB to go"))
            names = "\n".join(sorted(file.name for file in files))
            (new / "about.json").write_text(json.dumps(
                {"suite": suite, **versions, "files": hashlib.sha256(names.encode()).hexdigest()}))
            new.rename(place)
        finally:
            shutil.rmtree(new, ignore_errors=True)
        return place

    def find(self, item, release=None):
        """The directory of an item from the first suite of which it is there, or None."""
        return next((self.place(item, suite) for suite in item.suites if self.has(item, suite, release)), None)

    def get(self, item, release=None, renew=False):
        """The directory of an item from the first suite that has it; what is there need not be asked for, unless
        a suite before it may have it by now.
        """
        there = self.find(item, release)
        if there and not renew:
            return there
        for suite in item.suites:
            if self.has(item, suite, release):
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
        path = self.directory / item.name / "answers.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps({suite: answer for suite, answer in answers.items() if answer}))

    def answers(self, item):
        """Why suites did not give an item, by suite, when they were asked last."""
        path = self.directory / item.name / "answers.json"
        known = json.loads(path.read_text()) if path.exists() else {}
        return {suite: known[suite] for suite in item.suites if suite in known}


def about(directory):
    """The versions of what lies in a directory of the store."""
    return json.loads((directory / "about.json").read_text())


def versions(directory):
    """The same for a reader."""
    return ", ".join(f"{part} {version}" for part, version in about(directory).items() if part not in ("suite", "files"))


def missing(item, answers):
    """The message for something that no suite has."""
    tried = "\n".join(f"  {suite}: {answer}" for suite, answer in answers.items())
    return f"""{item.what}: can't be had, and nothing was built. These suites were tried:
{tried}
The archive is the one that this machine's apt uses. Its lists and its files are out of step at times: try again in some
hours, or set another mirror in /etc/apt/sources.list. What was downloaded is kept."""


def say(text):
    """Progress."""
    print(f"fetch: {text}", flush=True)


def install(packages):
    """Install what the host lacks, by its own apt."""
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    lacking = [package for package in packages if f"{package} installed\n" not in known]
    if not lacking:
        return
    say(f"host: installing {' '.join(lacking)}")
    command = ["apt-get", "-qy", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    answers = []
    # Updates may be gone from the archive while what they update is there.
    codename = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    for release in ([], ["-t", codename[1]] if codename else []):
        try:
            archive.run(["apt-get", "-q", "update"])
            archive.run([*command, *release, "install", *lacking], {"DEBIAN_FRONTEND": "noninteractive"})
            return
        except Refused as answer:
            answers.append(f"  apt-get {' '.join([*release, 'install'])}: {answer}")
    raise Fault("packages for this machine: can't be installed, and nothing was built. It was tried as\n"
                + "\n".join(answers) + f"\nInstall them by hand: {' '.join(lacking)}")


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


def fetch(items, release=None, renew=False, store=None):
    """The directories of items, by their names."""
    store = store or Store(CACHE, debian_archive())
    with locked(CACHE / "fetch.lock"):
        for unfinished in store.directory.glob("*/*.new"):
            shutil.rmtree(unfinished)
        found = {item.name: store.get(item, release if item.name == "xen" else None, renew and item.name == "xen") for item in items}
        shutil.rmtree(CACHE / "archive/unfinished", ignore_errors=True)
    return found


def fetch_oldest_xen():
    """Tests run on the oldest release too, but only if it can be had."""
    try:
        fetch([xen(OLDEST)])
    except Fault:
        say("some tests will be skipped that run on the oldest release of Xen")


def main():
    """Fetch; a Fault is the end."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("goal", choices=("series", "boot", "check", "bench"))
    parser.add_argument("--base", help="a Linux release, such as 6.12")
    parser.add_argument("--xen", help=f"a release such as 4.17, or {OLDEST}; the newest that can be had")
    parser.add_argument("--renew", action="store_true", help="look for a newer Xen than the one that is there")
    parser.add_argument("--out", type=Path, help="the makefile to write")
    arguments = parser.parse_args()
    start = time.monotonic()
    try:
        with locked(CACHE / "install.lock"):
            install(goal_packages(arguments.goal))
        found = fetch(goal_items(arguments.goal, arguments.base, arguments.xen), arguments.xen, arguments.renew)
        if arguments.goal == "check" and arguments.renew:
            fetch_oldest_xen()
    except Fault as fault:
        print(f"fetch: {fault}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
    for name, directory in found.items():
        say(f"{name}: from {directory.name} {versions(directory)}".rstrip())
    say(f"all is there after {time.monotonic() - start:.0f} s")
    if arguments.out:
        arguments.out.parent.mkdir(parents=True, exist_ok=True)
        arguments.out.write_text("".join(f"FETCHED_{name} := {directory}\n" for name, directory in found.items()))


if __name__ == "__main__":
    main()
