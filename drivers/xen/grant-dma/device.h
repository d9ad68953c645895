/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device whose DMA goes through grants.
 */

#ifndef _XEN_GRANT_DMA_DEVICE_H
#define _XEN_GRANT_DMA_DEVICE_H

#include <linux/dma-map-ops.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/percpu.h>

#include <xen/interface/xen.h>

#include "usage.h"

struct device;
struct grant_backend;

/* A CPU passes on what it counted of the references in use beyond this. */
#define GRANT_USAGE_BATCH	64

/**
 * struct grant_counters - what a device's DMA ops did on one CPU
 * @used: references put into use that are not in grant_usage yet; negative
 *	where more mappings end than begin
 * @mappings: mappings made
 * @failures: mappings that failed
 */
struct grant_counters {
	int used;
	unsigned long mappings;
	unsigned long failures;
};

/**
 * struct xen_grant_dma_device - what dev->xen_grant_dma points to
 * @dev: the device
 * @backend: the domain that serves it
 * @node: in the backend's list of devices
 * @usage: references of its mappings, so far as CPUs passed them on
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
void grant_device_pass_on(struct xen_grant_dma_device *gdev);
struct grant_counters
grant_device_counters(const struct xen_grant_dma_device *gdev);

/* Counts references put into use, or taken out of use if negative. */
static inline void grant_device_use(struct xen_grant_dma_device *gdev, int count)
{
	int used = this_cpu_add_return(gdev->counters->used, count);

	if (unlikely(abs(used) > GRANT_USAGE_BATCH))
		grant_device_pass_on(gdev);
}

#endif /* _XEN_GRANT_DMA_DEVICE_H */
