/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device whose DMA goes through grants.
 */

#ifndef _XEN_GRANT_DMA_DEVICE_H
#define _XEN_GRANT_DMA_DEVICE_H

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/list.h>
#include <linux/math.h>
#include <linux/percpu.h>

#include <xen/interface/xen.h>

#include "backend.h"
#include "slot.h"

struct grant_pool;

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
 * @pools: its own memory, for each use; NULL if there was none left for it
 * @misused: a misuse of the DMA API by the driver was reported
 * @other_ops: DMA ops that were in force before, restored at the end
 */
struct grant_device {
	const struct dma_map_ops ops;
	struct device *dev;
	struct grant_backend *backend;
	struct list_head node;
	struct grant_usage usage;
	struct grant_counters __percpu *counters;
	struct grant_pool *pools[GRANT_SLOT_USES];
	bool misused;
	const struct dma_map_ops *other_ops;
};

/* For the DMA ops of the device. */
static inline struct grant_device *to_grant_device(struct device *dev)
{
	return container_of(dev->dma_ops, struct grant_device, ops);
}

int grant_device_create(struct device *dev, domid_t domid,
			const struct dma_map_ops *ops);
void grant_device_add_pools(struct device *dev);
void grant_device_mask_refused(struct device *dev, u64 mask);
void grant_device_pass_on(struct grant_device *gdev);
void grant_device_misused(struct grant_device *gdev, const char *fault,
			  dma_addr_t addr, size_t size);
struct grant_counters
grant_device_cpu_counters(const struct grant_device *gdev);
struct grant_counters grant_device_counters(const struct grant_device *gdev);

/* Whether a device can be given an address that has bit 63; says so if not. */
static inline bool grant_device_mask_fits(struct device *dev, u64 mask)
{
	if (likely(mask & XEN_GRANT_DMA_FLAG))
		return true;
	grant_device_mask_refused(dev, mask);
	return false;
}

/**
 * grant_device_count() - count a mapping that begins or ends
 * @gdev: the device
 * @count: references that it uses, negative if it ends
 *
 * Context: Any.
 */
static __always_inline void grant_device_count(struct grant_device *gdev,
					       int count)
{
	int used = this_cpu_add_return(gdev->counters->used, count);

	/* A statistic, which may miss one, as those of __count_vm_event() may. */
	if (count > 0)
		raw_cpu_inc(gdev->counters->mappings);
	if (unlikely(abs(used) > GRANT_USAGE_BATCH))
		grant_device_pass_on(gdev);
}

/**
 * grant_device_count_failure() - count a mapping that failed
 * @gdev: the device
 *
 * Context: Any.
 */
static inline void grant_device_count_failure(struct grant_device *gdev)
{
	this_cpu_inc(gdev->counters->failures);
}

#endif /* _XEN_GRANT_DMA_DEVICE_H */
