# SPDX-License-Identifier: GPL-2.0-only
"""Tests that need a guest, as TAP: check.py [SET] [GUEST...]

KUnit and kselftest, with virtqueues of each kind, and on PCI; boots with every
way that fw_devlink may treat consumers; devices that must be refused; a backend that is hostile.
"""

import os
import re
import sys
from pathlib import Path

import bed
import kept
import modules
import rings
import selftest
import versions
from bed import Device, Guest
from judges import Test, also, judge_kselftest, judge_kunit, kunit_cases, kunit_results, outcome, report, status_is_zero
from paths import HOSTILE_PROGRAM, KDIR, OLD_KERNEL
from tap import Tap
from toolstack import DRIVER_DOMAIN

# The kernels have no suites but ours; 6.12 has no autorun.
KUNIT = "kunit.enable=1 kunit.autorun=1"
# In dom0, where alone swiotlb-xen bounces.
DOM0_SUITE = "xen_grant_dma_firmware"
KUNIT_DOM0 = f"{KUNIT} kunit.filter_glob={DOM0_SUITE}"

# What may be skipped, and why.
OTHER_IOMMU = {rf"{DOM0_SUITE}\.probe_of\.other-\w+": "no kernel here has the other IOMMU's driver"}
IN_GUEST = OTHER_IOMMU | {rf"{DOM0_SUITE}\.xen_translates": "swiotlb-xen bounces in dom0 alone"}
WITHOUT_XEN = IN_GUEST | {r"xen_grant_dma_\w+\.\w+\.Xen's table": "there is no Xen"}
WITHOUT_PCI = {rf"{DOM0_SUITE}\.pci_requester": "the kernel has no PCI"}
WITHOUT_CMA = {r"xen_grant_dma_bounce\.contiguous_memory_is_copied": "the kernel has no contiguous memory"}
WITHOUT_TABLES = {r"\S+\.sh: .* \(another driver has no tables\)": "the kernel's own driver shows no references"}
# Programs that run in place of a guest's own, without KUnit.
PROGS = os.environ.get("PROGS", "").split()
MOVES_DATA = ["block.sh", "network.sh", "rng.sh"]  # of the kselftest programs
INDIRECT_DESC, RING_PACKED = 28, 34  # feature bits (linux/virtio_ring.h, virtio_config.h)
RING_BOUNCES = "virtio_ring.ring_bounces=1"

ALL_BOUND = """
for driver in virtio_blk virtio_net virtio_rng; do
	ls -d /sys/bus/virtio/drivers/$driver/virtio* || exit
done
[ -z "$(cat /sys/kernel/debug/devices_deferred)" ] &&
	[ "$(tail -n +2 /sys/kernel/debug/xen/grant-dma/devices | wc -l)" = 3 ]
"""

# The driver core says when the timeout lets consumers go on, which a slow boot may reach before the commands.
WAITING = """
for second in $(seq 60); do
	dmesg | grep -E 'deferred probe timeout|virtio_blk.*\\[vda\\]' >/run/said
	grep -q vda /run/said && break
	sleep 1
done
cat /run/said
grep -q vda /run/said &&
	awk '/2000000.virtio: deferred probe timeout/ { waited = 1 } /vda/ { exit } END { exit !waited }' /run/said
"""

# More is in flight than there are references for, so that mappings fail and are tried again.
SHORT_OF_REFERENCES = """
cd xen/grant-dma && . ./lib.sh || exit
fio --name=short --filename=/dev/vda --size=64m --io_size=32m --rw=randwrite --bs=512k \\
	--direct=1 --ioengine=libaio --iodepth=32 --verify=crc32c --verify_fatal=1 --randrepeat=0 ||
	exit
sed 's/^/# /' $TABLES/*
[ "$(total devices failures)" -gt 0 ] && [ "$(total backends taken)" -le "$(total backends budget)" ]
"""

