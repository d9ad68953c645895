# SPDX-License-Identifier: GPL-2.0-only
"""What a guest is made of, and the files from which dom0 makes it (dom0/run.sh reads them)."""

import os
import shutil
import tarfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import driver
import toolstack
import versions
from paths import HERE, KDIR

# On a busy machine, a virtual processor that Xen shares among three domains may rest for half a minute.
CMDLINE = ("console=hvc0 root=/dev/xvda ro init=/init panic=-1 printk.devkmsg=on kmemleak=on"
           " rcupdate.rcu_cpu_stall_timeout=120")

# QEMU's arguments that come before a device of a kind, the property that names them, and what comes after it.
KINDS = {
    "blk": ("-drive file={protocol}/run/scratch{number},format=raw,if=none,id={name}", "drive", ""),
    "net": ("-netdev tap,ifname=tap{number},script=no,downscript=no,id={name}", "netdev", ""),
    "rng": ("-object rng-random,filename=/dev/urandom,id={name}", "rng", ""),
    "serial": ("-chardev socket,path=/run/{name},server=on,wait=off,id=port-{name}", "id",
               "-device virtserialport,bus={name}.0,chardev=port-{name}"),
    "keyboard": ("", "id", ""),
    "gpu": ("", "id", ""),
    "9p": ("-fsdev local,path=/run/shared,security_model=none,id={name}", "fsdev", ""),
    "crypto": ("-object cryptodev-backend-builtin,id={name}", "cryptodev", ""),
    "balloon": ("", "id", ""),
}


@dataclass
class Device:
    """A virtio device of a guest, served by QEMU in dom0, or in its driver domain."""

    kind: str  # of KINDS
    pci: str = ""  # slot and function, such as 1.0, of a device that is not a virtio-mmio one
    platform: bool = True  # offers VIRTIO_F_ACCESS_PLATFORM
    grants: bool = True  # described as behind xen,grant-dma
    iommus: str = ""  # its IOMMUs in the device tree instead, for virtio-mmio only
    domain: int = 0  # its backend there; dom0's QEMU serves it all the same, unless DRIVER_DOMAIN, which is for PCI only
    options: str = ""  # more properties for QEMU's -device
    protocol: str = ""  # by which QEMU reaches a disk's image, with its colon

    @property
    def requester(self):
        """The requester ID of a PCI device, which is on the root bus."""
        slot, function = map(int, self.pci.split("."))
        return slot << 3 | function

    def backend(self, number=0):
        """QEMU's arguments, for the device of this number among those of its kind."""
        name = f"virtio-{self.kind}{number}"  # an identifier, which begins with a letter
        source, link, after = KINDS[self.kind]
        options = [f"{link}={name}", f"iommu_platform={'on' if self.platform else 'off'}"]
        if self.pci:
            options += [f"addr={self.pci}", "multifunction=on", "disable-legacy=on"]
        if self.pci and self.kind == "net":
            options.append("romfile=")
        if self.options:
            options.append(self.options)
        device = f"-device virtio-{self.kind}-{'pci' if self.pci else 'device'},{','.join(options)}"
        return " ".join(part.format(name=name, number=number, protocol=self.protocol)
                        for part in (source, device, after))


def without_traces(member):
    """A file in an archive without what tells when, where and by whom it was made."""
    if "__pycache__" in member.name:
        return None
    member.mtime = member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


