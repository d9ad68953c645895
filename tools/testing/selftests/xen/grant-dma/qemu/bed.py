# SPDX-License-Identifier: GPL-2.0-only
"""Boots Xen under QEMU, and in dom0 a list of guests one after another.

    from bed import Guest, boot
    results = boot("probe", [Guest("off", "cat /proc/cmdline", cmdline="fw_devlink=off"),
                             Guest("debug", "./run-tests", kernel="debug", memory=768)])
    results["off"].status        # exit status of the commands, None if they never ended
    results["off"].log           # path of the guest's console log
    results["off"].out           # directory with what the commands left in $OUT
    results.problems             # what went wrong, as lines for a reader; empty if all is well

Everything a run leaves lies in build/<base>/run/<name>/, which dom0 sees as /share over virtio-9p:
xen.log (console of Xen and dom0), guest-<guest>.log (console of the guest), and a directory a
guest: config (xl's), backend and backend.log (QEMU's arguments and messages), commands, out/,
grant-maps (how often backends mapped grants), verdict. A guest with a driver domain has the console
of that in guest-<guest>-driver.log, and what it is made of in driver/.
"""

import os
import re
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import scan
from guests import Device, Guest  # noqa: F401 (for our users)
from machine import GDB, Machine, deadline
from paths import BUILD, DOM0, GUEST_ROOT, HERE, XEN_IMAGE, kernel_image

BOOT_SECONDS = 180  # for Xen and dom0, and to power off
GUEST_EXTRA_SECONDS = 120  # for a guest to be built and torn down
LEFT_SIZE = 64 << 20  # of the disk to which a guest writes what it leaves, as in dom0/run.sh
TAIL = 25  # lines of a log shown with a failure
CONSOLE_STARTS = b"This is the guest."

# One for each vCPU, pinned: dom0's, then the guest's and its driver domain's. When Xen switches from
# one vCPU straight to another, a timer interrupt of the first may arrive late, and Xen masks the timer
# of the second. An idle kernel then sleeps for ever.
CPUS = 1 + Guest.vcpus


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


def say(text):
    """Progress, for whoever waits; a comment where the output is TAP."""
    print(f"# [{time.monotonic() - say.start:5.0f} s] {text}", flush=True)


say.start = time.monotonic()


def say_how_to_debug(kernels):
    """What to type when QEMU waits for a debugger. All that runs on the machine is seen, dom0 and guests alike."""
    for kernel in sorted(kernels):
        say(f"QEMU waits: gdb-multiarch {kernel_image(kernel).parents[3]}/vmlinux -ex 'target remote :1234'")


def tail(path):
    """The end of a log, indented, with its path."""
    lines = path.read_text(errors="replace").splitlines()[-TAIL:] if path.exists() else ["(none)"]
    return "\n".join([f"last lines of {path}:", *("    " + line for line in lines)])


def disk(name, path, readonly="on"):
    """QEMU's arguments for a disk."""
    return ["-drive", f"file={path},format=raw,if=none,id={name},readonly={readonly}",
            "-device", f"virtio-blk-device,drive={name}"]


def xen_machine(share, log, dom0_cmdline, xen_cmdline):
    """A machine with Xen, and dom0 that does what the share says."""
    return Machine(
        ["-M", "virt,virtualization=on,gic-version=3", "-cpu", "cortex-a57", "-smp", str(CPUS),
         "-m", "3072", "-accel", "tcg,thread=multi", "-kernel", str(XEN_IMAGE),
         "-append", "dom0_mem=1280M dom0_max_vcpus=1 dom0_vcpus_pin "
         f"console=dtuart dtuart=/pl011@9000000 {xen_cmdline}",
         "-device", f"guest-loader,addr=0x49000000,kernel={kernel_image('main')},"
         f"bootargs=console=hvc0 rdinit=/init {dom0_cmdline}",
         "-device", f"guest-loader,addr=0x4e000000,initrd={DOM0}",
         "-global", "virtio-mmio.force-legacy=false",
         "-fsdev", f"local,id=share,path={share},security_model=none",
         "-device", "virtio-9p-device,fsdev=share,mount_tag=share",
         *disk("root", GUEST_ROOT)],
        log)


def fresh_directory(name):
    """build/<base>/run/<name>, empty; what was there before is in <name>.last."""
    directory = BUILD / "run" / name
    last = directory.with_name(f"{name}.last")
    if directory.exists():
        shutil.rmtree(last, ignore_errors=True)
        directory.rename(last)
    directory.mkdir(parents=True)
    return directory


class Follower:
    """Shows a guest's test results as they appear on its console."""

    def __init__(self, share, name):
        self.name = name
        self.path = share / f"guest-{name}.log"
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
                say(f"  {self.name}: {line.removeprefix('bed: ').strip()}")


