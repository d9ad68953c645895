// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose DMA goes through grants, until its driver unbinds.
 */

#include <linux/device.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "grant-dma.h"

/* Parts of the references, and of the memory, that an area of a reserve may have. */
#define RESERVE_REFS_SHARE	64
#define RESERVE_MEMORY_SHARE	1024

/* Pages of it that are left for a request's small parts, such as its header. */
#define RESERVE_SMALL		4U

/* Adds what the DMA ops of a device did up to now, on all CPUs. */
void grant_counters_add(struct grant_counters *sum, const struct grant_device *gdev)
{
	const struct grant_counters *counters;
	int cpu;

	for_each_possible_cpu(cpu) {
		counters = per_cpu_ptr(gdev->counters, cpu);
		sum->used += READ_ONCE(counters->used);
		sum->mappings += READ_ONCE(counters->mappings);
		sum->failures += READ_ONCE(counters->failures);
	}
}

static struct grant_area *reserve_create(struct grant_backend *backend, bool readonly)
{
	unsigned long most = min(totalram_pages() * XEN_PFN_PER_PAGE / RESERVE_MEMORY_SHARE,
				 grant_refs_limit(backend) / RESERVE_REFS_SHARE + 0UL);
	unsigned int pages = clamp(rounddown_pow_of_two(most | 1), GRANT_AREA_MIN, GRANT_BLOCK);
	struct grant_area *area = NULL;

	for (; !area && pages >= GRANT_AREA_MIN; pages /= 2)
		area = grant_area_create(backend, readonly, pages, GFP_KERNEL | __GFP_NOWARN);
	return area;
}

/* With grant_backends_lock held, as debugfs looks at it. */
static void reserves_create(struct grant_device *gdev)
{
	unsigned int pages = GRANT_BLOCK, i;
	bool all = true;

	for (i = 0; i < ARRAY_SIZE(gdev->reserve); i++) {
		gdev->reserve[i] = reserve_create(gdev->backend, i == GRANT_READONLY);
		pages = min(pages, gdev->reserve[i] ? gdev->reserve[i]->pages : GRANT_AREA_MIN);
		all &= !!gdev->reserve[i];
	}
	/* What fits beside a request's small parts, or a page, which the block layer demands. */
	gdev->max_size = max_t(size_t, (pages - RESERVE_SMALL) << XEN_PAGE_SHIFT, PAGE_SIZE);
	if (!all)
		dev_warn(gdev->dev, "too few references or pages for a reserve, DMA may stall when others use them all\n");
}

static void release_device(void *data)
{
	struct grant_device *gdev = data;
	struct grant_backend *backend = gdev->backend;
	struct grant_counters counters = {};
	unsigned int i;

	set_dma_ops(gdev->dev, gdev->other_ops);
	grant_counters_add(&counters, gdev);
	if (counters.used)
		dev_err(gdev->dev, "driver left %d grant references mapped, domain %u keeps access\n",
			counters.used, backend->domid);
	mutex_lock(&grant_backends_lock);
	list_del(&gdev->node);
	grant_counters_add(&backend->past, gdev);
	for (i = 0; i < ARRAY_SIZE(gdev->reserve); i++)
		grant_area_destroy(gdev->reserve[i]);
	if (list_empty(&backend->devices)) {
		/* An area that is about to end may be deferred, which takes the backend. */
		cancel_delayed_work_sync(&backend->reap);
		grant_areas_reap(backend, true);
		grant_backend_queue(&backend->reap, GRANT_REAP_DELAY);
	}
	mutex_unlock(&grant_backends_lock);
	/* What a driver left stays granted, so the backend has to stay. */
	if (!counters.used)
		grant_backend_put(backend);
	free_percpu(gdev->counters);
	kfree(gdev);
}

/*
 * Makes grants the DMA ops of a device that is bound or about to be bound, until its driver
 * unbinds and all that this has left to devres is undone. Returns 0 or -ENOMEM. May sleep.
 */
int grant_device_create(struct device *dev, domid_t domid)
{
	const struct grant_device init = {
		.ops = grant_dma_ops,
		.dev = dev,
		.other_ops = dev->dma_ops,
	};
	struct grant_device *gdev = kmemdup(&init, sizeof(init), GFP_KERNEL);

	if (!gdev)
		return -ENOMEM;
	gdev->counters = alloc_percpu(struct grant_counters);
	if (!gdev->counters)
		goto free_device;
	mutex_lock(&grant_backends_lock);
	gdev->backend = grant_backend_get(domid);
	if (!gdev->backend)
		goto unlock;
	list_add_tail(&gdev->node, &gdev->backend->devices);
	reserves_create(gdev);
	mutex_unlock(&grant_backends_lock);
	set_dma_ops(dev, &gdev->ops);
	/* The ops that were in force may not have needed syncs, bounces do. */
	dma_reset_need_sync(dev);
	return devm_add_action_or_reset(dev, release_device, gdev);

unlock:
	mutex_unlock(&grant_backends_lock);
	free_percpu(gdev->counters);
free_device:
	kfree(gdev);
	return -ENOMEM;
}
