# SPDX-License-Identifier: GPL-2.0-only
"""A guest's driver domain: the files from which dom0 makes it (dom0/driver.sh reads them).

It runs the guest's kernel, in dom0's root with a first process of its own, which does what dom0 orders. Its QEMU serves
the devices whose backend is toolstack.DRIVER_DOMAIN. Its domain ID is known when dom0 has made it.
"""

import re
import shutil
import subprocess

import toolstack
from paths import DOM0, HERE

# Linux lets a domain that is not dom0 make no hypercalls but for its target, and the probe of Xen's library has none.
CMDLINE = "console=hvc0 rdinit=/driver-init panic=-1 xen_privcmd.unrestricted=1"


def config(guest):
    """xl's configuration file; its vCPU has a processor of its own, after the guest's."""
    return "\n".join([
        f'name = "{guest.name}-driver"',
        f'kernel = "/share/Image-{guest.kernel}"',
        f'ramdisk = "/share/{guest.name}/driver/ramdisk"',
        f'extra = "{CMDLINE}"',
        "vcpus = 1",
        f'cpus = "{1 + guest.vcpus}"',
        "memory = 512",
        "driver_domain = 1",
        'seclabel = "system_u:system_r:virtio_driver_t"',
    ]) + "\n"


def archive(directory, files):
    """A cpio archive of files that lie in / then, by name."""
    directory.mkdir()
    for name, source in files.items():
        shutil.copy(source, directory / name)
    names = "".join(f"{name}\n" for name in files)
    return subprocess.run(["cpio", "-o", "-H", "newc", "--quiet"], cwd=directory, input=names.encode(), check=True,
                          stdout=subprocess.PIPE).stdout


def cells(tree):
    """Where in a device tree the domain's ID is missing."""
    marker = toolstack.DRIVER_DOMAIN.to_bytes(4, "big")
    return [found.start() for found in re.finditer(re.escape(marker), tree)]


def write(guest, backend, directory):
    """Put all that dom0 needs for it into a directory beside the guest's partial device tree.

    It has the files that are beside the guest's commands in dom0, too.
    """
    directory.mkdir()
    (directory / "config").write_text(config(guest))
    (directory / "backend").write_text(backend)
    tree = (directory.parent / "partial.dtb").read_bytes()
    (directory / "cells").write_text("".join(f"{offset}\n" for offset in cells(tree)))
    files = {"driver-init": HERE / "driver/init.sh", **guest.dom0_files}
    (directory / "ramdisk").write_bytes(DOM0.read_bytes() + archive(directory / "files", files))