@dataclass
class Guest:
    """A guest and what to run in it."""

    name: str
    commands: str  # a shell script; cwd holds xen/grant-dma and kselftest; $OUT is given back
    kernel: str = "main"  # or another of kernel.mk's
    cmdline: str = ""  # added to the kernel's command line
    vcpus: int = 2  # each on a processor of the machine, but for more than two
    memory: int = 512  # MiB
    seconds: int = 300  # until it must have powered off
    devices: list = field(default_factory=lambda: [Device("blk"), Device("net"), Device("rng")])
    dom0_before: str = ""  # run in dom0 before the guest is made; output to a log
    dom0_commands: str = ""  # run beside the guest, with $DOMID and $CONSOLE; output to a log
    dom0_files: dict = field(default_factory=dict)  # name beside these commands -> file here
    iommu_map: str = ""  # properties of the PCI host bridge in place of those that fit the devices
    xl_extra: str = ""  # more lines for xl's configuration
    interactive: bool = False  # after the commands a shell on the console
    backend_options: str = ""  # more arguments for QEMU
    files: dict = field(default_factory=dict)  # path in the guest's cwd -> file here
    allow: list = field(default_factory=list)  # patterns of trouble that this guest provokes

    def xl_config(self, directory):
        """xl's configuration file; other files that xl reads go to the directory."""
        lines = [
            f'name = "{self.name}"',
            f'kernel = "/share/Image-{self.kernel}"',
            f'extra = "{CMDLINE} {self.cmdline}"',
            f"vcpus = {self.vcpus}",
            f"cpus = {[str(1 + vcpu % Guest.vcpus) for vcpu in range(self.vcpus)]}",
            f"memory = {self.memory}",
            "disk = ['phy:/dev/loop0,xvda,r', 'phy:/dev/loop1,xvdb,r', 'phy:/dev/loop2,xvdc,w']",
            *toolstack.describe(versions.xen_release(), self.devices, self.iommu_map, directory,
                                f"/share/{self.name}"),
            'on_crash = "destroy"',
            'on_reboot = "destroy"',
            self.xl_extra,
        ]
        return "\n".join(lines) + "\n"

    @property
    def driven(self):
        """The devices that a driver domain serves. With any, the guest has one vCPU, and others are not on PCI."""
        return [device for device in self.devices if device.domain == toolstack.DRIVER_DOMAIN]

    def dom0_backend(self):
        """Arguments of the QEMU in dom0."""
        devices = [device for device in self.devices if device not in self.driven]
        return self.backend(devices, *[toolstack.PCI_MACHINE] if any(device.pci for device in devices) else [])

    def backend(self, devices, *options):
        """Arguments of a QEMU with these devices and its machine's options; its -smp must equal the guest's vcpus."""
        if not devices:
            return ""
        machine = ",".join(["xenpvh", *options])
        return "\n".join(
            [
                f"-xen-attach -M {machine} -m {self.memory} -smp {self.vcpus} -nodefaults",
                "-no-user-config -display none -monitor none -serial none",
                "-global virtio-mmio.force-legacy=false",
                *self.backend_devices(devices),
                self.backend_options,
                os.environ.get("BACKEND_ARGS", ""),
            ]
        )

    @staticmethod
    def backend_devices(devices):
        """The part of QEMU's arguments that is about devices."""
        count = Counter()
        for device in devices:
            yield device.backend(count[device.kind])
            count[device.kind] += 1

    def write(self, directory):
        """Put all that dom0 needs for this guest into a directory."""
        directory.mkdir()
        (directory / "config").write_text(self.xl_config(directory))
        (directory / "backend").write_text(self.dom0_backend())
        if self.driven:
            driver.write(self, self.backend(self.driven, toolstack.DRIVER_MACHINE), directory / "driver")
        if self.dom0_before:
            (directory / "dom0-before").write_text(self.dom0_before + "\n")
        if self.dom0_commands:
            (directory / "dom0-commands").write_text(self.dom0_commands + "\n")
        for name, source in self.dom0_files.items():
            shutil.copy(source, directory / name)
        if self.interactive:
            (directory / "interactive").touch()
        self.write_sent(directory)

    def write_sent(self, directory):
        """Put what the guest gets into a directory: its commands, all selftests, and its own files."""
        (directory / "commands").write_text(self.commands + "\n")
        with tarfile.open(directory / "in.tar", "w", dereference=True) as tar:
            def add(source, name):
                tar.add(source, name, filter=without_traces)
            add(HERE / "guest/run.sh", "run.sh")
            add(directory / "commands", "commands")
            if self.interactive:
                add(directory / "interactive", "interactive")
            for path in sorted(HERE.parent.iterdir()):
                if path != HERE:
                    add(path, f"xen/grant-dma/{path.name}")
            helpers = "kselftest/ktap_helpers.sh"
            add(KDIR / "tools/testing/selftests" / helpers, helpers)
            for name, source in self.files.items():
                add(source, name)
