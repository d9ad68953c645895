# SPDX-License-Identifier: GPL-2.0-only
"""Downloads from Debian's archive, of any suite, without a change to the machine's own apt.

Each suite has apt lists of its own, so the release that the machine runs does not matter. The archive's address is that
of the machine's apt. Files are held against the hashes in the signed lists; a download that was cut off goes on where
it ended.
"""

import hashlib
import os
import re
import shutil
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
OPTIONS = ["APT::Sandbox::User=root", "APT::Install-Recommends=false", "APT::Update::Error-Mode=any",
           "Acquire::ForceHash=SHA256", "Acquire::Languages=none", "Acquire::Retries=2", "Acquire::http::Timeout=20",
           "Dir::Etc::PreferencesParts=/dev/null", "Dir::Etc::SourceParts=/dev/null", "Dir::State::status=/dev/null"]
LATE = "sid"  # whose Release file can be past its date
FILES_AT_ONCE = 16
SECONDS_BETWEEN_WORDS = 10


class Refused(Exception):
    """Why a suite can't give something, in the archive's words."""


class Fault(Exception):
    """Why a run can't go on, in a message for the user."""


def say(text):
    """Progress."""
    print(f"fetch: {text}", flush=True)


class File(NamedTuple):
    """A file of the archive."""

    uri: str
    name: str  # with its version
    size: int
    sha256: str

    def version(self, package):
        """The version of a package whose file this is, or None."""
        found = re.fullmatch(rf"{re.escape(package)}_([^_]+?)(\.debian\.tar\.\w+|_\w+\.deb)", self.name)
        return found and found[1].replace("%3a", ":")


def run(command, environment=None):
    """What a command prints; Refused with what apt says if it fails."""
    done = subprocess.run(command, text=True, capture_output=True, errors="replace",
                          env={**os.environ, "LC_ALL": "C", **(environment or {})})
    if done.returncode:
        raise Refused(complaint(done.stderr) or f"{command[0]}: exit status {done.returncode}")
    return done.stdout


def complaint(text):
    """The first of apt's error messages that says something of its own."""
    errors = [re.sub(r" *\[IP: .*?\]|^E: ", "", line) for line in text.splitlines() if line.startswith("E: ")]
    return re.sub(r"\s+", " ", errors[0]) if errors else ""


def of_this_machine():
    """The addresses of Debian's archive that this machine's apt uses, by suite, such as bookworm-security."""
    command = ["apt-get", "indextargets", "--format", "$(CODENAME) $(REPO_URI)",
               "Created-By: Packages", "Origin: Debian"]
    if not run(command).strip():  # as long as it has no lists
        run(["apt-get", "-q", "update"])
    return dict(line.split() for line in run(command).splitlines())


class Archive:
    """An archive: where its suites are, and a directory for its lists and unfinished downloads."""

    def __init__(self, directory, addresses, trust=f"signed-by={KEYRING}", options=()):
        self.directory, self.addresses, self.trust, self.options = directory, addresses, trust, [*OPTIONS, *options]
        self.suites = {}

    def address(self, suite):
        """Suites for security may lie apart from all others."""
        kind = suite.endswith("-security")
        for known, address in self.addresses.items():
            if known.endswith("-security") == kind:
                return address
        raise Refused(f"this machine's apt has no archive for {suite}")

    def suite(self, name, architecture="arm64"):
        """A suite with its lists up to date."""
        key = (name, architecture)
        if key not in self.suites:
            self.suites[key] = Suite(self, name, architecture)
        return self.suites[key]

    def download(self, files, directory, progress):
        """Bring files into a directory: all of them, or Refused. The megabytes that are left are told now and then."""
        unfinished = self.directory / "unfinished"
        unfinished.mkdir(parents=True, exist_ok=True)
        missing = [file for file in files if not is_complete(unfinished / file.name, file)]
        told = time.monotonic()
        for start in range(0, len(missing), FILES_AT_ONCE):
            if time.monotonic() - told > SECONDS_BETWEEN_WORDS:
                progress(megabytes(missing[start:]))
                told = time.monotonic()
            some = missing[start:start + FILES_AT_ONCE]
            run(["/usr/lib/apt/apt-helper", "-q", *self.apt_options(), "download-file", *(
                word for file in some for word in (file.uri, unfinished / file.name, f"SHA256:{file.sha256}"))])
        for file in files:
            shutil.move(unfinished / file.name, directory / file.name)

    def apt_options(self):
        """What each of apt's programs is told."""
        return [word for option in self.options for word in ("-o", option)]


def megabytes(files):
    """The size of files."""
    return sum(file.size for file in files) / 1e6


def is_complete(path, file):
    """Whether a file is there, whole."""
    return (path.exists() and path.stat().st_size == file.size
            and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256)


class Suite:
    """A suite of the archive for an architecture; one for security is an addition to a release, which comes with it."""

    def __init__(self, archive, name, architecture):
        self.archive, self.name = archive, name
        self.directory = archive.directory / f"{name}-{architecture}"
        (self.directory / "lists/partial").mkdir(parents=True, exist_ok=True)
        self.options = [*archive.apt_options(), "-o", f"Dir::State={self.directory}",
                        "-o", f"Dir::Cache={self.directory}", "-o", f"Dir::Etc::SourceList={self.directory}/sources",
                        "-o", f"APT::Architecture={architecture}", "-o", f"APT::Architectures::={architecture}",
                        "-o", f"APT::Default-Release={name}"]
        parts = dict.fromkeys([name.removesuffix("-security"), name])
        trust = f"{archive.trust} check-valid-until=no" if name == LATE else archive.trust
        (self.directory / "sources").write_text("".join(
            f"{kind} [{trust}] {archive.address(part)} {part} main\n"
            for part in parts for kind in ("deb", "deb-src")))
        self.apt_get("-q", "update")

    def apt_get(self, *arguments):
        """Run apt-get on this suite."""
        return run(["apt-get", *self.options, *arguments])

    def files(self, *arguments):
        """The files that an apt-get call would download."""
        lines = self.apt_get("-qq", "--print-uris", *arguments)
        return [File(uri, name, int(size), sha256)
                for uri, name, size, sha256 in re.findall(r"^'(\S+)' (\S+) (\d+) SHA256:(\w+)", lines, re.M)]

    def source(self, package):
        """The newest source package; without the .dsc, which the lists' hashes make needless, and which may be gone."""
        return [file for file in self.files("source", "--only-source", package)
                if not file.name.endswith((".dsc", ".asc"))]

    def binaries(self, packages):
        """Packages and all that they depend on."""
        return self.files("install", *packages)

    def alone(self, packages):
        """Packages without what they depend on."""
        return self.files("download", *packages)
