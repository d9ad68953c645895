# SPDX-License-Identifier: GPL-2.0-only
"""The parts of the benchmark: in what guest each is measured, and the rows of its table."""

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Callable

import stages
from bed import Device
from paths import BUILD

HERE = Path(__file__).resolve().parent
IN_GUEST = "xen/grant-dma/bench"  # where the guest has what lies in HERE


@dataclass
class Implementation:
    """An implementation of grants, as a guest has it."""

    title: str
    kernel: str  # of the test bed's
    cmdline: str
    module: Path  # what the guest's module is built in


BASE, OURS, PAGE, FULL, RINGS = "in-tree", "strict", "page", "full", "rings"
IMPLEMENTATIONS = {
    BASE: Implementation("in-tree grants", "base", "", BUILD / "base/module"),
    OURS: Implementation("our grants", "bench", "", BUILD / "module"),
    PAGE: Implementation("ours, by page", "bench", "xen_grant_dma.isolation=page",
                         BUILD / "module"),
    FULL: Implementation("ours, all copied", "bench", "xen_grant_dma.isolation=full",
                         BUILD / "module"),
    RINGS: Implementation("ours, ring bounces", "bench", "virtio_ring.ring_bounces=1",
                          BUILD / "module"),
}
LEVELS = [BASE, OURS, PAGE, FULL]


@dataclass
class Target:
    """What a figure of ours is to reach: a factor below another figure, or above it."""

    text: str
    met: Callable  # (cost(implementation, row name, path)) -> bool


def faster(times):
    """Ours takes at most so much less than in-tree."""
    return lambda name: Target(f"{times:g} ×",
                               lambda cost: cost(BASE, name) >= times * cost(OURS, name))


def rings_faster(times):
    """With ring bounces ours takes at most so much less than in-tree."""
    return lambda name: Target(f"ring bounces {times:g} ×",
                               lambda cost: cost(BASE, name) >= times * cost(RINGS, name))


def near(other, times, text):
    """Ours takes at most so much more than ours does for another row."""
    return lambda name: Target(f"≤ {times:g} × {text}",
                               lambda cost: cost(OURS, name) <= times * cost(OURS, other))


def near_direct(times):
    """Ours takes at most so much more than dma-direct does beside it."""
    return lambda name: Target(f"≤ {times:g} × dma-direct",
                               lambda cost: cost(OURS, name) <= times * cost(OURS, name, "direct"))


def near_page(times):
    """Strict isolation takes at most so much more than isolation by page."""
    return lambda name: Target(f"≤ {times:g} × by page",
                               lambda cost: cost(OURS, name) <= times * cost(PAGE, name))


def full_near(times):
    """Copying everything costs at most so much more than strict isolation."""
    return lambda name: Target(f"all copied ≤ {times:g} ×",
                               lambda cost: cost(FULL, name) <= times * cost(OURS, name))


def rate_near_page(times):
    """With strict isolation the rate is at most so much lower than by page."""
    return lambda name: Target(f"≤ {times:g} × slower than by page",
                               lambda cost: times * cost(OURS, name) >= cost(PAGE, name))


def at_most(limit):
    """Ours is no more than a fixed number."""
    return lambda name: Target(f"≤ {limit:g}", lambda cost: cost(OURS, name) <= limit)


class Row:
    """A line of a table."""

    def __init__(self, name, label, *targets, unit=None, more=False, paths=None,
                 implementations=LEVELS, compared=True):
        self.name = name
        self.label = label
        self.targets = [target(name) for target in targets]
        self.unit = unit  # where it is not the part's
        self.more = more  # is more better?
        self.paths = paths  # where it does not have all of the part's
        self.implementations = implementations  # for which it can be measured
        self.compared = compared  # does a ratio say anything?


@dataclass
class Setup:
    """A guest in which a part, or some of its paths, are measured."""

    paths: list
    devices: list
    options: dict = field(default_factory=dict)  # more of the Guest's


@dataclass
class Part:
    """What is measured in one go, and the table that comes from it."""

    name: str
    title: str
    unit: str
    paths: dict  # "grants" and what stands beside it: path -> what it is called
    rows: list
    setups: list
    read: Callable  # (result of a guest) -> (row name, path, value)...
    files: Callable = lambda implementation: {}
    once: bool = False  # counted, so that one turn is enough
    without_xen: bool = False  # on QEMU's own machine, where implementations are kernels with the patches or without

    @property
    def implementations(self):
        """The implementations for which any row can be measured."""
        return [name for name in IMPLEMENTATIONS if any(name in row.implementations for row in self.rows)]

    def heading(self, name):
        """What an implementation is called."""
        if self.without_xen:
            return {BASE: "without the patches", OURS: "with the patches"}[name]
        return IMPLEMENTATIONS[name].title


