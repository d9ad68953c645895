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
 * struct grant_cpu_counters - what a device's DMA ops did on one CPU
 * @word: mappings made times GRANT_COUNT_MAPPING, plus the references put into
 *	use, which are negative where more mappings end than begin: one addition
 *	counts both
 * @failures: mappings that failed
 */
struct grant_cpu_counters {
	u64 word;
	unsigned long failures;
};

#define GRANT_COUNT_MAPPING	BIT_ULL(32)

/**
 * struct grant_counters - what a device's DMA ops did since its driver was bound
 * @used: references in use
 * @mappings: mappings made
 * @failures: mappings that failed
 */
struct grant_counters {
	int used;
	u64 mappings;
	u64 failures;
};

/**
 * struct xen_grant_dma_device - what dev->xen_grant_dma points to
 * @dev: the device
 * @backend: the domain that serves it
 * @node: in the backend's list of devices
 * @usage: references of its mappings, so far as CPUs passed them on
 * @mappings: mappings made, so far as CPUs passed them on
 * @counters: what they did not pass on
 * @other_ops: DMA ops that were in force before, restored at the end
 */
struct xen_grant_dma_device {
	struct device *dev;
	struct grant_backend *backend;
	struct list_head node;
	struct grant_usage usage;
	atomic64_t mappings;
	struct grant_cpu_counters __percpu *counters;
	const struct dma_map_ops *other_ops;
};

int grant_device_create(struct device *dev, domid_t domid);
void grant_device_pass_on(struct xen_grant_dma_device *gdev);
struct grant_counters
grant_device_cpu_counters(const struct xen_grant_dma_device *gdev);
struct grant_counters
grant_device_counters(const struct xen_grant_dma_device *gdev);

/* Returns the references in what was counted. */
static inline int grant_counted_refs(u64 word)
{
	return (s32)word;
}

static inline u32 grant_counted_mappings(u64 word)
{
	return (word - grant_counted_refs(word)) >> 32;
}

static inline void grant_device_count(struct xen_grant_dma_device *gdev, u64 what)
{
	u64 word = this_cpu_add_return(gdev->counters->word, what);

	/* The word as a whole is that negative once there are 2^31 mappings. */
	if (unlikely(abs(grant_counted_refs(word)) > GRANT_USAGE_BATCH ||
		     (s64)word < -GRANT_USAGE_BATCH))
		grant_device_pass_on(gdev);
}

/* Counts a mapping that put references into use. */
static inline void grant_device_map(struct xen_grant_dma_device *gdev,
				    unsigned int count)
{
	grant_device_count(gdev, GRANT_COUNT_MAPPING + count);
}

/* Counts references taken out of use. */
static inline void grant_device_unmap(struct xen_grant_dma_device *gdev,
				      unsigned int count)
{
	grant_device_count(gdev, -(u64)count);
}

#endif /* _XEN_GRANT_DMA_DEVICE_H */
