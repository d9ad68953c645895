# SPDX-License-Identifier: GPL-2.0-only
"""What the test bed downloads, and from which suites of Debian's archive."""

import re
from typing import Callable, NamedTuple

import archive

# What QEMU is built against, and what dom0 is made of beside the toolstack.
SYSROOT = ["libc6-dev", "libglib2.0-dev", "libpixman-1-dev", "libfdt-dev", "libxen-dev", "zlib1g-dev",
           "busybox-static", "socat"]
GUEST = ["busybox-static", "fio", "e2fsprogs", "socat", "iproute2", "kmod", "iperf3", "sockperf",
         "cryptsetup-bin", "dmsetup"]
QEMU_TOOLS = ["meson", "python3-pycotap"]
DTSCHEMA = ["dt-schema", "yamllint", "python3", "make", "gcc", "libc6-dev", "flex", "bison", "coreutils", "dash",
            "sed", "grep", "gawk", "findutils", "diffutils", "debianutils"]


class Item(NamedTuple):
    """Something that is downloaded whole, or not at all."""

    name: str
    what: str  # for the user
    suites: list  # in the order in which they are tried
    packages: list  # what is asked for: an item that was downloaded for others is not the one
    files: Callable  # (archive, suite's name, packages) -> files, versions by part
    part: str = None  # that of the versions which the release is of
    release: str = None  # if not any will do


def xen_files(debian, suite, packages):
    """A release of Xen is a set: the hypervisor's source, toolstack and libraries of one suite."""
    suite = debian.suite(suite)
    source = suite.source("xen")
    version = version_of(source, "xen")
    toolstack = "xen-utils-" + ".".join(version.split(".")[:2])
    binaries = suite.binaries([*packages, toolstack])
    return source + binaries, {"Xen": version, "toolstack": version_of(binaries, toolstack)}


def qemu_files(debian, suite, packages):
    """QEMU's source, and what it is built with that the host has in a version too old."""
    suite = debian.suite(suite)
    source = suite.source("qemu")
    return source + suite.alone(packages), {"QEMU": version_of(source, "qemu")}


def linux_files(debian, suite, base):
    """The kernel's source, which Debian has as a tarball in a binary package."""
    package = f"linux-source-{base}"
    files = debian.suite(suite).alone([package])
    return files, {"Linux": version_of(files, package)}


def kernel_files(debian, suite, packages):
    """The kernel that a package depends on."""
    files = [file for file in debian.suite(suite).binaries(packages) if re.match(r"linux-image-\d", file.name)]
    return files, {"Linux": version_of(files, files[0].name.partition("_")[0])}


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
                suites, SYSROOT, xen_files, "Xen", release)


def linux(base):
    """The source of a Linux release."""
    suites = [f"{release}{part}" for release in ("bookworm", "trixie") for part in ("-security", "", "-backports")]
    return Item(f"linux-{base}", f"source of Linux {base}", [*suites, "forky", "sid"], [],
                lambda debian, suite, packages: linux_files(debian, suite, base))


def qemu(release):
    """A release of QEMU; where none is named, a stable one. Before 10.0.1 it has faults in its cache of grants."""
    return Item("qemu", f"QEMU {release or '10.0 or newer'}: its source",
                ["trixie-security", "trixie", "bookworm-backports", "forky", "sid"], QEMU_TOOLS,
                qemu_files, "QEMU", release)


GUEST_ROOT = Item("guest", "arm64 packages of the guest's root", ["trixie", "bookworm", "sid"], GUEST,
                  lambda *asked: root_files(*asked, "arm64"))
# A kernel's bindings need a dtschema of their own age.
DTSCHEMA_ROOT = Item("dtschema", "packages of dtschema", ["sid", "forky", "trixie"], DTSCHEMA,
                     lambda *asked: root_files(*asked, host_architecture()))
# The kernel's memory model says itself which herd7 it needs.
HERD = Item("herd", "packages of herd7", ["sid", "forky"], ["herdtools7"],
            lambda *asked: root_files(*asked, host_architecture()))

# A kernel that knows nothing of grants, as users have it.
OLD_KERNEL = Item("old-kernel", "Debian 12's own kernel for arm64", ["bookworm-security", "bookworm"],
                  ["linux-image-arm64"], kernel_files)


def host_architecture():
    """Debian's name of it."""
    return archive.run(["dpkg", "--print-architecture"]).strip()


def of_goal(goal, bases, xen_release, qemu_release):
    """What a goal needs; a base of the user's own is not downloaded. Neither programs nor KUnit need Xen."""
    kernels = [*map(linux, bases)]
    if goal in ("host", "kit", "kunit"):
        return kernels
    return [*kernels, xen(xen_release), qemu(qemu_release), GUEST_ROOT, *([DTSCHEMA_ROOT] if goal == "check" else [])]
