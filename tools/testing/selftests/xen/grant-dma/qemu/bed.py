# SPDX-License-Identifier: GPL-2.0-only
"""Boots Xen under QEMU, and in dom0 a list of guests one after another.

    from bed import Guest, boot
    results = boot("probe", [Guest("off", "cat /proc/cmdline", cmdline="fw_devlink=off"),
                             Guest("debug", "./run-tests", kernel="debug", memory=768)])
    results["off"].status        # exit status of the commands, None if they never ended
    results["off"].log           # path of the guest's console log
    results["off"].out           # directory with what the commands left in $OUT
    results.problems             # what went wrong, as lines for a reader; empty if all is well

Everything a run leaves lies in build/run/<name>/, which dom0 sees as /share over virtio-9p:
xen.log (console of Xen and dom0), guest-<guest>.log (console of the guest), and a directory a
guest: config (xl's), backend and backend.log (QEMU's arguments and messages), commands, out/,
grant-maps (how often backends mapped grants), verdict.
"""

import atexit
import contextlib
import ctypes
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import termios
import time
import tty
from dataclasses import dataclass, field
from pathlib import Path

import scan

HERE = Path(__file__).resolve().parent
BUILD = Path(os.environ["BUILD"])
KDIR = Path(os.environ["KDIR"])
XEN = Path(os.environ["XEN"])
DOM0 = Path(os.environ["DOM0"])
GUEST_ROOT = Path(os.environ["GUEST_ROOT"])

BOOT_SECONDS = 180  # for Xen and dom0, and to power off
GUEST_EXTRA_SECONDS = 120  # for a guest to be built and torn down
TAIL = 25  # lines of a log shown with a failure
CONSOLE_STARTS = b"This is the guest."
PR_SET_PDEATHSIG = 1


@dataclass
class Device:
    """A virtio device of a guest, served by QEMU in dom0."""

    kind: str  # blk, net, rng
    platform: bool = True  # offers VIRTIO_F_ACCESS_PLATFORM
    grants: bool = True  # described as behind xen,grant-dma

    def backend(self):
        """QEMU's arguments."""
        platform = ",iommu_platform=on" if self.platform else ""
        return {
            "blk": "-drive file=/run/scratch,format=raw,if=none,id=disk "
            "-device virtio-blk-device,drive=disk",
            "net": "-netdev tap,ifname=tap0,script=no,downscript=no,id=net "
            "-device virtio-net-device,netdev=net",
            "rng": "-object rng-random,filename=/dev/urandom,id=rng "
            "-device virtio-rng-device,rng=rng",
        }[self.kind] + platform

    def config(self):
        """The entry in xl's configuration."""
        grants = int(self.grants)
        return f"backend=Domain-0,type=virtio,device,transport=mmio,grant_usage={grants}"


