# SPDX-License-Identifier: GPL-2.0-only
"""A guest that Xen boots itself, and whose disk gets its backend later, as TAP.

What the guest, dom0 and their trees are made of lies in dom0less/, as an example for users. This program does what a
boot loader does, and reads results from the console, which Xen, dom0 and the guest share.
"""

import re
import shutil
import string
import subprocess
import sys
import time

import bed
import report
import scan
from machine import Machine, deadline
from paths import BUILD, DOM0, HERE, SYSROOT, XEN_IMAGE, kernel_image
from tap import Tap

EXAMPLE = HERE / "dom0less"
SECONDS = 180  # from the start of Xen to the end of the guest
HOST = ["-cpu", "cortex-a57", "-smp", str(bed.CPUS), "-m", "3072"]
VIRT = "virt,virtualization=on,gic-version=3"
# A line of the guest's kernel log, as Xen releases print it.
GUEST_LINE = re.compile(r"(?:DOM1:|\(d1\)) \[ *[\d.]+\] (.*)")
WAITS, ENDS = "guest: waits for its backend", "guest: ends"  # init.sh says so


def files_of(directory):
    """The files that the host's tree names."""
    ramdisk, passthrough = directory / "ramdisk", directory / "passthrough.dtb"
    subprocess.run([EXAMPLE / "initramfs.sh", BUILD / "kernel/modules", SYSROOT / "usr/bin/busybox", ramdisk],
                   check=True)
    compile_tree((EXAMPLE / "passthrough.dts").read_text(), passthrough)
    return {"dom0_kernel": kernel_image("main"), "dom0_ramdisk": DOM0, "guest_kernel": kernel_image("modules"),
            "guest_ramdisk": ramdisk, "passthrough": passthrough}


def compile_tree(source, path):
    """Compile a device tree, or an overlay."""
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", path], input=source, text=True, check=True)


def host_tree(source, files, directory):
    """The emulated machine's own tree with the example's on top."""
    own, overlay, tree = (directory / name for name in ("machine.dtb", "host.dtbo", "host.dtb"))
    subprocess.run(["qemu-system-aarch64", "-nodefaults", "-M", f"{VIRT},dumpdtb={own}", *HOST, "-display", "none"],
                   stderr=subprocess.DEVNULL, check=True)
    sizes = {name: f"{file.stat().st_size:#x}" for name, file in files.items()}
    compile_tree(string.Template(source).substitute(sizes), overlay)
    subprocess.run(["fdtoverlay", "-i", own, "-o", tree, overlay], check=True)
    return tree


def host_machine(share):
    """A machine where the files lie where the tree says."""
    source = (EXAMPLE / "host.dts").read_text()
    files = files_of(share)
    arguments = ["-M", VIRT, *HOST, "-accel", "tcg,thread=multi", "-kernel", str(XEN_IMAGE),
                 "-dtb", str(host_tree(source, files, share)),
                 "-global", "virtio-mmio.force-legacy=false",
                 "-fsdev", f"local,id=share,path={share},security_model=none",
                 "-device", "virtio-9p-device,fsdev=share,mount_tag=share"]
    for address, name in re.findall(r"<0x0 (0x\w+) 0x0 \$(\w+)>", source):
        arguments += ["-device", f"loader,file={files[name]},addr={address},force-raw=on"]
    return Machine(arguments, share / "xen.log")


def follow(machine):
    """Wait for the guest's end; why it did not come, if so."""
    end = deadline(SECONDS)
    while time.monotonic() < end:
        lines = machine.lines(0.3)
        if lines is None:
            return ["the machine went off before that"]
        for line in lines:
            if line.startswith("bed: "):
                bed.say(line.removeprefix("bed: "))
            if ENDS in line:
                return []
    return [f"not within {SECONDS} s"]


def judge(tap, log):
    """Report what the guest said."""
    said = GUEST_LINE.findall(log.read_text(errors="replace"))
    tap.result("the guest boots before its backend, and waits for it", WAITS in said)
    rows = report.rows("\n".join(said))
    found = [(driver, backend, check) for _, driver, backend, _, _, check in rows]
    tap.result("its disk uses grants, and gives back what was written", found == [("virtio_blk", "0", "ok")], rows)
    tap.faults("no trouble in the log of Xen, dom0 and the guest", scan.scan(log))


def main():
    """Boot, and report."""
    tap = Tap(4)
    share = bed.fresh_directory("dom0less")
    shutil.copy(EXAMPLE / "dom0.sh", share / "run.sh")
    bed.say(f"booting Xen with dom0 and a guest; logs in {share}")
    machine = host_machine(share)
    try:
        faults = follow(machine)
    finally:
        machine.stop()
    logs = [share / name for name in ("xen.log", "toolstack.log", "backend.log")]
    tap.faults("the guest comes to its end", faults and [*faults, *map(bed.tail, logs)])
    judge(tap, logs[0])
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
