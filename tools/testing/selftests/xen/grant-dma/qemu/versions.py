# SPDX-License-Identifier: GPL-2.0-only
"""What a run ran on: what its parts say of themselves, and what Debian calls them."""

import re
import subprocess

from paths import FETCHED_QEMU, FETCHED_XEN, KDIR
from store import about

UNKNOWN = "?"


def xen_release():
    """The release of the toolstack, as (4, 17)."""
    return tuple(int(number) for number in about(FETCHED_XEN)["toolstack"].split(".")[:2])


def said(pattern, text):
    """The version that a program gives in its own words."""
    found = re.search(pattern, text, re.M)
    return found[1] if found else UNKNOWN


def of_run(share):
    """The versions of all parts of a run, by part."""
    def text(name):
        path = share / name
        return path.read_text(errors="replace") if path.exists() else ""
    host = subprocess.run(["qemu-system-aarch64", "--version"], text=True, stdout=subprocess.PIPE).stdout
    xen, qemu = about(FETCHED_XEN), about(FETCHED_QEMU)
    makefile = (KDIR / "Makefile").read_text()
    kernel = ".".join(said(rf"^{name} = (\d+)", makefile) for name in ("VERSION", "PATCHLEVEL", "SUBLEVEL"))
    return {
        "Xen": f"{said(r'^xen_version *: (.*)', text('xl-info'))} ({xen['suite']}: {xen['Xen']})",
        "toolstack": xen["toolstack"],
        "QEMU in dom0": f"{said(r'version ([0-9.]+)', text('qemu-version'))} ({qemu['suite']}: {qemu['QEMU']})",
        "Linux": kernel,
        "emulated by QEMU": said(r"version ([0-9.]+)", host),
    }


def table(versions):
    """The same as lines of a Markdown table."""
    widths = [max(len(part), len(version)) for part, version in versions.items()]
    for cells in (versions.keys(), ["-" * width for width in widths], versions.values()):
        yield "| " + " | ".join(cell.ljust(width) for cell, width in zip(cells, widths)) + " |"
