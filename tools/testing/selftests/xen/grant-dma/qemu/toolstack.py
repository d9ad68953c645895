# SPDX-License-Identifier: GPL-2.0-only
"""How xl is told of a guest's virtio devices, which differs between releases of Xen.

From 4.18 on, xl has entries for virtio-mmio devices that say whether they use grants. Before, xl describes grants only
for disks whose backend is not dom0. No xl knows of QEMU's PCI host bridge. What xl does not describe, a partial device
tree does, which xl adds to the guest's: QEMU's transports in QEMU's order, and the host bridge. Such a guest gets
interrupts of its own only with an emulated UART.
"""

import subprocess

FIRST_WITH_GRANT_USAGE = (4, 18)

# From xen/include/public/arch-arm.h: GUEST_VIRTIO_MMIO_BASE, and GUEST_VIRTIO_MMIO_SPI_FIRST less 32, the first SPI.
MMIO_BASE, FIRST_SPI = 0x2000000, 1
MMIO_SIZE = 0x200  # of each, in QEMU's xenpvh machine
GIC = 65000  # GUEST_PHANDLE_GIC

# Where QEMU is told to put the host bridge: parts of the guest's address space where Xen has nothing.
ECAM, PCI_MMIO = 0x10000000, 0x23000000
PCI_SIZE = 0x10000000  # of either
PCI_SPI, PCI_INTERRUPTS = 12, 4  # the first of INTA to INTD of slot 0
PCI_MACHINE = (f"pci-ecam-base={ECAM:#x},pci-ecam-size={PCI_SIZE:#x},pci-mmio-base={PCI_MMIO:#x},"
               f"pci-mmio-size={PCI_SIZE:#x},pci-intx-irq-base={32 + PCI_SPI}")

# In a tree, until dom0 puts the domain ID of the guest's driver domain there. No domain has this one.
DRIVER_DOMAIN = 0xfeedd0d0
# Each QEMU registers all of its transports, and of two at one address the later one is asked. dom0's are where xl
# describes them, so the driver domain's are moved away, and it has its devices on PCI, which dom0's QEMU is without.
DRIVER_MACHINE = f"virtio-mmio-base={MMIO_BASE + 0x80000:#x},{PCI_MACHINE}"

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

# No kernel has a driver for it.
OTHER_IOMMU = """
		other_iommu: other {
			compatible = "test,iommu";
			#iommu-cells = <1>;
		};
"""

MMIO_NODE = """
		virtio@{address:x} {{
			compatible = "virtio,mmio";
			reg = <0 {address:#x} 0 {size:#x}>;
			interrupt-parent = <{gic}>;
			interrupts = <0 {spi} 0xf01>;
			dma-coherent;
{iommus}		}};
"""

PCI_NODE = """
		pcie@{ecam:x} {{
			compatible = "pci-host-ecam-generic";
			device_type = "pci";
			reg = <0 {ecam:#x} 0 {size:#x}>;
			#address-cells = <3>;
			#size-cells = <2>;
			ranges = <0x2000000 0 {mmio:#x} 0 {mmio:#x} 0 {size:#x}>;
			dma-coherent;
			#interrupt-cells = <1>;
			interrupt-map-mask = <0x1800 0 0 7>;
			interrupt-map = {interrupts};
			{iommu_map}
		}};
"""


def describe(version, devices, iommu_map, directory, seen_as):
    """Lines of xl's configuration for a guest's devices.

    The iommu-map replaces the one that fits the devices, if it is not empty. Files that the lines name are put into
    the directory, which dom0 sees as another.
    """
    mmio = [device for device in devices if not device.pci]
    pci = [device for device in devices if device.pci]
    lines = []
    if mmio and version >= FIRST_WITH_GRANT_USAGE and not any(device.iommus or device.domain for device in mmio):
        entry = "backend=Domain-0,type=virtio,device,transport=mmio,grant_usage={:d}"
        lines.append(f"virtio = {[entry.format(device.grants) for device in mmio]}")
        mmio = []
    nodes = OTHER_IOMMU if any(device.iommus for device in mmio) else ""
    nodes += mmio_nodes(mmio)
    if pci:
        nodes += pci_node(iommu_map or map_of(pci))
    if nodes:
        source = directory / "partial.dts"
        source.write_text(TREE.format(nodes=nodes))
        subprocess.run(["dtc", "-q", "-O", "dtb", "-o", source.with_suffix(".dtb"), source], check=True)
        lines += [f'device_tree = "{seen_as}/partial.dtb"', 'vuart = "sbsa_uart"']
    return lines


def mmio_nodes(devices):
    """The nodes of transports, each with its device's IOMMUs."""
    def iommus(device):
        return device.iommus or (f"<&xen_iommu {device.domain}>" if device.grants else "")
    return "".join(
        MMIO_NODE.format(address=MMIO_BASE + number * MMIO_SIZE, size=MMIO_SIZE, gic=GIC, spi=FIRST_SPI + number,
                         iommus=f"\t\t\tiommus = {iommus(device)};\n" if iommus(device) else "")
        for number, device in enumerate(devices))


def pci_node(iommu_map):
    """The node of the host bridge; a slot's interrupts are those of the slot before it, turned by one."""
    interrupts = ",\n\t\t\t\t".join(
        f"<{slot << 11:#x} 0 0 {pin} {GIC} 0 {PCI_SPI + (slot + pin - 1) % PCI_INTERRUPTS} 4>"
        for slot in range(PCI_INTERRUPTS) for pin in range(1, PCI_INTERRUPTS + 1))
    return PCI_NODE.format(ecam=ECAM, mmio=PCI_MMIO, size=PCI_SIZE, interrupts=interrupts, iommu_map=iommu_map)


def map_of(pci):
    """An iommu-map that gives each function that uses grants its backend's domain ID."""
    entries = [f"<{device.requester:#x} &xen_iommu {device.domain} 1>" for device in pci if device.grants]
    return f"iommu-map = {', '.join(entries)};"