# The free list's array has a page for the third frame only if it is rounded up. KASAN tells if it is not. Devices get
# half of three quarters of the frames at most, so others come first, with what two frames don't have.
ODD_TABLE = """
cd xen/grant-dma && . ./lib.sh || exit
hostile/grants 800 >/run/highest &
wait_for 20 grep . /run/highest && [ "$(cat /run/highest)" -ge 1024 ] || exit
fio --name=odd --filename=/dev/vda --size=16m --io_size=16m --rw=randwrite --bs=512k \\
	--direct=1 --ioengine=libaio --iodepth=32 --verify=crc32c --verify_fatal=1 --randrepeat=0 ||
	exit
sed 's/^/# /' $TABLES/*
[ "$(total devices failures)" -gt 0 ]
"""

# A table that is as small as can be.
ONE_FRAME = """
fio --name=one --filename=/dev/vda --size=16m --io_size=16m --rw=randwrite --bs=64k \\
	--direct=1 --ioengine=libaio --iodepth=8 --verify=crc32c --verify_fatal=1 --randrepeat=0
"""

# The network's buffers take what references there are, so that what every device gets is
# its own reserve. That must do for each of them, and for swap.
WITHOUT_REFERENCES = """
cd xen/grant-dma && . ./lib.sh || exit
find_device virtio_net
network=$device
find_device virtio_blk

fio --name=disk --filename=/dev/vda --size=64m --io_size=32m --rw=randwrite --bsrange=512-512k \\
	--direct=1 --ioengine=libaio --iodepth=16 --verify=crc32c --verify_fatal=1 --randrepeat=0 &
wait_for 120 uses_reserve $device && wait $! && uses_reserve $network &&
	dd if=/dev/hwrng of=/run/random bs=64 count=64 &&
	random_file /run/sent 1000000 && echoes /run/sent || exit
echo 5 >/proc/sys/vm/page-cluster
mkswap /dev/vda && swapon /dev/vda && mount -t tmpfs -o size=300m none /mnt || exit
fio --name=memory --directory=/mnt --size=230m --rw=write --bs=64k --verify=crc32c --verify_fatal=1 || exit
cat /proc/swaps $TABLES/*
[ "$(awk '$1 == "/dev/vda" { print $4 }' /proc/swaps)" -gt 16384 ] || exit
# The network waits before it tries again, instead of taking a processor. It may try 64 pages at once.
failures=$(table devices $network failures)
sleep 5
[ "$failures" -gt 0 ] && [ "$(table devices $network failures)" -lt $((failures + 1000)) ]
"""

# The disk can't read or write the sector at 1 MiB. Requests before and after it succeed,
# so that a status that belongs to another request is noticed.
BROKEN_SECTOR = """
printf '[inject-error]\\nevent = "none"\\nerrno = "5"\\nsector = "2048"\\n' >/run/broken
"""
FAILING_DISK = """
reads() {
	dd if=/dev/vda of=/dev/null bs=4k count=1 skip="$1" iflag=direct
}

writes() {
	dd if=/dev/zero of=/dev/vda bs=4k count=1 seek="$1" oflag=direct conv=notrunc
}

for round in 1 2 3; do
	reads 0 && writes 0 || exit
	reads 256 && exit 1
	reads 1 || exit
	writes 256 && exit 1
	writes 1 || exit
done
"""

# What echoes, types and looks at the screen for kinds.sh, and the directory that it shares.
MONITOR = "-chardev socket,path=/run/monitor,server=on,wait=off,id=monitor -mon chardev=monitor"
SHARED = "mkdir -p /run/shared"
ECHOES_AND_TYPES = """
socat UNIX-CONNECT:/run/virtio-serial0 EXEC:cat &
while sleep 1; do
	echo 'sendkey a'
	echo 'screendump /run/shared/screen'
done | socat - UNIX-CONNECT:/run/monitor
"""