@dataclass
class Guest:
    """A guest and what to run in it."""

    name: str
    commands: str  # a shell script; cwd holds xen/grant-dma and kselftest; $OUT is given back
    kernel: str = "main"  # or "debug"
    cmdline: str = ""  # added to the kernel's command line
    vcpus: int = 2
    memory: int = 512  # MiB
    seconds: int = 300  # until it must have powered off
    devices: list = field(default_factory=lambda: [Device("blk"), Device("net"), Device("rng")])
    device_tree: Path = None  # a partial device tree blob, for xl's device_tree=
    dom0_commands: str = ""  # run in dom0 beside the guest, with $DOMID; output to a log
    interactive: bool = False  # after the commands a shell on the console
    files: dict = field(default_factory=dict)  # path in the guest's cwd -> file here
    allow: list = field(default_factory=list)  # patterns of trouble that this guest provokes

    def xl_config(self):
        """xl's configuration file."""
        lines = [
            f'name = "{self.name}"',
            f'kernel = "/share/Image-{self.kernel}"',
            'extra = "console=hvc0 root=/dev/xvda ro init=/init kmemleak=on panic=-1 printk.devkmsg=on'
            f' {self.cmdline}"',
            f"vcpus = {self.vcpus}",
            f"memory = {self.memory}",
            "disk = ['phy:/dev/loop0,xvda,r', 'phy:/dev/loop1,xvdb,r', 'phy:/dev/loop2,xvdc,w']",
            f"virtio = {[device.config() for device in self.devices]}",
            'on_crash = "destroy"',
            'on_reboot = "destroy"',
        ]
        if self.device_tree:
            lines.append(f'device_tree = "/share/{self.name}/partial.dtb"')
        return "\n".join(lines) + "\n"

    def backend(self):
        """Arguments of the QEMU in dom0; its -smp must equal the guest's vcpus."""
        if not self.devices:
            return ""
        return "\n".join(
            [
                f"-xen-attach -M xenpvh -m {self.memory} -smp {self.vcpus} -nodefaults",
                "-no-user-config -display none -monitor none -serial none",
                "-global virtio-mmio.force-legacy=false",
                *(device.backend() for device in self.devices),
            ]
        )

    def write(self, directory):
        """Put all that dom0 needs for this guest into a directory."""
        directory.mkdir()
        (directory / "config").write_text(self.xl_config())
        (directory / "backend").write_text(self.backend())
        (directory / "commands").write_text(self.commands + "\n")
        if self.device_tree:
            shutil.copy(self.device_tree, directory / "partial.dtb")
        if self.dom0_commands:
            (directory / "dom0-commands").write_text(self.dom0_commands + "\n")
        if self.interactive:
            (directory / "interactive").touch()
        with tarfile.open(directory / "in.tar", "w", dereference=True) as tar:
            tar.add(HERE / "guest/run.sh", "run.sh")
            tar.add(directory / "commands", "commands")
            if self.interactive:
                tar.add(directory / "interactive", "interactive")
            for path in (HERE.parent).iterdir():
                if path != HERE:
                    tar.add(path, f"xen/grant-dma/{path.name}")
            helpers = "kselftest/ktap_helpers.sh"
            tar.add(KDIR / "tools/testing/selftests" / helpers, helpers)
            for name, source in self.files.items():
                tar.add(source, name)


@dataclass
class Result:
    """What became of a guest."""

    directory: Path
    log: Path
    verdict: str
    problems: list

    @property
    def out(self):
        """What the commands left in $OUT."""
        return self.directory / "out"

    @property
    def status(self):
        """Exit status of the commands, None if they did not end."""
        path = self.out / "status"
        return int(path.read_text()) if path.exists() else None

    @property
    def grant_maps(self):
        """How often backends in dom0 mapped grants while the guest was there."""
        path = self.directory / "grant-maps"
        return int(path.read_text()) if path.exists() else 0

    @property
    def text(self):
        """The guest's console."""
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Results(dict):
    """The guests' results by name, and the problems of the whole run."""

    def __init__(self, directory):
        super().__init__()
        self.directory = directory
        self.own_problems = []

    @property
    def problems(self):
        """Everything that went wrong: the machine's, then each guest's."""
        return self.own_problems + [p for result in self.values() for p in result.problems]


def kernel_image(flavour):
    """The kernel that the Makefile built."""
    return BUILD / "kernel" / flavour / "arch/arm64/boot/Image"


def say(text):
    """Progress, for whoever waits; a comment where the output is TAP."""
    print(f"# [{time.monotonic() - say.start:5.0f} s] {text}", flush=True)


say.start = time.monotonic()


def tail(path):
    """The end of a log, indented, with its path."""
    lines = path.read_text(errors="replace").splitlines()[-TAIL:] if path.exists() else ["(none)"]
    return "\n".join([f"last lines of {path}:", *("    " + line for line in lines)])


