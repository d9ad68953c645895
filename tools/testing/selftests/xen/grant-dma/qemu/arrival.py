# SPDX-License-Identifier: GPL-2.0-only
"""When a guest's disk is there, for each setting that makes devices wait for their IOMMU's driver, the stub.

Boots a guest for each combination of: where the stub is, deferred_probe_timeout, fw_devlink.strict, fw_devlink.
Prints results as TAP, and a table in reStructuredText as a comment, which is also in table.rst beside the logs.
"""

import itertools
import re
import sys
from typing import NamedTuple

import bed
import modules
from tap import Tap

DEVLINKS = ("off", "permissive", "on", "rpm")
STRICT = ("0", "1")
TIMEOUTS = ("unset", "0", "10")


class Stub(NamedTuple):
    """How a guest comes to the stub."""

    kernel: str
    cmdline: str
    commands: str


STUBS = {
    "built-in": Stub("main", "", ""),
    "module-first": Stub("modules", "", ". ./load.sh; load xen-grant-dma-iommu virtio_mmio virtio_blk"),
    "module-last": Stub("modules", "", ". ./load.sh; load virtio_mmio virtio_blk xen-grant-dma-iommu"),
    "absent": Stub("main", "initcall_blacklist=grant_iommu_init", ""),
}

# For longer than the longest timeout. debugfs has no sizes.
WAIT = """
for _ in $(seq 100); do
	[ -b /dev/vda ] && break
	sleep 0.2
done
[ -b /dev/vda ] && [ -z "$(cat /sys/kernel/debug/devices_deferred)" ]
"""

DISK = re.compile(r"\[ *(\d+\.\d)\d*\] virtio_blk \S+: \[vda\]")
TIMED_OUT = "deferred probe (timeout|pending)"

COLUMNS = ("stub", "timeout", "strict", *DEVLINKS)
LEGEND = """\
Seconds from the start of the kernel until the disk is there, by ``deferred_probe_timeout``,
``fw_devlink.strict`` and ``fw_devlink``; ``!`` where the kernel says that it ignores the
dependency. The module is loaded before virtio's, or after them.
"""


class Boot(NamedTuple):
    """A combination."""

    stub: str
    timeout: str
    strict: str
    devlink: str

    @property
    def never(self):
        """Whether device links hold the disk for ever: they wait for the stub, and nothing ends that at timeout 0."""
        return (self.stub, self.timeout, self.strict) == ("absent", "0", "1") and self.devlink in ("on", "rpm")

    @property
    def may_time_out(self):
        """Whether the stub never comes, or comes when the kernel waits for nothing any more."""
        return self.stub == "absent" or (self.stub, self.timeout) == ("module-last", "0")

    def guest(self):
        """The guest, which succeeds if its disk is there and no device waits."""
        stub = STUBS[self.stub]
        cmdline = f"fw_devlink={self.devlink} fw_devlink.strict={self.strict} {stub.cmdline}"
        if self.timeout != "unset":
            cmdline += f" deferred_probe_timeout={self.timeout}"
        return bed.Guest("-".join(self), stub.commands + WAIT, kernel=stub.kernel, cmdline=cmdline, seconds=90,
                         devices=[bed.Device("blk")], files=modules.files() if stub.kernel == "modules" else {},
                         allow=[TIMED_OUT] if self.may_time_out else [])

    def faults(self, result):
        """What is wrong; a timeout is a problem of the result if it may not be."""
        waits = [] if result.status == 0 or self.never else [bed.tail(result.log)]
        return waits + result.problems


def cell(result):
    """What the table says of a boot."""
    disk = DISK.search(result.text)
    return (disk[1] if disk else "never") + (" !" if re.search(TIMED_OUT, result.text) else "")


def rows(results):
    """The table's rows: a boot for each fw_devlink."""
    for row in itertools.product(STUBS, TIMEOUTS, STRICT):
        yield [*row, *(cell(results["-".join([*row, devlink])]) for devlink in DEVLINKS)]


def table(results):
    """The table's lines."""
    cells = [COLUMNS, *rows(results)]
    widths = [max(map(len, column)) for column in zip(*cells)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in cells]
    return [*LEGEND.splitlines(), "", rule, lines[0], rule, *lines[1:], rule]


def main():
    """Boot all, print the results and the table."""
    tap = Tap()
    boots = [Boot(*each) for each in itertools.product(STUBS, TIMEOUTS, STRICT, DEVLINKS)]
    results = bed.boot("arrival", [boot.guest() for boot in boots])
    for boot in boots:
        name = "-".join(boot)
        wanted = "no trouble but a timeout" if boot.may_time_out else "the disk is there without a timeout"
        tap.faults(f"{name}: {wanted}", boot.faults(results[name]))
    tap.faults("no trouble in the logs of Xen and dom0", results.own_problems)
    lines = table(results)
    (results.directory / "table.rst").write_text("\n".join(lines) + "\n")
    print("\n".join(f"# {line}" for line in lines))
    return tap.end()


if __name__ == "__main__":
    sys.exit(main())
