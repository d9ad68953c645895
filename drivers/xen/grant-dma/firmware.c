// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which backend domain the firmware puts a device under.
 *
 * The binding is Documentation/devicetree/bindings/iommu/xen,grant-dma.yaml: the IOMMU
 * specifier of a device, in "iommus" or for PCI in "iommu-map", is the domain ID of its
 * backend. A description that names such an IOMMU but has any fault is an error: ordinary
 * DMA in its place would need a backend that is trusted with all memory.
 */

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/of.h>
#include <linux/pci.h>

#include <xen/xen.h>

#include "grant-dma.h"

/* Reports what is wrong in the node that describes the DMA of a device. */
#define description_fault(dev, np, reason, ...) ({				\
	dev_err(dev, "%pOF: description is wrong: " reason "\n", np,		\
		##__VA_ARGS__);							\
	-EINVAL;								\
})

static bool is_grant_iommu(const struct device_node *np)
{
	return of_device_is_compatible(np, "xen,grant-dma");
}

/* The toolstack of a guest gives a virtio device no other IOMMU. */
static bool must_mean_grants(const struct device_node *np)
{
	return xen_domain() && !xen_initial_domain() && of_device_is_compatible(np, "virtio,mmio");
}

/* Whether a property that can't be read may name grants: any cell may do so. */
static bool may_name_grants(const struct device_node *np, const char *property)
{
	u32 cell;
	int i;

	for (i = 0; !of_property_read_u32_index(np, property, i, &cell); i++) {
		struct device_node *iommu __free(device_node) = of_find_node_by_phandle(cell);

		if (is_grant_iommu(iommu))
			return true;
	}
	return false;
}

static int iommu_of_device(struct device *dev, struct device_node *np,
			   struct of_phandle_args *iommu)
{
	struct of_phandle_iterator it;
	unsigned int iommus = 0;
	bool grants = false;
	int end;

	of_for_each_phandle(&it, end, np, "iommus", "#iommu-cells", -1) {
		grants |= is_grant_iommu(it.node);
		iommus++;
	}
	if (end != -ENOENT && (may_name_grants(np, "iommus") || must_mean_grants(np)))
		return description_fault(dev, np, "iommus can't be read");
	if (!grants)
		return -ENODEV;
	if (iommus > 1)
		return description_fault(dev, np,
			"iommus has %u IOMMUs, a xen,grant-dma one must be the only one", iommus);
	return of_parse_phandle_with_args(np, "iommus", "#iommu-cells", 0, iommu);
}

/*
 * Whether an entry of iommu-map begins with the device. Each requester ID after the first
 * of an entry has a domain ID one more than that of the ID before it, which nobody can mean.
 */
static bool map_has_entry(struct device *dev, const struct device_node *np,
			  const struct of_phandle_args *iommu)
{
	u32 requester = pci_dev_id(to_pci_dev(dev)), mask = ~0;
	u32 first = 0, handle = 0, cell;
	int i;

	of_property_read_u32(np, "iommu-map-mask", &mask);
	for (i = 0; !of_property_read_u32_index(np, "iommu-map", i, &cell); i++) {
		if (first == (requester & mask) && handle == iommu->np->phandle &&
		    cell == iommu->args[0])
			return true;
		first = handle;
		handle = cell;
	}
	return false;
}

static int iommu_of_pci(struct device *dev, struct device_node *np,
			struct of_phandle_args *iommu)
{
	if (!of_map_iommu_id(np, pci_dev_id(to_pci_dev(dev)), iommu))
		return is_grant_iommu(iommu->np) ? 0 : -ENODEV;
	if (may_name_grants(np, "iommu-map"))
		return description_fault(dev, np, "iommu-map can't be read");
	return -ENODEV;
}

static int check_iommu(struct device *dev, struct device_node *np,
		       const struct of_phandle_args *iommu)
{
	u32 domid = iommu->args[0], cells = 0;

	of_property_read_u32(iommu->np, "#iommu-cells", &cells);
	if (cells != 1)
		return description_fault(dev, np, "#iommu-cells of %pOF is not 1", iommu->np);
	if (!of_device_is_available(iommu->np))
		return description_fault(dev, np, "%pOF is disabled", iommu->np);
	if (dev_is_pci(dev) && !map_has_entry(dev, np, iommu))
		return description_fault(dev, np,
			"iommu-map counts up to domain ID %u, add iommu-map-mask", domid);
	if (domid >= DOMID_FIRST_RESERVED)
		return description_fault(dev, np, "domain ID %#x is not below %#x", domid,
					 DOMID_FIRST_RESERVED);
	return 0;
}

/* As grant_firmware_backend(), with the node that describes the device's DMA. */
int grant_firmware_backend_of(struct device *dev, struct device_node *np, domid_t *domid)
{
	struct of_phandle_args iommu = { };
	int ret = dev_is_pci(dev) ? iommu_of_pci(dev, np, &iommu) :
				    iommu_of_device(dev, np, &iommu);

	if (!ret)
		ret = check_iommu(dev, np, &iommu);
	else if (ret == -ENODEV && of_property_present(np, "xen,backend-domid"))
		ret = description_fault(dev, np, "xen,backend-domid is not supported, use iommus");
	if (!ret)
		*domid = iommu.args[0];
	of_node_put(iommu.np);
	return ret;
}

/*
 * Whether Xen programs the hardware IOMMU of a device that is not behind grants. Such a
 * device takes guest physical addresses. The binding, which PCI does not use, is
 * Documentation/devicetree/bindings/iommu/xen,iommu-el2-v1.yaml.
 */
bool grant_firmware_xen_translates(struct device *dev)
{
	struct device_node *iommu __free(device_node) = of_parse_phandle(dev->of_node, "iommus", 0);

	return of_device_is_compatible(iommu, "xen,iommu-el2-v1");
}

/* The node that describes the DMA of a device, or NULL. */
static struct device_node *dma_node(struct device *dev)
{
	struct pci_host_bridge *bridge;

	if (!dev_is_pci(dev))
		return dev->of_node;
	bridge = pci_find_host_bridge(to_pci_dev(dev)->bus);
	return bridge->dev.parent ? bridge->dev.parent->of_node : NULL;
}

/*
 * Finds the backend domain of a device. -ENODEV when it is not behind a xen,grant-dma IOMMU;
 * -EINVAL when the description is faulty, which was reported. From process context.
 */
int grant_firmware_backend(struct device *dev, domid_t *domid)
{
	struct device_node *np = dma_node(dev);

	return np ? grant_firmware_backend_of(dev, np, domid) : -ENODEV;
}
