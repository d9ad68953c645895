// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which devices get grants: those that firmware puts behind them, when their bus
 * configures DMA; and virtio devices that no firmware describes but that need them.
 *
 * A device that is to have grants but can't must do no DMA at all: ordinary DMA would need
 * a backend that is trusted with all memory. Whether its bus takes notice of an error or
 * not, dma_dummy_ops refuse every mapping.
 */

#include <linux/cleanup.h>
#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/mutex.h>
#include <linux/virtio.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "grant-dma.h"

/* Whether the DMA of a device goes through grants. */
bool grant_setup_done(const struct device *dev)
{
	return dev->dma_ops && dev->dma_ops->alloc == grant_dma_ops.alloc;
}

/* Whether a device must do no DMA. */
bool grant_setup_refused(const struct device *dev)
{
	return dev->dma_ops == &dma_dummy_ops;
}

static bool is_set_up(const struct device *dev)
{
	return grant_setup_done(dev) || grant_setup_refused(dev);
}

static void restore_ops(void *dev)
{
	set_dma_ops(dev, NULL);
}

static void refuse(struct device *dev)
{
	set_dma_ops(dev, &dma_dummy_ops);
	/* Firmware may say something else when a driver is bound again. */
	devm_add_action(dev, restore_ops, dev);
}

/* Has a device use grants, or do no DMA at all, until its driver unbinds. */
void grant_setup(struct device *dev, domid_t domid)
{
	const char *fault;

	if (!xen_domain())
		fault = "this is no Xen domain";
	else if (!grant_table_size())
		fault = "the grant table is not set up yet";
	else if (grant_device_create(dev, domid))
		fault = "no memory";
	else
		return;
	dev_err(dev, "no DMA by grants: %s\n", fault);
	refuse(dev);
}

/**
 * xen_grant_dma_setup() - set up a device that firmware puts behind grants
 * @dev: device whose DMA is being configured
 *
 * The device gets DMA ops that use grants, or that refuse all DMA; why they do was
 * reported. It gets none if Xen programs its IOMMU: then its DMA needs neither grants nor
 * to be bounced by swiotlb-xen. A device without a description costs a look at its node,
 * on bare metal too: a guest to which Xen does not show itself must not give its backend
 * all memory.
 *
 * Context: Process context, may sleep.
 * Return: whether it must not be given other ops.
 */
bool xen_grant_dma_setup(struct device *dev)
{
	/*
	 * The IOMMU core configures a device's DMA when an IOMMU's driver arrives, and the
	 * driver core when it binds the device, maybe at the same time.
	 */
	static DEFINE_MUTEX(lock);
	int ret = -ENODEV;
	domid_t domid;

	if (is_set_up(dev))
		return true;
	/* Without a driver there is no DMA, and binding one comes here again. */
	if (dev->driver || !dev->bus)
		ret = grant_firmware_backend(dev, &domid);
	if (ret == -ENODEV)
		return grant_firmware_xen_translates(dev);

	guard(mutex)(&lock);
	if (is_set_up(dev))
		return true;
	if (ret)
		refuse(dev);
	else
		grant_setup(dev, domid);
	return true;
}

/*
 * Whether a virtio device gets grants without a description. What has a device tree node
 * is described there. Of a PV domain no backend could map anything else. Dom0 has no
 * backend in another domain.
 */
bool grant_virtio_wanted(bool described, bool pv, bool initial, bool force)
{
	return !described && !initial && (force || pv);
}

/**
 * xen_virtio_restricted_mem_acc() - whether a virtio device is served by grants
 * @vdev: the device, its features negotiated but not confirmed
 *
 * Such a device must use the DMA API, so virtio core demands VIRTIO_F_VERSION_1 and
 * VIRTIO_F_ACCESS_PLATFORM of it. Where its DMA was refused its driver then fails, as it
 * can have no virtqueue.
 *
 * Context: Process context, may sleep.
 * Return: whether it is.
 */
bool xen_virtio_restricted_mem_acc(struct virtio_device *vdev)
{
	struct device *dev = vdev->dev.parent;

	if (!is_set_up(dev)) {
		if (!grant_virtio_wanted(dev->of_node, xen_pv_domain(), xen_initial_domain(),
					 IS_ENABLED(CONFIG_XEN_VIRTIO_FORCE_GRANT)))
			return false;
		/* As on x86, where the backend is in dom0 then. */
		dev_info(&vdev->dev, "no backend described, using dom0\n");
		grant_setup(dev, 0);
	}
	if (grant_setup_refused(dev))
		dev_err(&vdev->dev, "refused, as its DMA was\n");
	return true;
}