# QEMU's rng answers one request in ten minutes, so that the next one is under way when its driver is unbound.
SLOW_RNG = "max-bytes=64,period=600000"

# The GPU's driver unmaps what the screen shows, and only then resets the device. How many messages tell so is a
# matter of time.
SCREEN = (640, 480)  # pixels of four bytes
IS_LATE = r"domain 0 still used (\d+) references"

UNKNOWN_ISOLATION = """
dmesg | grep 'isolation=tight is none of "page", "strict" and "full"' &&
	dmesg | grep 'xen-grant-dma: strict isolation' &&
	[ "$(cat /sys/module/xen_grant_dma/parameters/isolation)" = strict ]
"""

# The second and third disk have another IOMMU, too, which keeps them waiting until the timeout.
REFUSED = """
for second in $(seq 60); do
	[ "$(dmesg | grep -c 'refused, as its DMA was')" = 2 ] && break
	sleep 1
done
dmesg | grep 'device must provide VIRTIO_F_ACCESS_PLATFORM' || exit
for device in 2000200 2000400; do
	dmesg | grep "$device.virtio: .*: description is wrong: iommus has 2 IOMMUs, a xen,grant-dma one must be the only one" || exit
done
[ "$(dmesg | grep -c 'virtio.*: refused, as its DMA was')" = 2 ] || exit
ls -d /sys/bus/virtio/drivers/virtio_blk/virtio* && exit 1
[ "$(tail -n +2 /sys/kernel/debug/xen/grant-dma/devices | wc -l)" = 1 ]
"""

DISK_WORKS = """
disk_works() {
	head -c 1048576 /dev/urandom >/tmp/data
	[ -b "$1" ] && dd if=/tmp/data of="$1" bs=64k oflag=direct && dd if="$1" of=/tmp/read bs=64k count=16 iflag=direct &&
		cmp /tmp/data /tmp/read
}
"""

# Two functions of one slot with a backend each, and a disk outside of the iommu-map, with ordinary DMA.
PCI_FUNCTIONS = DISK_WORKS + """
table=/sys/kernel/debug/xen/grant-dma/devices
cat $table
for expected in '0000:00:01.0 0' '0000:00:01.1 7'; do
	awk '{ print $1, $2 }' $table | grep -x "$expected" || exit
done
grep 0000:00:02.0 $table && exit 1
for slot in 01 02; do
	disk_works /dev/$(basename /sys/bus/pci/devices/0000:00:$slot.0/virtio*/block/*) || exit
done
"""

# Without a mask, an entry for many requester IDs gives each another domain.
PCI_REFUSED = """
dmesg | grep '0000:00:01.0: .*: description is wrong: iommu-map counts up to domain ID 8, add iommu-map-mask' || exit
ls -d /sys/bus/virtio/drivers/virtio_blk/virtio* && exit 1
dmesg | grep 'virtio.*: refused, as its DMA was' &&
	[ "$(tail -n +2 /sys/kernel/debug/xen/grant-dma/devices | wc -l)" = 0 ]
"""

# Its modules are loaded, and wait for the IOMMU's driver, which that kernel does not have, until the timeout.
WITHOUT_GRANTS = DISK_WORKS + """
uname -r
for _ in $(seq 300); do
	[ -b /dev/vda ] && break
	sleep 0.2
done
[ ! -e /sys/kernel/debug/xen/grant-dma ] && disk_works /dev/vda
"""


def outcome_of_dom0(results):
    """KUnit there: what firmware says, and what becomes of devices whose IOMMU Xen programs; and its log."""
    def judge_log(result):
        text = result.text.partition("bed: ")[0]
        yield from kunit_results(text, [case for case in kunit_cases() if case[0] == DOM0_SUITE])
    sound = ("no trouble in the logs of Xen and dom0", not results.own_problems, results.own_problems, "")
    if not (KDIR / "drivers/xen/grant-dma/tests").exists():  # not with the kernel's own driver
        return [sound]
    test = Test(Guest("dom0", ""), judge_log, OTHER_IOMMU | WITHOUT_PCI, provokes=True)
    return [*outcome(test, bed.Result(results.directory, results.directory / "xen.log", "ran", [])), sound]


