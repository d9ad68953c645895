# SPDX-License-Identifier: GPL-2.0-only
"""The targets boot and shell: one guest that does I/O on each virtio device, and a report.

report.py boot|shell KERNEL
"""

import sys

import bed
import versions

DRIVERS = ["virtio_blk", "virtio_net", "virtio_rng"]
ROW = "{:<16} {:<11} {:<14} {:>7} {:>10} {:>9}  {}"


def rows(console):
    """What guest/report.sh printed: a list of fields a device."""
    return [line.split()[1:] for line in console.splitlines() if line.startswith("report: ")]


def table(devices):
    """The report's lines."""
    yield ROW.format("device", "driver", "DMA ops", "backend", "references", "bytes", "data")
    for name, driver, backend, references, moved, check in devices:
        ops = "direct" if backend == "-" else "xen-grant-dma"
        yield ROW.format(name, driver, ops, backend, references, moved, check)


def faults(devices):
    """What in the report is not as it should be."""
    missing = set(DRIVERS) - {driver for _, driver, *_ in devices}
    yield from (f"no device is bound to {driver}" for driver in sorted(missing))
    for name, driver, backend, _, _, check in devices:
        if backend == "-":
            yield f"{name} ({driver}): not listed in debugfs, so its DMA bypasses grants"
        if check != "ok":
            yield f"{name} ({driver}): data read differs from data written"


def print_report(console):
    """Print the report that a guest's console holds; its faults."""
    devices = rows(console)
    print("\n" + "\n".join([*table(devices), "", *faults(devices)]), flush=True)
    return list(faults(devices))


def main():
    """Boot, report, give a verdict."""
    name, kernel = sys.argv[1:]
    interactive = name == "shell"
    guest = bed.Guest("guest", "./report.sh", kernel=kernel, interactive=interactive,
                      files={"report.sh": bed.HERE / "guest/report.sh"})
    results = bed.boot(name, [guest], print_report if interactive else None)
    result = results["guest"]
    faulty = list(faults(rows(result.text))) if interactive else print_report(result.text)
    print("\n".join(results.problems))
    print(f"The backend mapped grants {result.grant_maps} times. All ran on:\n")
    print("\n".join(versions.table(versions.of_run(results.directory))))
    sys.exit(1 if faulty or results.problems else 0)


if __name__ == "__main__":
    main()
