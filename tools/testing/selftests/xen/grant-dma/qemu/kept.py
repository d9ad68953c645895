# SPDX-License-Identifier: GPL-2.0-only
"""Results that are kept: a guest whose results all passed has them again where nothing that went into it has changed.

What goes in: the files that dom0, or the guest, gets; kernels; the pieces of pieces.mk, whose directories' names are
hashes of what they are made of; the QEMU that emulates; and all code that boots and judges. FORCE=1 makes all run.
"""

import functools
import hashlib
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from judges import kunit_cases
from paths import DOM0, GUEST_ROOT, HERE, XEN_IMAGE, kernel_image
from store import CACHE

GOOD = CACHE / "good"
FORCED = ("FORCE", "GDB", "QEMU_ARGS")  # what makes all run, where it is set
CODE = [*HERE.glob("*.py"), *HERE.glob("dom0/*.sh")]


@functools.cache
def content(path):
    """The hash of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@functools.cache
def common(xen):
    """What every machine is made of, with or without Xen."""
    emulator = subprocess.run(["qemu-system-aarch64", "--version"], text=True, capture_output=True, check=True).stdout
    pieces = [str(piece.relative_to(CACHE)) for piece in (XEN_IMAGE, DOM0, GUEST_ROOT)] if xen else []
    kernel = [content(kernel_image("main"))] if xen else []
    return [emulator, *pieces, *kernel, *(content(path) for path in sorted(CODE))]


def key_of(xen, kernel, *parts):
    """The key of a machine's results, by its guest's kernel and all else that is special to it."""
    every = [*common(xen), content(kernel_image(kernel)), *map(str, [*kunit_cases(), *parts])]
    return hashlib.sha256("\n".join(every).encode()).hexdigest()


def key_of_guest(guest, *parts):
    """The key of a guest of Xen: nothing goes in but what is written for it."""
    with tempfile.TemporaryDirectory() as scratch:
        directory = Path(scratch, guest.name)
        guest.write(directory)
        files = sorted(path for path in directory.rglob("*") if path.is_file())
        contents = [f"{path.relative_to(scratch)} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files]
    return key_of(True, guest.kernel, guest.seconds, guest.allow, *contents, *parts)


def find(key):
    """The results that are kept, or None."""
    path = GOOD / f"{key}.json"
    return json.loads(path.read_text()) if path.exists() and not any(map(os.environ.get, FORCED)) else None


def keep(key, results, tree=None):
    """Keep results, and the guest's device tree, if all passed."""
    if os.environ.get("QEMU_ARGS") or not all(passed for _, passed, _, _ in results):
        return
    GOOD.mkdir(parents=True, exist_ok=True)
    if tree and tree.exists():
        shutil.copy(tree, GOOD / f"{key}.dtb")
    new = GOOD / f"{key}.new{os.getpid()}"
    new.write_text(json.dumps([(name, True, "", skipped) for name, _, _, skipped in results]))
    new.rename(GOOD / f"{key}.json")


def give_back(key, tree):
    """The device tree of a guest whose results were kept."""
    if (GOOD / f"{key}.dtb").exists():
        tree.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(GOOD / f"{key}.dtb", tree)