def all_programs():
    """The kselftest programs, in their order."""
    makefile = (bed.HERE.parent / "Makefile").read_text()
    return re.search(r"^TEST_PROGS\s*:=\s*(.*)$", makefile, re.M)[1].split()


def kselftest(name, programs=None, settings="", **options):
    """A guest that runs kselftest programs, all of them unless told which.

    The settings are assignments for their environment.
    """
    programs = PROGS or programs or all_programs()
    commands = f"export {settings}\n" if settings else ""
    commands += "cd xen/grant-dma\nmkdir -p $OUT/hostile\n" + "".join(
        f'{{ ./{program}; echo "status $?"; }} 2>&1 | tee $OUT/{program}.ktap\n'
        for program in programs)
    guest = Guest(name, commands, seconds=1500, **options)
    return Test(guest, lambda result: judge_kselftest(result, programs, [each for each in guest.devices if each.grants]))


def devlink_boots():
    """Consumers are bound at once, however fw_devlink and deferred probing are set up."""
    for number, devlink in enumerate(("off", "permissive", "on", "on fw_devlink.strict=1")):
        for timeout in ("", " deferred_probe_timeout=0"):
            cmdline = f"fw_devlink={devlink}{timeout}"
            name = f"devlink{number}{'-0' if timeout else ''}"
            yield Test(Guest(name, ALL_BOUND, cmdline=cmdline),
                       status_is_zero(f"all devices are bound with {cmdline}"))


def virtqueues(name, option, bit, value, **options):
    """The kselftests that move data, on virtqueues that an option of QEMU's devices makes, with ring bounces."""
    devices = [Device(kind, options=option) for kind in ("blk", "net", "rng")]
    test = kselftest(name, ["devices.sh", *MOVES_DATA], "BRIEF=yes", devices=devices, memory=1024, cmdline=RING_BOUNCES,
                     **options)
    test.guest.commands += "cat /sys/bus/virtio/devices/*/features >$OUT/features\n"

    def judge(result):
        path = result.out / "features"
        features = path.read_text().split() if path.exists() else []
        yield (f"virtqueues with {option}", len(features) == len(devices)
               and all(each[bit] == value for each in features), f"see {path}", "")
    return also(judge, test)


def judge_grants(result):
    """Without our tables, the backend's mappings tell whether there are grants at all."""
    yield "the backend maps grants", result.grant_maps > 1000, f"{result.grant_maps} mappings", ""


def traced():
    """A guest that moves data while each address that its backend uses is traced."""
    def judge(result):
        log = result.directory / "backend.log"
        parts, addresses = rings.read(log.read_text(errors="replace") if log.exists() else "")
        known = len(parts) >= 3 * 4 and {part.start for part in parts} <= set(addresses)
        yield "each part of a ring was mapped, and buffers", known and len(addresses) > 500, f"see {log}", ""
        outside = rings.outside(parts, addresses)
        yield ("rings' pages hold nothing else, which xen-vhost-frontend would not reach", not outside,
               [f"{len(outside)} of {len(addresses)} addresses, see {log}", *map(hex, outside[:5])], "")
    return also(judge, kselftest("rings", ["devices.sh", *MOVES_DATA], "BRIEF=yes", memory=1024,
                                 backend_options=rings.TRACED))


def judge_no_grants(result):
    """The backend maps the guest's pages as it did before there were grants; its Xen disk takes some."""
    yield "a disk that is described behind grants works", result.status == 0, bed.tail(result.log), ""
    yield "the backend maps no grants for it", 0 < result.grant_maps < 100, f"{result.grant_maps} mappings", ""


