# SPDX-License-Identifier: GPL-2.0-only
"""How xl is told of a guest's virtio devices, which differs between releases of Xen.

From 4.18 on, xl has entries for virtio devices that say whether they use grants. Before, xl describes grants only for
disks whose backend is not dom0, so the devices are described here: a partial device tree, which xl adds to the guest's,
has QEMU's transports in QEMU's order. xl does not know of them, and gives the guest no interrupts of its own but with
an emulated UART.
"""

import subprocess

FIRST_WITH_GRANT_USAGE = (4, 18)

# From xen/include/public/arch-arm.h: GUEST_VIRTIO_MMIO_BASE, and GUEST_VIRTIO_MMIO_SPI_FIRST less 32, the first SPI.
MMIO_BASE, FIRST_SPI = 0x2000000, 1
MMIO_SIZE = 0x200  # of each, in QEMU's xenpvh machine
GIC = 65000  # GUEST_PHANDLE_GIC

TREE = """/dts-v1/;

/ {{
	passthrough {{
		compatible = "simple-bus";
		#address-cells = <2>;
		#size-cells = <2>;
		ranges;

		xen_iommu: iommu {{
			compatible = "xen,grant-dma";
			#iommu-cells = <1>;
		}};
{nodes}	}};
}};
"""

NODE = """
		virtio@{address:x} {{
			compatible = "virtio,mmio";
			reg = <0 {address:#x} 0 {size:#x}>;
			interrupt-parent = <{gic}>;
			interrupts = <0 {spi} 0xf01>;
			dma-coherent;
{iommus}		}};
"""


def describe(version, grants, directory, seen_as):
    """Lines of xl's configuration for devices that do or don't use grants, each with dom0 as its backend.

    Files that they name are put into the directory, which dom0 sees as another.
    """
    if not grants:
        return []
    if version >= FIRST_WITH_GRANT_USAGE:
        entry = "backend=Domain-0,type=virtio,device,transport=mmio,grant_usage={:d}"
        return [f"virtio = {[entry.format(each) for each in grants]}"]
    source = directory / "partial.dts"
    source.write_text(partial_tree(grants))
    subprocess.run(["dtc", "-q", "-O", "dtb", "-o", source.with_suffix(".dtb"), source], check=True)
    return [f'device_tree = "{seen_as}/partial.dtb"', 'vuart = "sbsa_uart"']


def partial_tree(grants):
    """The source of a device tree with a node for each device."""
    return TREE.format(nodes="".join(
        NODE.format(address=MMIO_BASE + number * MMIO_SIZE, size=MMIO_SIZE, gic=GIC, spi=FIRST_SPI + number,
                    iommus="\t\t\tiommus = <&xen_iommu 0>;\n" if each else "")
        for number, each in enumerate(grants)))
