// SPDX-License-Identifier: GPL-2.0-only
/*
 * What virtio core must know of a device whose DMA goes through grants.
 */

#include <linux/device.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "setup.h"

/**
 * grant_virtio_wanted() - whether a virtio device that no firmware describes gets grants
 * @described: whether the device has a device tree node, which is to say so then
 * @pv: whether this is a PV domain, of which no backend could map anything else
 * @initial: whether this is dom0, which has no backend in another domain
 * @force: whether grants are demanded of all
 */
bool grant_virtio_wanted(bool described, bool pv, bool initial, bool force)
{
	return !described && !initial && (force || pv);
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

	if (!grant_setup_done(dev) && !grant_setup_refused(dev)) {
		if (!grant_virtio_wanted(dev->of_node, xen_pv_domain(),
					 xen_initial_domain(),
					 IS_ENABLED(CONFIG_XEN_VIRTIO_FORCE_GRANT)))
			return false;
		/* As on x86, where the backend is in dom0 then. */
		dev_info(&vdev->dev, "no backend described, using dom0\n");
		grant_setup(dev, 0);
	}
	if (grant_setup_refused(dev)) {
		dev_err(&vdev->dev, "refused, as its DMA was\n");
		/* Virtio core refuses a device without it. */
		__virtio_clear_bit(vdev, VIRTIO_F_VERSION_1);
	}
	return true;
}
