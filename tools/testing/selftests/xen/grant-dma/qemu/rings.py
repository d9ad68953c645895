# SPDX-License-Identifier: GPL-2.0-only
"""The addresses that QEMU maps, held against the virtqueues' rings.

QEMU traces what the driver writes to the registers of a virtio-mmio device, and each address that it
maps: of a ring's part, and of a buffer in a descriptor. A backend that maps the parts of a ring by their
exact sizes can use no other address in their pages.
"""

import re
from typing import NamedTuple

TRACED = "-trace virtio_mmio_write_offset -trace xen_map_cache"
# linux/virtio_mmio.h
QUEUE_NUM, QUEUE_READY, DESC, DRIVER, DEVICE = 0x38, 0x44, 0x80, 0x90, 0xa0
PAGE = 4096
GRANTS = 1 << 63  # where their addresses begin (include/xen/grant-dma.h); QEMU counts from elsewhere


class Part(NamedTuple):
    """Memory of a ring, which QEMU has mapped as long as the device works."""

    start: int
    size: int

    def __contains__(self, address):
        return 0 <= address - self.start < self.size

    def pages(self):
        return range(self.start // PAGE, (self.start + self.size - 1) // PAGE + 1)


def parts(registers):
    """The parts of a split ring, with the events' index behind the second and third (virtio 1.2, 2.7)."""
    entries = registers[QUEUE_NUM]

    def at(register):
        return (registers[register] | registers[register + 4] << 32) - GRANTS
    return [Part(at(DESC), 16 * entries), Part(at(DRIVER), 6 + 2 * entries), Part(at(DEVICE), 6 + 8 * entries)]


def read(trace):
    """The parts of all rings, and the addresses that were mapped."""
    registers, rings, addresses, begin = {}, [], [], None
    for line in trace.splitlines():
        if write := re.match(r"virtio_mmio_write_offset .* offset (0x\w+) value (0x\w+)", line):
            register, value = (int(number, 16) for number in write.groups())
            registers[register] = value
            if register == QUEUE_READY and value:
                rings += parts(registers)
                registers.clear()
        elif (mapped := re.match(r"xen_map_cache want (0x\w+)", line)) and rings:
            # A ready queue's descriptors are mapped first.
            begin = int(mapped[1], 16) - rings[0].start if begin is None else begin
            addresses.append(int(mapped[1], 16) - begin)
    return rings, addresses


def outside(rings, addresses):
    """Those in pages of rings, but in no part of a ring."""
    pages = {page for part in rings for page in part.pages()}
    return [address for address in addresses
            if address // PAGE in pages and not any(address in part for part in rings)]
