// SPDX-License-Identifier: GPL-2.0-only
/*
 * What virtio must do on a device whose DMA goes through grants.
 */

#include <linux/device.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "device.h"

/*
 * Devices that no firmware describes, as on x86, have their backend in dom0
 * when grants are demanded of all. Dom0 itself has no such backend.
 */
static bool wants_grants(struct device *dev)
{
	return !dev->of_node && !xen_initial_domain() &&
	       (IS_ENABLED(CONFIG_XEN_VIRTIO_FORCE_GRANT) || xen_pv_domain());
}

/**
 * xen_virtio_restricted_mem_acc() - whether a virtio device is served by grants
 * @vdev: the device, its features negotiated but not confirmed
 *
 * Such a device must use the DMA API, so virtio core demands
 * VIRTIO_F_VERSION_1 and VIRTIO_F_ACCESS_PLATFORM of it.
 *
 * Context: Process context, may sleep.
 */
bool xen_virtio_restricted_mem_acc(struct virtio_device *vdev)
{
	struct device *dev = vdev->dev.parent;

	if (dev->xen_grant_dma)
		return true;
	if (!wants_grants(dev))
		return false;

	dev_info(&vdev->dev, "no backend described, using dom0\n");
	if (grant_device_create(dev, 0)) {
		dev_err(&vdev->dev, "no memory for grants, device is refused\n");
		/* Virtio core refuses a device without it. */
		__virtio_clear_bit(vdev, VIRTIO_F_VERSION_1);
	}
	return true;
}