def read_lines(result):
    """Lines of name, path, and value."""
    path = result.out / "api"
    for line in path.read_text().splitlines() if path.exists() else []:
        name, path, *value = line.split()
        if value:
            yield name, path, float(value[0])


API = Part(
    "api", "DMA API", "ns", {"grants": "grants", "direct": "dma-direct"},
    [
        Row("map-64", "map+unmap 64 B", faster(3.5)),
        Row("map-512", "map+unmap 512 B"),
        Row("map-2k", "map+unmap 2 KiB"),
        *(Row(f"copy-{size}", f"copying {label} alone", compared=False)
          for size, label in (("64", "64 B"), ("512", "512 B"), ("2k", "2 KiB"))),
        Row("map-4k", "map+unmap 4 KiB", faster(5), near_direct(2.5)),
        Row("map-8k", "map+unmap 8 KiB"),
        Row("map-8k-unaligned", "map+unmap 8 KiB, not at a page", faster(1)),
        Row("map-64k", "map+unmap 64 KiB", faster(5.5)),
        Row("map-1m", "map+unmap 1 MiB", faster(6)),
        Row("sg-64x4k", "dma_map_sg+unmap, 64 × 4 KiB", faster(15), near_direct(1.1)),
        Row("coherent-4k", "coherent 4 KiB, alloc+free", faster(1)),
        Row("ring-256x16k", "16 KiB, 256 outstanding", faster(15)),
        Row("ring-4096x4k", "4 KiB, 4096 outstanding"),
        Row("map-8k-fragmented", "8 KiB, 8192 out, fragmented", faster(12),
            near("map-8k", 1.2, "with nothing out")),
        Row("map-4k-2cpus", "4 KiB, two CPUs at once, per CPU", faster(7),
            near("map-4k", 1.15, "one alone")),
        Row("own-4k", "dma_map_benchmark, 4 KiB", implementations=[OURS, PAGE, FULL]),
        Row("own-64k", "dma_map_benchmark, 64 KiB", implementations=[OURS, PAGE, FULL]),
        Row("own-4k-2threads", "dma_map_benchmark, 4 KiB, two threads",
            implementations=[OURS, PAGE, FULL]),
        *(Row(f"frames-{count}", f"grant table with {count} × 4 KiB mapped", unit="frames",
              paths=["grants"], compared=False) for count in (0, 256, 4096, 16384)),
        *(Row(f"memory-{count}", f"memory taken by {count} × 4 KiB mapped", unit="KiB",
              paths=["grants"], compared=False) for count in (256, 4096, 16384)),
    ],
    [Setup(["grants", "direct"], [Device("blk"), Device("rng")])],
    read=read_lines,
    files=lambda implementation: {
        f"{IN_GUEST}/xen_grant_dma_bench.ko": implementation.module / "xen_grant_dma_bench.ko",
        f"{IN_GUEST}/dma_map_benchmark": BUILD / "bench/dma_map_benchmark",
    },
)


# How many mappings of 64 B and 4 KiB are out while they are handed from CPU to CPU.
OUTSTANDING = (64, 512, 4096)
HANDOVERS = [(f"{count}x{size}", f"{count} × {label} out")
             for size, label in (("64", "64 B"), ("4k", "4 KiB")) for count in OUTSTANDING]


def handover_rows():
    """Mappings made and ended on one CPU, then made on one or two and ended on another."""
    for name, label in HANDOVERS:
        yield Row(f"same-{name}", f"{label}, one CPU", paths=["grants"])
        yield Row(f"pair-{name}", f"{label}, ended on another CPU",
                  near(f"same-{name}", 1.3, "one CPU"), paths=["grants"])
        yield Row(f"trio-{name}", f"{label}, made on two, ended on a third",
                  near(f"same-{name}", 2, "one CPU"), paths=["grants"])


def cpus_rows(idle):
    """What is left of the grant table, counted."""
    counted = {"paths": ["grants"], "implementations": [OURS], "compared": False}
    yield Row(idle, "idle references after a burst on all CPUs", at_most(4096),
              unit="references", **counted)


CPUS = Part(
    "cpus", "Between CPUs, three of them", "ns", {"grants": "grants"},
    [*handover_rows(), *cpus_rows("idle")],
    [Setup(["grants"], [Device("blk"), Device("rng")], {"vcpus": 3})],
    read=read_lines,
    files=API.files,
)