READS = 500
ONE_AT_A_TIME = f"""
fio --name=reads --filename=/dev/vda --size=64m --rw=randread --bs=4k --direct=1 --number_ios={READS}
"""


def judge_maps(result):
    """The backend finds all but the data of a request where the rings are. It maps more when the guest boots."""
    yield "reads", result.status == 0, bed.tail(result.log), ""
    yield ("a request takes the backend one mapping", READS <= result.grant_maps < READS * 1.5,
           f"{result.grant_maps} mappings for {READS} requests and the boot", "")


# The network is set up as run.sh does it where virtio is built in.
LOAD = """
(. ./load.sh; load xen-grant-dma-iommu virtio_mmio {}) || exit
ifconfig eth0 192.168.128.2 netmask 255.255.255.0 up 2>/dev/null
"""
USUAL_MODULES = ["virtio_blk", "virtio_net", "virtio-rng"]
KINDS_MODULES = ["virtio_console", "virtio_input", "virtio-gpu", "9pnet_virtio", "virtio_crypto", "virtio-rng"]

# What makes dom0, or the guest's driver domain, hostile on demand.
HOSTILE_DOM0 = {"dom0_commands": (bed.HERE.parent / "hostile/dom0.sh").read_text(),
                "dom0_files": {"hostile": HOSTILE_PROGRAM}, "allow": [r"domain \d+ still use[sd]"]}


def hostile(name, programs, cmdline="", kernel="main", **options):
    """A guest that runs kselftest programs whose backend is hostile on demand.

    Its memory is cleared when it is allocated: what else its new owner gives to a device,
    say as buffers for packets, may hold secrets of the last one.
    """
    made = ["secrets", "late", "reader"]
    if {"scribble.sh", "budget.sh"} & set(programs):
        made.append(f"{kernel}/xen_grant_dma_victim.ko")
    files = {f"xen/grant-dma/hostile/{Path(each).name}": bed.BUILD / "hostile" / each for each in made}
    return kselftest(name, [f"hostile/{program}" for program in programs], memory=1024,
                     cmdline=f"init_on_alloc=1 {cmdline}", kernel=kernel, files=files, **HOSTILE_DOM0, **options)