def watch(machine, share, guests, console):
    """Follow a run to its end; what went wrong with the machine itself."""
    end = deadline(BOOT_SECONDS)
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
            say(line.removeprefix("bed: "))
            started = re.fullmatch(r"bed: guest (\S+) starts", line)
            if started:
                end = deadline(seconds[started[1]] + GUEST_EXTRA_SECONDS)
                follower = Follower(share, started[1])
            elif line == "bed: end":
                ended = True
            elif line == "bed: console":
                console(follower.path.read_text(errors="replace"))
                machine.converse(CONSOLE_STARTS)
                return []
        if follower:
            follower.show()
        if time.monotonic() > end:
            return [f"no sign of life in time\n{tail(machine.log)}"]


def result_of(guest, share):
    """Collect what became of a guest, and of its driver domain."""
    directory = share / guest.name
    verdict = directory / "verdict"
    verdict = verdict.read_text().strip() if verdict.exists() else "did not start or end"
    log = share / f"guest-{guest.name}.log"
    result = Result(directory, log, verdict, [])
    if verdict != "ran":
        result.problems.append(f"guest {guest.name}: {verdict}\n{tail(log)}")
    for console in (log, share / f"guest-{guest.name}-driver.log"):
        if console.exists():
            result.problems += scan.scan(console, guest.allow)
    return result


def boot(name, guests, console=None, dom0_cmdline=""):
    """Boot Xen, dom0, and the guests one after another.

    For an interactive guest, console() is called with its console so far before the user
    takes over.
    """
    share = fresh_directory(name)
    for script in ("run.sh", "driver.sh"):
        shutil.copy(HERE / "dom0" / script, share / script)
    for flavour in {guest.kernel for guest in guests}:
        os.link(kernel_image(flavour), share / f"Image-{flavour}")
    for guest in guests:
        guest.write(share / guest.name)
    (share / "guests").write_text("".join(f"{guest.name} {guest.seconds}\n" for guest in guests))

    results = Results(share)
    say(f"booting Xen, then {', '.join(guest.name for guest in guests)}; logs in {share}")
    # Arm's default, SILO, lets a driver domain have neither grants nor events of its guest; FLASK's policy lets it have
    # these, and none of the guest's memory. Xen warns without SILO.
    driven = any(guest.driven for guest in guests)
    if GDB:
        say_how_to_debug({guest.kernel for guest in guests})
    machine = xen_machine(share, share / "xen.log", dom0_cmdline, "xsm=flask" if driven else "")
    try:
        results.own_problems += watch(machine, share, guests, console)
    finally:
        machine.stop()
    results.own_problems += scan.scan(share / "xen.log", ["SILO mode is not enabled"] if driven else [])
    for guest in guests:
        results[guest.name] = result_of(guest, share)
    return results


def boot_guest_without_xen(guest):
    """Boot a guest alone, whose devices are those of its backend_options, which are QEMU's arguments; its Result."""
    directory = fresh_directory(guest.name)
    guest.write_sent(directory)
    left = directory / "left"
    left.touch()
    os.truncate(left, LEFT_SIZE)
    # The last virtio-mmio device on QEMU's command line is the first one of the guest.
    result = boot_kernel(
        directory, f"root=/dev/vda ro init=/init SENT=/dev/vdb LEFT=/dev/vdc {guest.cmdline}", guest.kernel,
        guest.seconds, guest.allow,
        ["-smp", str(guest.vcpus), "-m", str(guest.memory), "-global", "virtio-mmio.force-legacy=false",
         *guest.backend_options.split(), *disk("left", left, "off"), *disk("sent", directory / "in.tar"),
         *disk("root", GUEST_ROOT)])
    with (directory / "tar.log").open("w") as log:
        subprocess.run(["tar", "-x", "-f", left, "-C", directory], stderr=log)
    if result.verdict == "ran" and result.status is None:
        result.problems.append(f"{guest.name}: its results are missing\n{tail(result.log)}")
    return result


def boot_kernel(directory, cmdline="", kernel="main", seconds=300, allow=(), arguments=()):
    """Boot a kernel alone, which must power off by itself; its Result.

    KUnit's suites run at boot: cmdline "kunit.enable=1 kunit_shutdown=poweroff".
    """
    log = directory / "console.log"
    say(f"booting without Xen; log in {log}")
    if GDB:
        say_how_to_debug({kernel})
    machine = Machine(
        ["-M", "virt,gic-version=3", "-cpu", "max,pauth-impdef=on", "-smp", "2", "-m", "1024",
         "-accel", "tcg,thread=multi", "-kernel", str(kernel_image(kernel)),
         "-append", f"console=ttyAMA0 panic=-1 {cmdline}", *arguments],
        log)
    end = deadline(seconds)
    verdict = "ran"
    try:
        while machine.read(1) is not None:
            if time.monotonic() > end:
                verdict = f"not finished after {seconds} s"
                break
    finally:
        machine.stop()
    problems = scan.scan(log, allow)
    if verdict != "ran":
        problems.append(f"{directory.name}: {verdict}\n{tail(log)}")
    return Result(directory, log, verdict, problems)