MANY_CPUS = Part(
    "many-cpus", "Eight CPUs", "", {"grants": "grants"},
    [*cpus_rows("idle")],
    [Setup(["grants"], [Device("blk"), Device("rng")], {"vcpus": 8})],
    read=read_lines,
    files=API.files,
    once=True,
)


# dom0 has one processor and the guest another: more of them than the machine has cores
# would wait for each other, and requests for them. With two, it is by chance whether a
# request is completed where it was made, which is half as fast again.
REQUEST_OPTIONS = {"vcpus": 1}
BLOCK_OPTIONS = {**REQUEST_OPTIONS, "cmdline": "hugepages=8"}
NETWORK_OPTIONS = {**REQUEST_OPTIONS, "dom0_before": (HERE / "network-dom0.sh").read_text()}
WAYS = {"grants": "grants", "foreign": "foreign mapping"}
REQUESTS = {
    "randread-4k-1": "4 KiB random read",
    "randread-4k-16": "4 KiB random read, depth 16",
    "randwrite-4k-1": "4 KiB random write",
    "randwrite-4k-16": "4 KiB random write, depth 16",
    "read-64k": "64 KiB read, scattered pages",
    "read-512k": "512 KiB read, scattered pages",
    "read-1m": "1 MiB read, scattered pages",
    "write-512k": "512 KiB write, scattered pages",
    "read-64k-huge": "64 KiB read, one huge page",
    "read-512k-huge": "512 KiB read, one huge page",
}
REQUEST_TARGETS = {
    "randread-4k-1": [faster(1.25), rings_faster(1.45), near_page(1.05), full_near(1.1)],
    "randread-4k-16": [near_page(1.05)],
    "randwrite-4k-1": [faster(1.25), rings_faster(1.45), near_page(1.05), full_near(1.1)],
    "randwrite-4k-16": [near_page(1.05)],
    "read-64k": [faster(2), near("read-64k-huge", 1.15, "from a huge page")],
    "read-512k": [faster(3), near("read-512k-huge", 1.15, "from a huge page"), near_page(1.02),
                  full_near(1.5)],
    "write-512k": [near_page(1.02), full_near(1.5)],
}
# What the shared functions in lib.sh leave.
AREAS = Row("areas", "pages for copies after that", unit="KiB", paths=["grants"],
           implementations=[OURS, FULL], compared=False)


def read_areas(result):
    """The size of the pages that hold copies in the end."""
    path = result.out / "areas"
    if path.exists() and path.read_text():
        yield "areas", "grants", float(path.read_text())


def read_block(result):
    """What fio says of each disk: with one request at a time how long it took, else the rate.

    A mean would be that of the emulated machine's stalls, which last as long as many requests.
    """
    yield from read_areas(result)
    for output in [*result.out.glob("block-*.json"), *result.out.glob("packed-*.json")]:
        kind, path = output.stem.split("-")
        for job in json.loads(output.read_text())["jobs"]:
            name = job["jobname"] if kind == "block" else f"{job['jobname']}-{kind}"
            done = job["write" if "write" in name else "read"]
            if job["error"] or not done["total_ios"]:
                continue
            if job["jobname"].endswith("-16"):
                yield name, path, 1e6 / done["iops"]
            else:
                yield name, path, done["lat_ns"]["percentile"]["50.000000"] / 1e3


BLOCK = Part(
    "block", "Block requests", "µs a request", {**WAYS, "xen": "xen-blkfront"},
    [*(Row(name, label, *REQUEST_TARGETS.get(name, []), implementations=[*LEVELS, RINGS])
       for name, label in REQUESTS.items()),
     *(Row(f"{name}-packed", f"{REQUESTS[name]}, packed ring", faster(1.25), paths=["grants"])
       for name in ("randread-4k-1", "randwrite-4k-1")),
     AREAS],
    [
        Setup(["grants"], [Device("blk"), Device("blk", options="packed=on")], BLOCK_OPTIONS),
        Setup(["foreign"], [Device("blk", platform=False, grants=False)], BLOCK_OPTIONS),
        Setup(["xen"], [],
              {**BLOCK_OPTIONS, "dom0_before": (HERE / "block-dom0.sh").read_text(),
               "xl_extra": "disk += ['phy:/dev/loop3,xvdd,w']"}),
    ],
    read=read_block,
)