class Machine:
    """The emulated machine: a QEMU process, whose serial line goes to a log."""

    def __init__(self, arguments, log):
        self.log = log
        self.pending = b""
        self.output = log.open("wb")
        libc = ctypes.CDLL(None)
        command = ["qemu-system-aarch64", "-nodefaults", "-no-user-config", "-display", "none",
                   "-monitor", "none", "-no-reboot", "-chardev", "stdio,id=serial,signal=off",
                   "-serial", "chardev:serial", *arguments]
        # Even if we get killed, nothing stays behind.
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL))
        atexit.register(self.stop)

    def stop(self):
        """End it, whatever it is doing."""
        self.process.kill()
        self.process.wait()
        self.output.close()
        atexit.unregister(self.stop)

    def read(self, timeout):
        """What the serial line said within the timeout; None when the machine is off."""
        if not select.select([self.process.stdout], [], [], timeout)[0]:
            return b""
        data = os.read(self.process.stdout.fileno(), 65536)
        if not data:
            return None
        self.output.write(data)
        self.output.flush()
        return data

    def lines(self, timeout):
        """Complete lines of the serial line; None when the machine is off."""
        data = self.read(timeout)
        if data is None:
            return None
        *lines, self.pending = (self.pending + data).split(b"\n")
        return [line.decode(errors="replace").strip() for line in lines]

    def converse(self, first):
        """Connect the user's terminal, from the text `first` on, until the machine is off."""
        backlog = b""
        inputs = [sys.stdin, self.process.stdout]
        with unbuffered_terminal():
            while True:
                ready = select.select(inputs, [], [])[0]
                if sys.stdin in ready:
                    typed = os.read(sys.stdin.fileno(), 4096)
                    if not typed:
                        inputs.remove(sys.stdin)
                    self.process.stdin.write(typed)
                    self.process.stdin.flush()
                if self.process.stdout in ready:
                    data = self.read(0)
                    if data is None:
                        return
                    backlog += data
                    if first in backlog:
                        os.write(sys.stdout.fileno(), backlog[backlog.index(first):])
                        backlog = first = b""


@contextlib.contextmanager
def unbuffered_terminal():
    """What is typed arrives at once and without echo; Ctrl-C goes on interrupting us."""
    if not sys.stdin.isatty():
        yield
        return
    saved = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, saved)


def xen_machine(share, log):
    """A machine with Xen, and dom0 that does what the share says."""
    return Machine(
        ["-M", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a57", "-smp", "2",
         "-m", "3072", "-accel", "tcg,thread=multi", "-kernel", str(XEN),
         "-append", "dom0_mem=1280M dom0_max_vcpus=1 console=dtuart dtuart=/pl011@9000000",
         "-device", f"guest-loader,addr=0x49000000,kernel={kernel_image('main')},"
         "bootargs=console=hvc0 rdinit=/init",
         "-device", f"guest-loader,addr=0x4e000000,initrd={DOM0}",
         "-global", "virtio-mmio.force-legacy=false",
         "-fsdev", f"local,id=share,path={share},security_model=none",
         "-device", "virtio-9p-device,fsdev=share,mount_tag=share",
         "-drive", f"file={GUEST_ROOT},format=raw,if=none,id=root,readonly=on",
         "-device", "virtio-blk-device,drive=root"],
        log)


def fresh_directory(name):
    """build/run/<name>, empty."""
    directory = BUILD / "run" / name
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    return directory


class Follower:
    """Shows a guest's test results as they appear on its console."""

    def __init__(self, path):
        self.path = path
        self.position = 0

    def show(self):
        """Print what is new."""
        if not self.path.exists():
            return
        with self.path.open("rb") as log:
            log.seek(self.position)
            data = log.read()
        end = data.rfind(b"\n") + 1
        self.position += end
        for line in data[:end].decode(errors="replace").splitlines():
            if re.match(r"(not )?ok |bed: ", line):
                say(f"  {line.strip()}")


