# SPDX-License-Identifier: GPL-2.0-only
"""Packages that goals need on the machine itself, a Debian 12, by its own apt."""

import re
import subprocess
from pathlib import Path

from archive import Fault, Refused, run, say

PACKAGES = {
    "host": "gcc libc6-dev make xz-utils bzip2 patch git ccache",
    "boot": "gcc make xz-utils bzip2 patch debian-archive-keyring qemu-system-arm gcc-aarch64-linux-gnu "
            "libc6-dev-arm64-cross ccache flex bison bc libssl-dev libelf-dev cpio kmod device-tree-compiler e2fsprogs "
            "ninja-build python3-venv pkg-config checkpolicy",
    "check": "iproute2 shellcheck perl python3-git python3-ply python3-sphinx python3-sphinx-rtd-theme python3-yaml "
             "gcc-arm-linux-gnueabihf libc6-dev sparse qemu-system-x86",
    "bench": "gnuplot-nox",
}


def of_goal(goal):
    """What a goal needs; each but "host" needs what it takes to boot."""
    names = ["host"] if goal == "host" else ["host", "boot", goal]
    return list(dict.fromkeys(" ".join(PACKAGES[name] for name in names).split()))


def install(packages):
    """Install what the host lacks, by its own apt."""
    known = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${db:Status-Status}\n", *packages], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.splitlines()
    lacking = [package for package in packages if f"{package} installed" not in known]
    if not lacking:
        return
    say(f"host: installing {' '.join(lacking)}")
    command = ["apt-get", "-qy", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300"]
    answers = []
    # Updates may be gone from the archive while what they update is there.
    codename = re.search(r"^VERSION_CODENAME=(\w+)", Path("/etc/os-release").read_text(), re.M)
    for release in ([], ["-t", codename[1]] if codename else []):
        try:
            run(["apt-get", "-q", "update"])
            run([*command, *release, "install", *lacking], {"DEBIAN_FRONTEND": "noninteractive"})
            return
        except Refused as answer:
            answers.append(f"  apt-get {' '.join([*release, 'install'])}: {answer}")
    raise Fault("packages for this machine: can't be installed, and nothing was built. It was tried as\n"
                + "\n".join(answers) + f"\nInstall them by hand: {' '.join(lacking)}")