def kinds(name, slots):
    """A guest with devices of other kinds, each in a PCI slot or, where that is "", on virtio-mmio."""
    options = {"9p": "mount_tag=shared", "gpu": "xres={},yres={}".format(*SCREEN), "rng": SLOW_RNG}
    devices = [Device(kind, slot, options=options.get(kind, ""))
               for kind, slot in zip(("serial", "keyboard", "gpu", "9p", "crypto", "rng"), slots)]
    test = kselftest(name, ["kinds.sh", "references.sh"], devices=devices, backend_options=MONITOR,
                     dom0_before=SHARED, dom0_commands=ECHOES_AND_TYPES, allow=[IS_LATE])
    # The screen is unmapped before the device has let go of it when its driver is unbound, and at the end.
    return also(judge_late(2 * SCREEN[0] * SCREEN[1] * 4 // 4096), test)


def judge_late(allowed):
    """A judge of how many references a backend still used when their I/O ended, in all messages."""
    def judge(result):
        late = sum(map(int, re.findall(IS_LATE, result.text)))
        yield f"no more than {allowed} references were used late", late <= allowed, f"{late}, see {result.log}", ""
    return judge


def of_kernel(may_skip, kernel):
    """What KUnit may skip, on a kernel: none has contiguous memory, and `main` is without PCI."""
    return may_skip | WITHOUT_CMA | (WITHOUT_PCI if kernel == "main" else {})


def with_kunit(test):
    """The same, in a guest that runs KUnit at boot."""
    if PROGS:
        return test
    test.guest.cmdline = f"{KUNIT} {test.guest.cmdline}"
    test.may_skip |= of_kernel(IN_GUEST, test.guest.kernel)
    return also(judge_kunit, test)


def change_tests():
    """What a change must pass."""
    yield with_kunit(kselftest("main", memory=1024))
    yield hostile("hostile", ["snoop.sh", "scribble.sh", "hold.sh", "late.sh"])
    yield Test(Guest("short", SHORT_OF_REFERENCES, xl_extra="max_grant_frames = 4"),
               status_is_zero("data survives mappings that fail for want of references"))
    yield with_kunit(kselftest("pci", ["devices.sh", "network.sh", "rng.sh", "rebind.sh", "references.sh"],
                               settings="ROUNDS=10 FEW=2", kernel="debug", memory=1024,
                               devices=[Device("blk", pci="1.0"), Device("net", pci="2.0"), Device("rng", pci="3.0")]))
    yield Test(Guest("odd", ODD_TABLE, kernel="debug", memory=1024, xl_extra="max_grant_frames = 3",
                     files={"xen/grant-dma/hostile/grants": bed.BUILD / "hostile/grants"}),
               status_is_zero("all frames of a grant table of odd size are used"))


def other_tests():
    """The others on the same kernel, and the test bed's own."""
    yield from selftest.TESTS
    yield virtqueues("direct", "indirect_desc=off", INDIRECT_DESC, "0")
    yield virtqueues("packed", "packed=on", RING_PACKED, "1")
    yield Test(Guest("maps", ONE_AT_A_TIME, cmdline=RING_BOUNCES, devices=[Device("blk")]), judge_maps)
    yield traced()
    yield from devlink_boots()
    yield Test(Guest("no-stub", WAITING, cmdline="initcall_blacklist=grant_iommu_init",
                     allow=["deferred probe"]),
               status_is_zero("without the stub IOMMU driver, devices wait for the timeout"))
    yield Test(Guest("refused", REFUSED, allow=["deferred probe timeout"], devices=[
                   Device("blk", platform=False), Device("blk", iommus="<&xen_iommu 0>, <&other_iommu 0>"),
                   Device("blk", iommus="<&other_iommu 0>, <&xen_iommu 0>")]),
               status_is_zero("devices without VIRTIO_F_ACCESS_PLATFORM, or with two IOMMUs, are refused"))
    yield Test(Guest("isolation", UNKNOWN_ISOLATION, cmdline="xen_grant_dma.isolation=tight"),
               status_is_zero("an unknown kind of isolation is refused and means strict"))
    yield Test(Guest("failing", FAILING_DISK, dom0_before=BROKEN_SECTOR,
                     devices=[Device("blk", protocol="blkdebug:/run/broken:")],
                     allow=["I/O error, dev vda, sector 2048 "]),
               status_is_zero("requests that fail in the backend fail in the guest, no others"))
    yield Test(Guest("one-frame", ONE_FRAME, devices=[Device("blk")], xl_extra="max_grant_frames = 1"),
               status_is_zero("a disk works with a grant table of one frame"))
    # An allocation that fails where memory is this short is tried again.
    yield Test(Guest("reserves", WITHOUT_REFERENCES, memory=256, xl_extra="max_grant_frames = 2",
                     devices=[Device("blk"), Device("net", options="rx_queue_size=1024"), Device("rng")],
                     cmdline="hung_task_panic=1 sysctl.kernel.hung_task_timeout_secs=300", seconds=900,
                     allow=["page allocation failure"]),
               status_is_zero("devices work, and memory is swapped out, when no references are left"))
    yield hostile("hostile-full", ["snoop.sh", "scribble.sh", "late.sh"], cmdline="xen_grant_dma.isolation=full")
    yield hostile("hostile-page", ["snoop.sh", "scribble.sh", "hold.sh"],
                  cmdline="xen_grant_dma.isolation=page", settings="COUNTS=100")
    # A quarter of the references is for dom0. Its network's areas take 500, the rest is to be kept.
    yield hostile("budget", ["budget.sh"], xl_extra="max_grant_frames = 16",
                  devices=[Device("balloon", domain=7), Device("blk"), Device("net"), Device("rng")])


def driver_domain_tests():
    """With backends in two domains; Xen is told to let domains share grants, which other guests do without."""
    yield kselftest("driver-domain", ["devices.sh", "rebind.sh", "hostile/driver-domain.sh"], settings="ROUNDS=5 FEW=2",
                    devices=[Device("net"), Device("rng"), Device("blk", pci="1.0", domain=DRIVER_DOMAIN)],
                    kernel="debug", memory=1024, vcpus=1, **HOSTILE_DOM0)


def debug_tests():
    """With the kernel's own checkers, and on PCI."""
    # What moves data takes long there, and is done below, on packed virtqueues.
    yield with_kunit(kselftest("debug", [program for program in all_programs() if program not in MOVES_DATA],
                               kernel="debug", memory=1024, settings="ROUNDS=10 FEW=2"))
    yield hostile("hostile-debug", ["scribble.sh"], kernel="debug")
    yield virtqueues("packed-debug", "packed=on", RING_PACKED, "1", kernel="debug")
    yield Test(Guest("pci-functions", PCI_FUNCTIONS, kernel="debug",
                     devices=[Device("blk", pci="1.0"), Device("balloon", pci="1.1", domain=7),
                              Device("blk", pci="2.0", grants=False)]),
               status_is_zero("each PCI function has the backend that its requester ID is mapped to"))
    yield Test(Guest("pci-refused", PCI_REFUSED, kernel="debug", devices=[Device("blk", pci="1.0")],
                     iommu_map="iommu-map = <0 &xen_iommu 0 0x10000>;"),
               status_is_zero("an iommu-map that nobody can mean is refused"))


def coverage_tests():
    """Which lines run in a guest; one whose backend is hostile adds few."""
    yield with_kunit(kselftest("gcov", kernel="gcov", memory=1024, settings="ROUNDS=10 FEW=2"))


def pages_tests():
    """With 64 KiB pages, each of which takes 16 grants."""
    yield with_kunit(kselftest("64k", ["devices.sh", "block.sh", "rng.sh"], kernel="64k", memory=1024))
    # Its buffers are of up to four pages, and take all the more references.
    yield hostile("hostile-64k", ["snoop.sh", "scribble.sh"], kernel="64k", settings="BUFFERS=500")


def loads_modules(name, settings, **options):
    """A guest that tests how its modules are loaded, and then is as any other."""
    return with_modules(kselftest(name, ["modules.sh", "devices.sh", *MOVES_DATA], settings, memory=1024,
                                  files={"xen/grant-dma/modules.sh": bed.HERE / "guest/modules.sh"}, **options))


def with_modules(test, *names):
    """The same on the kernel `modules`, in a guest that loads these first."""
    test.guest.kernel = "modules"
    test.guest.files = modules.files() | test.guest.files
    if names:
        test.guest.commands = LOAD.format(" ".join(names)) + test.guest.commands
    return test


def modules_tests():
    """With virtio and the stub IOMMU driver as modules, which come in any order, and with what only that kernel has."""
    yield loads_modules("stub-first", "STUB=first")
    slow = "deferred_probe_timeout=60"
    yield loads_modules("stub-last", "STUB=last", cmdline=slow)
    # Only with that do device links, too, keep devices from being bound.
    yield loads_modules("stub-last-strict", "STUB=last REASON=supplier", cmdline=f"{slow} fw_devlink.strict=1")
    yield with_modules(kinds("kinds", [""] * 6), *KINDS_MODULES)
    yield with_modules(kinds("kinds-pci", ["1.0", "2.0", "3.0", "4.0", "5.0", "6.0"]), "virtio_pci", *KINDS_MODULES)
    yield with_modules(hostile("above", ["above.sh"]), *USUAL_MODULES)
    yield with_modules(hostile("above-full", ["above.sh"], cmdline="xen_grant_dma.isolation=full"), *USUAL_MODULES)


def backport_tests():
    """Those for a base that is not the newest."""
    yield with_kunit(kselftest("main", ["devices.sh", "block.sh", "rebind.sh", "references.sh"], memory=1024,
                               settings="ROUNDS=5 FEW=2 BRIEF=yes"))


def some_tests():
    """Those that show whether a release of Xen will do."""
    yield kselftest("some", ["devices.sh", "block.sh", "rebind.sh"], memory=1024)
    yield hostile("some-hostile", ["snoop.sh"])


def in_tree_tests():
    """What the kernel's own driver must pass with the patches of the group in-tree."""
    test = also(judge_grants, kselftest("in-tree", ["rebind.sh"], "ROUNDS=50", memory=1024))
    test.may_skip |= WITHOUT_TABLES
    yield test


def old_kernel_tests():
    """A kernel that is older than the first driver, or without it, in a guest whose device tree is new."""
    yield Test(Guest("old", WITHOUT_GRANTS, kernel="old", devices=[Device("blk")],
                     dom0_files={"ramdisk": OLD_KERNEL / "ramdisk"}, xl_extra='ramdisk = "/share/old/ramdisk"',
                     allow=["deferred probe (timeout|pending)"]),
               judge_no_grants)


SETS = {"": other_tests, "--guests": change_tests, "--driver-domain": driver_domain_tests, "--debug": debug_tests,
        "--coverage": coverage_tests, "--pages": pages_tests, "--modules": modules_tests, "--backport": backport_tests,
        "--some": some_tests, "--in-tree": in_tree_tests, "--old-kernel": old_kernel_tests}


def choose(arguments):
    """The name of a set, and of its tests those in the guests named, or all."""
    unknown = [program for program in PROGS if not (bed.HERE.parent / program).is_file()]
    if unknown:
        sys.exit(f"no such program: {' '.join(unknown)}")
    a_set, names = (arguments[0], arguments[1:]) if arguments and arguments[0] in SETS else ("", arguments)
    names = names or ["main"] if PROGS and not a_set else names
    tests = list(SETS[a_set]())
    if not a_set and names:
        tests += [test for test in change_tests() if test.guest.kernel == "main"]
    unknown = set(names) - {test.guest.name for test in tests}
    if unknown:
        sys.exit(f"no such guest: {' '.join(sorted(unknown))}")
    return a_set, [test for test in tests if not names or test.guest.name in names]


def boot(name, tests):
    """Boot the guests of tests; the results of each by its name, and those of dom0."""
    results = bed.boot(name, [test.guest for test in tests], dom0_cmdline=KUNIT_DOM0)
    for part, version in versions.of_run(results.directory).items():
        bed.say(f"ran on {part} {version}")
    return {"dom0": outcome_of_dom0(results)} | {test.guest.name: outcome(test, results[test.guest.name])
                                                for test in tests}


def main(arguments):
    """Run tests, but for those whose results are kept. What ran is kept if dom0 and Xen were sound."""
    tap = Tap()
    a_set, tests = choose(arguments)
    keys = {"dom0": kept.key_of(True, "main", KUNIT_DOM0)} | {test.guest.name: kept.key_of_guest(test.guest)
                                                              for test in tests}
    known = {name: results for name, key in keys.items() if (results := kept.find(key))}
    left_by = bed.BUILD / "run" / f"check{a_set[1:]}"
    new = boot(left_by.name, [test for test in tests if test.guest.name not in known]) if keys.keys() - known else {}
    sound = all(passed for _, passed, *_ in new.get("dom0", []))
    for name, key in keys.items():
        tree = left_by / name / "out/guest.dtb"
        if name not in new:
            kept.give_back(key, tree)
        elif sound:
            kept.keep(key, new[name], tree)
        report(tap, new.get(name) or known[name], kept=name not in new)
    return tap.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