def read_maps(result):
    """Lines of the request's kind, before or after, count."""
    path = result.directory / "maps"
    before = 0
    for line in path.read_text().splitlines() if path.exists() else []:
        kind, when, *count = line.split()
        if when == "after":
            yield kind, "grants", (int(count[0]) - before) / COUNTED
        elif count:
            before = int(count[0])


COUNTED = int(re.search(r"number_ios=(\d+)", (HERE / "maps.sh").read_text())[1])
MAPS = Part(
    "maps", "Grant maps by the backend", "a request", {"grants": "grants"},
    [Row(name, label, at_most(3), implementations=[*LEVELS, RINGS]) for name, label in REQUESTS.items()],
    [Setup(["grants"], [Device("blk")],
           {**BLOCK_OPTIONS, "dom0_commands": (HERE / "maps-dom0.sh").read_text()})],
    read=read_maps,
    once=True,
)


def read_profile(result):
    """Averages, from the trace that dom0 left."""
    path = result.directory / "trace"
    if path.exists():
        with path.open(errors="replace") as trace:
            for name, value in stages.read(trace):
                yield name, "grants", value


PROFILE = Part(
    "profile", "4 KiB random read, traced in dom0", "µs a request", {"grants": "grants"},
    [*(Row(name, label) for name, label in stages.LABELS.items()),
     Row("upcalls", "event channel upcalls", unit="a request")],
    [Setup(["grants"], [Device("blk")],
           {**REQUEST_OPTIONS, "dom0_commands": (HERE / "profile-dom0.sh").read_text()})],
    read=read_profile,
)


def read_network(result):
    """What iperf3 received; sockperf's median latency, which is one way, as requests a second."""
    yield from read_areas(result)
    for output in [*result.out.glob("out-*.json"), *result.out.glob("in-*.json")]:
        name, path = output.stem.split("-")
        received = json.loads(output.read_text()).get("end", {}).get("sum_received")
        if received:
            yield name, path, received["bits_per_second"] / 1e6
    for output in [*result.out.glob("tcp-*"), *result.out.glob("udp-*")]:
        latency = re.search(r"percentile 50.000 = *([\d.]+)", output.read_text())
        if latency:
            yield *output.name.split("-"), 1e6 / float(latency[1]) / 2


NETWORK = Part(
    "network", "Network", "Mbit/s", {**WAYS, "xen": "xen-netfront"},
    [
        Row("out", "TCP from the guest", more=True),
        Row("in", "TCP to the guest", more=True),
        Row("tcp", "small TCP requests", rate_near_page(1.05), more=True, unit="1/s"),
        Row("udp", "small UDP requests", rate_near_page(1.05), more=True, unit="1/s"),
        AREAS,
    ],
    [
        Setup(["grants"], [Device("net")], NETWORK_OPTIONS),
        Setup(["foreign"], [Device("net", platform=False, grants=False)], NETWORK_OPTIONS),
        Setup(["xen"], [], {**NETWORK_OPTIONS, "xl_extra": "vif = ['']"}),
    ],
    read=read_network,
)

# Disks by the way that their DMA takes, and QEMU's arguments for them. Nothing is behind them, so that
# what remains is the driver and QEMU.
DISKS = {
    "none": ("no DMA API", "virtio-blk-device"),
    "direct": ("dma-direct", "virtio-blk-device,iommu_platform=on"),
    "smmu": ("dma-iommu", "virtio-blk-pci,disable-legacy=on,iommu_platform=on"),
}
DISKS_QEMU = "-machine iommu=smmuv3 " + " ".join(
    f"-drive driver=null-co,size=64m,if=none,id={way} -device {device},drive={way},serial={way}"
    for way, (_, device) in DISKS.items())


def read_without_xen(result):
    """What fio says of each disk; their one column is that of "grants" elsewhere."""
    for name, way, value in read_block(result):
        if way in DISKS:
            yield f"{name}-{way}", "grants", value


WITHOUT_XEN = Part(
    "without-xen", "Block requests without Xen", "µs a request", {"grants": ""},
    [Row(f"{name}-{way}", f"{label}, {what}", implementations=[BASE, OURS])
     for way, (what, _) in DISKS.items() for name, label in REQUESTS.items()],
    [Setup(["grants"], [], {**BLOCK_OPTIONS, "backend_options": DISKS_QEMU})],
    read=read_without_xen,
    without_xen=True,
)

PARTS = {part.name: part for part in (API, CPUS, MANY_CPUS, BLOCK, MAPS, PROFILE, NETWORK, WITHOUT_XEN)}
