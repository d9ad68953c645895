# SPDX-License-Identifier: GPL-2.0-only
"""Packages that goals need on the machine itself, a Debian 12, by its own apt."""

import os
import re
import subprocess
from pathlib import Path

from archive import Fault, Refused, run, say

PACKAGES = {
    "host": "gcc libc6-dev make xz-utils bzip2 patch git ccache",
    "kit": "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
    "kunit": "debian-archive-keyring qemu-system-arm gcc-aarch64-linux-gnu flex bison bc libssl-dev libelf-dev cpio kmod",
    "boot": "libc6-dev-arm64-cross device-tree-compiler e2fsprogs ninja-build python3-venv pkg-config checkpolicy",
    "check": "iproute2 shellcheck perl python3-git python3-ply python3-sphinx python3-sphinx-rtd-theme python3-yaml "
             "gcc-arm-linux-gnueabihf libc6-dev sparse qemu-system-x86",
    "bench": "gnuplot-nox",
    "gdb": "gdb-multiarch",
}


def of_goal(goal, more=()):
    """What a goal needs, which is more than goals before it need."""
    names = {"host": ["host"], "kit": ["host", "kit"], "kunit": ["host", "kunit"]}.get(goal, ["host", "kunit", "boot", goal])
    return " ".join(PACKAGES[name] for name in dict.fromkeys([*names, *more])).split()


def lacking(packages):
    """Those that are not installed."""
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.splitlines()
    return [package for package in packages if f"{package} installed" not in known]


def install(packages):
    """Install what the host lacks, by its own apt, after all that changes was listed; with NO_APT set, only say it."""
    wanted = lacking(packages)
    if not wanted:
        return
    if os.environ.get("NO_APT"):
        raise Fault(f"packages for this machine: these are missing, and NO_APT is set: {' '.join(wanted)}")
    say(f"host: apt-get is to install {' '.join(wanted)} (NO_APT=1 forbids it)")
    command = ["apt-get", "-qy", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    answers = []
    # Updates may be gone from the archive while what they update is there.
    codename = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    for release in ([], ["-t", codename[1]] if codename else []):
        try:
            run(["apt-get", "-q", "update"])
            changes = run([*command, *release, "--simulate", "install", *wanted])
            for word, does in (("Inst", "installs"), ("Remv", "removes")):
                names = re.findall(rf"^{word} (\S+)", changes, re.M)
                if names:
                    say(f"host: apt-get {does} {len(names)} packages: {' '.join(names)}")
            run([*command, *release, "install", *wanted], {"DEBIAN_FRONTEND": "noninteractive"})
            return
        except Refused as answer:
            answers.append(f"  apt-get {' '.join([*release, 'install'])}: {answer}")
    raise Fault("packages for this machine: can't be installed, and nothing was built. It was tried as\n"
                + "\n".join(answers) + f"\nInstall them by hand: {' '.join(wanted)}")