def watch(machine, share, guests, console):
    """Follow a run to its end; what went wrong with the machine itself."""
    deadline = time.monotonic() + BOOT_SECONDS
    seconds = {guest.name: guest.seconds for guest in guests}
    follower = None
    ended = False
    while True:
        lines = machine.lines(0.3)
        if lines is None:
            return [] if ended else [f"the machine went off before its end\n{tail(machine.log)}"]
        for line in lines:
            if not line.startswith("bed: "):
                continue
            say(line)
            started = re.fullmatch(r"bed: guest (\S+) starts", line)
            if started:
                deadline = time.monotonic() + seconds[started[1]] + GUEST_EXTRA_SECONDS
                follower = Follower(share / f"guest-{started[1]}.log")
            elif line == "bed: end":
                ended = True
            elif line == "bed: console":
                console(follower.path.read_text(errors="replace"))
                machine.converse(CONSOLE_STARTS)
                return []
        if follower:
            follower.show()
        if time.monotonic() > deadline:
            return [f"no sign of life in time\n{tail(machine.log)}"]


def result_of(guest, share):
    """Collect what became of a guest."""
    directory = share / guest.name
    verdict = directory / "verdict"
    verdict = verdict.read_text().strip() if verdict.exists() else "did not start or end"
    log = share / f"guest-{guest.name}.log"
    result = Result(directory, log, verdict, [])
    if verdict != "ran":
        result.problems.append(f"guest {guest.name}: {verdict}\n{tail(log)}")
    if log.exists():
        result.problems += scan.scan(log, guest.allow)
    return result


def boot(name, guests, console=None):
    """Boot Xen, dom0, and the guests one after another.

    For an interactive guest, console() is called with its console so far before the user
    takes over.
    """
    share = fresh_directory(name)
    shutil.copy(HERE / "dom0/run.sh", share / "run.sh")
    for flavour in {guest.kernel for guest in guests}:
        os.link(kernel_image(flavour), share / f"Image-{flavour}")
    for guest in guests:
        guest.write(share / guest.name)
    (share / "guests").write_text("".join(f"{guest.name} {guest.seconds}\n" for guest in guests))

    results = Results(share)
    say(f"booting Xen, then {', '.join(guest.name for guest in guests)}; logs in {share}")
    machine = xen_machine(share, share / "xen.log")
    try:
        results.own_problems += watch(machine, share, guests, console)
    finally:
        machine.stop()
    results.own_problems += scan.scan(share / "xen.log")
    for guest in guests:
        results[guest.name] = result_of(guest, share)
    return results


def boot_without_xen(name, cmdline="", kernel="main", seconds=300, allow=()):
    """Boot a kernel alone, which must power off by itself (it has no root); the run's Result.

    KUnit's suites run at boot: cmdline "kunit.enable=1 kunit_shutdown=poweroff".
    """
    directory = fresh_directory(name)
    log = directory / "console.log"
    say(f"booting without Xen; log in {log}")
    machine = Machine(
        ["-M", "virt,gic-version=3", "-cpu", "max,pauth-impdef=on", "-smp", "2", "-m", "1024",
         "-accel", "tcg,thread=multi", "-kernel", str(kernel_image(kernel)),
         "-append", f"console=ttyAMA0 panic=-1 {cmdline}"],
        log)
    deadline = time.monotonic() + seconds
    verdict = "ran"
    try:
        while machine.read(1) is not None:
            if time.monotonic() > deadline:
                verdict = f"not finished after {seconds} s"
                break
    finally:
        machine.stop()
    problems = scan.scan(log, allow)
    if verdict != "ran":
        problems.append(f"{name}: {verdict}\n{tail(log)}")
    return Result(directory, log, verdict, problems)


def interrupted(number, _frame):
    """End on a signal as if the program had come to its end, so that the machine is stopped."""
    sys.exit(128 + number)


for _number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(_number, interrupted)
