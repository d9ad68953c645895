// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which backend domain the firmware puts a device under.
 *
 * The binding is Documentation/devicetree/bindings/iommu/xen,grant-dma.yaml: the
 * IOMMU specifier of a device, in "iommus" or for PCI in "iommu-map", is the
 * domain ID of its backend. A description that names such an IOMMU but has any
 * fault is an error. Ordinary DMA in its place would need a backend that is
 * trusted with all memory.
 */

#include <linux/device.h>
#include <linux/of.h>
#include <linux/pci.h>

#include <xen/xen.h>

#include "firmware.h"

static bool is_grant_iommu(struct device_node *np)
{
	return np && of_device_is_compatible(np, "xen,grant-dma");
}

/* A guest's toolstack may well have meant grants by a virtio device's IOMMU. */
static bool may_mean_grants(struct device *dev, struct device_node *np)
{
	if (!xen_domain() || xen_initial_domain())
		return false;
	if (dev_is_pci(dev))
		return to_pci_dev(dev)->vendor == PCI_VENDOR_ID_REDHAT_QUMRANET;
	return of_device_is_compatible(np, "virtio,mmio");
}

static int check_iommu(struct device *dev, struct device_node *np,
		       struct device_node *iommu)
{
	u32 cells;

	if (of_property_read_u32(iommu, "#iommu-cells", &cells)) {
		dev_err(dev, "%pOF: IOMMU %pOF has no #iommu-cells, must be 1\n",
			np, iommu);
		return -EINVAL;
	}
	if (cells != 1) {
		dev_err(dev, "%pOF: IOMMU %pOF has #iommu-cells = %u, must be 1\n",
			np, iommu, cells);
		return -EINVAL;
	}
	if (!of_device_is_available(iommu)) {
		dev_err(dev, "%pOF: IOMMU %pOF is disabled\n", np, iommu);
		return -EINVAL;
	}
	return 0;
}

static int check_domid(struct device *dev, struct device_node *np, u32 domid)
{
	if (domid >= DOMID_FIRST_RESERVED) {
		dev_err(dev, "%pOF: backend domain ID %#x is not below %#x\n",
			np, domid, DOMID_FIRST_RESERVED);
		return -EINVAL;
	}
	return 0;
}

/* The walk over "iommus" stopped at a specifier that could not be parsed. */
static int bad_specifier(struct device *dev, struct device_node *np,
			 phandle handle, bool seen)
{
	struct device_node *iommu = of_find_node_by_phandle(handle);
	int ret = -ENODEV;

	if (is_grant_iommu(iommu)) {
		ret = check_iommu(dev, np, iommu);
		if (!ret) {
			dev_err(dev, "%pOF: iommus has no cell for the backend domain ID after %pOF\n",
				np, iommu);
			ret = -EINVAL;
		}
	} else if (seen || (!iommu && may_mean_grants(dev, np))) {
		dev_err(dev, "%pOF: iommus names no IOMMU by phandle %#x\n",
			np, handle);
		ret = -EINVAL;
	}
	of_node_put(iommu);
	return ret;
}

static int backend_of_device(struct device *dev, struct device_node *np,
			     u32 *domid)
{
	struct of_phandle_iterator it;
	unsigned int iommus = 0;
	bool found = false;
	int ret, err;

	/* Without #iommu-cells there are 0 cells, so that check_iommu() is reached. */
	of_for_each_phandle(&it, err, np, "iommus", "#iommu-cells", 0) {
		iommus++;
		if (!is_grant_iommu(it.node))
			continue;

		ret = check_iommu(dev, np, it.node);
		if (ret) {
			of_node_put(it.node);
			return ret;
		}
		of_phandle_iterator_args(&it, domid, 1);
		found = true;
	}
	if (err != -ENOENT)
		return bad_specifier(dev, np, it.phandle, found);
	if (!found)
		return -ENODEV;
	if (iommus > 1) {
		dev_err(dev, "%pOF: iommus has %u IOMMUs, a xen,grant-dma one must be the only one\n",
			np, iommus);
		return -EINVAL;
	}
	return 0;
}

static u32 cells_of_iommu(phandle handle)
{
	struct device_node *iommu = of_find_node_by_phandle(handle);
	u32 cells = 1;

	of_property_read_u32(iommu, "#iommu-cells", &cells);
	of_node_put(iommu);
	return cells;
}

/*
 * Without a mask, an entry for a range of requester IDs gives each another domain
 * ID, one more than that of the ID before it, which nobody can mean.
 */
