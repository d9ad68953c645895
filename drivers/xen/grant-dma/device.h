/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device whose DMA goes through grants.
 */

#ifndef _XEN_GRANT_DMA_DEVICE_H
#define _XEN_GRANT_DMA_DEVICE_H

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/list.h>
#include <linux/percpu.h>

#include <xen/interface/xen.h>

#include "backend.h"

/* A CPU passes on what it counted of the references in use beyond this. */
#define GRANT_USAGE_BATCH	64

/**
 * struct grant_counters - what a device's DMA ops did since its driver was bound
 * @used: references in use; of a CPU, those not passed on, which are negative
 *	where more mappings end than begin
 * @mappings: mappings made
 * @failures: mappings that failed
 */
struct grant_counters {
	int used;
	u64 mappings;
	u64 failures;
};

/**
 * struct grant_device - a device whose DMA goes through grants
 * @ops: its DMA ops, by which it is found
 * @dev: the device
 * @backend: the domain that serves it
 * @node: in the backend's list of devices
 * @usage: references of its mappings, so far as CPUs passed them on
 * @counters: what each CPU counted
 * @other_ops: DMA ops that were in force before, restored at the end
 */
struct grant_device {
	const struct dma_map_ops ops;
	struct device *dev;
	struct grant_backend *backend;
	struct list_head node;
	struct grant_usage usage;
	struct grant_counters __percpu *counters;
	const struct dma_map_ops *other_ops;
};

/* For the DMA ops of the device. */
static inline struct grant_device *to_grant_device(struct device *dev)
{
	return container_of(dev->dma_ops, struct grant_device, ops);
}

int grant_device_create(struct device *dev, domid_t domid,
			const struct dma_map_ops *ops);
void grant_device_count(struct grant_device *gdev, int count);
void grant_device_count_failure(struct grant_device *gdev);
struct grant_counters
grant_device_cpu_counters(const struct grant_device *gdev);
struct grant_counters grant_device_counters(const struct grant_device *gdev);

#endif /* _XEN_GRANT_DMA_DEVICE_H */
