/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device whose DMA goes through grants.
 */

#ifndef _XEN_GRANT_DMA_DEVICE_H
#define _XEN_GRANT_DMA_DEVICE_H

#include <linux/dma-map-ops.h>
#include <linux/list.h>

#include <xen/interface/xen.h>

#include "usage.h"

struct device;
struct grant_backend;

struct grant_counters {
	unsigned long mappings;
	unsigned long failures;
};

/**
 * struct xen_grant_dma_device - what dev->xen_grant_dma points to
 * @dev: the device
 * @backend: the domain that serves it
 * @node: in the backend's list of devices
 * @usage: references of its mappings
 * @counters: what the DMA ops did since the driver was bound
 * @other_ops: DMA ops that were in force before, restored at the end
 */
struct xen_grant_dma_device {
	struct device *dev;
	struct grant_backend *backend;
	struct list_head node;
	struct grant_usage usage;
	struct grant_counters __percpu *counters;
	const struct dma_map_ops *other_ops;
};

int grant_device_create(struct device *dev, domid_t domid);
struct grant_counters
grant_device_counters(const struct xen_grant_dma_device *gdev);

#endif /* _XEN_GRANT_DMA_DEVICE_H */