static int check_requester(struct device *dev, struct device_node *np,
			   u32 requester, u32 domid)
{
	u32 mask = ~0, base, handle, cells, first, length, i;

	of_property_read_u32(np, "iommu-map-mask", &mask);
	/* Entries are: first requester ID, IOMMU, its cells for the first, length. */
	for (i = 0; !of_property_read_u32_index(np, "iommu-map", i, &base) &&
	     !of_property_read_u32_index(np, "iommu-map", i + 1, &handle);
	     i += 3 + cells) {
		cells = cells_of_iommu(handle);
		if (cells > MAX_PHANDLE_ARGS ||
		    of_property_read_u32_index(np, "iommu-map", i + 2, &first) ||
		    of_property_read_u32_index(np, "iommu-map", i + 2 + cells, &length))
			break;
		if ((requester & mask) - base >= length)
			continue;
		if (first == domid)
			return 0;
		dev_err(dev, "%pOF: iommu-map makes requester ID %#x the domain ID %u, %u more than that of its entry; add iommu-map-mask\n",
			np, requester, domid, domid - first);
		return -EINVAL;
	}
	return 0;
}

/* Whether an iommu-map that can't be read may name grants: any cell may do so. */
static bool map_names_grants(struct device_node *np)
{
	struct device_node *iommu;
	bool found = false;
	u32 handle, i;

	for (i = 0; !found && !of_property_read_u32_index(np, "iommu-map", i,
							  &handle); i++) {
		iommu = of_find_node_by_phandle(handle);
		found = is_grant_iommu(iommu);
		of_node_put(iommu);
	}
	return found;
}

static int backend_of_pci(struct device *dev, struct device_node *np,
			  u32 *domid)
{
	u32 requester = pci_dev_id(to_pci_dev(dev));
	struct of_phandle_args iommu = { };
	int ret = -ENODEV;

	if (!of_property_present(np, "iommu-map"))
		return -ENODEV;

	if (!of_map_iommu_id(np, requester, &iommu)) {
		*domid = iommu.args[0];
		if (is_grant_iommu(iommu.np))
			ret = check_iommu(dev, np, iommu.np) ?:
			      check_requester(dev, np, requester, *domid);
	} else if (map_names_grants(np) || may_mean_grants(dev, np)) {
		dev_err(dev, "%pOF: iommu-map is wrong, or names no IOMMU, for requester ID %#x\n",
			np, requester);
		ret = -EINVAL;
	}
	of_node_put(iommu.np);
	return ret;
}

/**
 * grant_firmware_backend_of() - find the backend domain of a device in a node
 * @dev: the device
 * @np: device tree node that describes its DMA
 * @domid: where the domain ID is stored
 *
 * Context: Process context.
 * Return: as grant_firmware_backend().
 */
int grant_firmware_backend_of(struct device *dev, struct device_node *np,
			      domid_t *domid)
{
	u32 cell;
	int ret;

	if (dev_is_pci(dev))
		ret = backend_of_pci(dev, np, &cell);
	else
		ret = backend_of_device(dev, np, &cell);

	if (ret == -ENODEV && of_property_present(np, "xen,backend-domid")) {
		dev_err(dev, "%pOF: xen,backend-domid is not supported, describe the backend with iommus and a xen,grant-dma IOMMU\n",
			np);
		return -EINVAL;
	}
	if (ret)
		return ret;

	ret = check_domid(dev, np, cell);
	if (ret)
		return ret;
	*domid = cell;
	return 0;
}

/**
 * grant_firmware_xen_translates() - whether a device is behind an IOMMU of Xen's own
 * @dev: the device, which is not behind grants
 *
 * Xen programs such a hardware IOMMU so that it translates as the domain's page
 * tables in Xen do: the device takes guest physical addresses. The binding is
 * Documentation/devicetree/bindings/iommu/xen,iommu-el2-v1.yaml. It has no cell for
 * the functions of a PCI host bridge.
 *
 * Context: Process context.
 * Return: whether the first of its iommus is one.
 */
bool grant_firmware_xen_translates(struct device *dev)
{
	struct device_node *iommu = of_parse_phandle(dev->of_node, "iommus", 0);
	bool ret;

	ret = iommu && of_device_is_compatible(iommu, "xen,iommu-el2-v1");
	of_node_put(iommu);
	return ret;
}

/* Returns the node that describes the DMA of a device, or NULL. */
static struct device_node *dma_node(struct device *dev)
{
	struct pci_host_bridge *bridge;

	if (!dev_is_pci(dev))
		return dev->of_node;
	bridge = pci_find_host_bridge(to_pci_dev(dev)->bus);
	return bridge->dev.parent ? bridge->dev.parent->of_node : NULL;
}

/**
 * grant_firmware_backend() - find the backend domain of a device
 * @dev: the device
 * @domid: where the domain ID is stored
 *
 * Context: Process context.
 * Return: 0; -ENODEV when the device is not behind a xen,grant-dma IOMMU; or
 * -EINVAL when the description is faulty, which was reported.
 */
int grant_firmware_backend(struct device *dev, domid_t *domid)
{
	struct device_node *np = dma_node(dev);

	return np ? grant_firmware_backend_of(dev, np, domid) : -ENODEV;
}
