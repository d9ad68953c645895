// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose DMA goes through grants, until its driver unbinds.
 */

#include <linux/slab.h>
#include <linux/string.h>

#include "device.h"
#include "isolation.h"
#include "pool.h"
#include "slot.h"

/**
 * grant_device_cpu_counters() - what CPUs counted for a device
 * @gdev: the device
 *
 * Return: the sums over all CPUs, which may change meanwhile. References that were
 * passed on are not in them.
 */
struct grant_counters
grant_device_cpu_counters(const struct grant_device *gdev)
{
	struct grant_counters sum = { };
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct grant_counters *counters =
			per_cpu_ptr(gdev->counters, cpu);

		sum.used += READ_ONCE(counters->used);
		sum.mappings += READ_ONCE(counters->mappings);
		sum.failures += READ_ONCE(counters->failures);
	}
	return sum;
}

/**
 * grant_device_counters() - what the DMA ops of a device did
 * @gdev: the device
 *
 * Return: the sums, which may change meanwhile, with all references in use.
 */
struct grant_counters grant_device_counters(const struct grant_device *gdev)
{
	struct grant_counters sum = grant_device_cpu_counters(gdev);

	sum.used += atomic_read(&gdev->usage.used);
	return sum;
}

/* Says that a device can't address bit 63. */
void grant_device_mask_refused(struct device *dev, u64 mask)
{
	dev_err_ratelimited(dev, "DMA mask %#llx can't hold bit 63, which marks grant references\n",
			    mask);
}

/* Passes on the references in use that this CPU counted. */
void grant_device_pass_on(struct grant_device *gdev)
{
	int used = this_cpu_xchg(gdev->counters->used, 0);

	grant_usage_add(&gdev->usage, used);
	grant_usage_add(&gdev->backend->usage, used);
	grant_backend_over(gdev->backend);
}

/**
 * grant_device_misused() - report a driver that misuses the DMA API, once
 * @gdev: its device
 * @fault: the fault, as the rest of a sentence
 * @addr: DMA address
 * @size: bytes
 *
 * The size may well come from the backend, so nothing worse happens.
 *
 * Context: Any.
 */
void grant_device_misused(struct grant_device *gdev, const char *fault,
			  dma_addr_t addr, size_t size)
{
	/* A console may be what unmaps, so it must not be used before that is done. */
	if (!xchg(&gdev->misused, true))
		printk_deferred("%s %s: DMA API misused: %zu bytes at %pad %s\n",
				dev_driver_string(gdev->dev), dev_name(gdev->dev),
				size, &addr, fault);
}

static int join_backend(struct grant_device *gdev)
{
	enum grant_isolation level = grant_isolation_level();
	struct grant_backend *backend = gdev->backend;
	int ret = 0;

	mutex_lock(&grant_backends_lock);
	if (!backend->slots && level != GRANT_ISOLATION_PAGE) {
		backend->copy_all = level == GRANT_ISOLATION_FULL;
		backend->slots = grant_slots_create(backend);
		ret = backend->slots ? 0 : -ENOMEM;
	}
	if (!ret)
		list_add_tail(&gdev->node, &backend->devices);
	mutex_unlock(&grant_backends_lock);
	return ret;
}

static void leave_backend(struct grant_device *gdev)
{
	struct grant_counters counters = grant_device_counters(gdev);
	struct grant_backend *backend = gdev->backend;

	if (counters.used)
		dev_err(gdev->dev, "driver left %d grant references mapped, domain %u keeps access\n",
			counters.used, backend->domid);

	mutex_lock(&grant_backends_lock);
	list_del(&gdev->node);
	grant_usage_add(&backend->usage, grant_device_cpu_counters(gdev).used);
	backend->past_mappings += counters.mappings;
	backend->past_failures += counters.failures;
	if (list_empty(&backend->devices)) {
		if (!atomic_read(&backend->usage.used)) {
			grant_slots_destroy(backend->slots);
			backend->slots = NULL;
		} else if (!backend->kept) {
			/* What a driver left stays granted, so all of it has to stay. */
			backend->kept = true;
			kref_get(&backend->kref);
		}
	}
	mutex_unlock(&grant_backends_lock);
}

static void release_device(void *data)
{
	struct grant_device *gdev = data;

	set_dma_ops(gdev->dev, gdev->other_ops);
	leave_backend(gdev);
	grant_backend_put(gdev->backend);
	free_percpu(gdev->counters);
	kfree(gdev);
}

/**
 * grant_device_create() - make grants the DMA ops of a device
 * @dev: the device, bound or about to be bound to its driver
 * @domid: domain that serves it
 * @ops: the DMA ops, which may use to_grant_device()
 *
 * Undone when the driver unbinds, after everything that the driver itself has
 * left to devres.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_device_create(struct device *dev, domid_t domid,
			const struct dma_map_ops *ops)
{
	struct grant_device *gdev = kzalloc(sizeof(*gdev), GFP_KERNEL);

	if (!gdev)
		return -ENOMEM;

	gdev->counters = alloc_percpu(struct grant_counters);
	if (!gdev->counters)
		goto free_device;
	gdev->backend = grant_backend_get(domid);
	if (!gdev->backend)
		goto free_counters;
	/* They are written once, here. */
	memcpy((void *)&gdev->ops, ops, sizeof(*ops));
	gdev->dev = dev;
	gdev->other_ops = dev->dma_ops;
	if (join_backend(gdev))
		goto put_backend;

	set_dma_ops(dev, &gdev->ops);
	/* The ops that were in force may not have needed syncs, bounces do. */
	dma_reset_need_sync(dev);
	return devm_add_action_or_reset(dev, release_device, gdev);

put_backend:
	grant_backend_put(gdev->backend);
free_counters:
	free_percpu(gdev->counters);
free_device:
	kfree(gdev);
	return -ENOMEM;
}

static void release_pools(void *data)
{
	struct grant_device *gdev = data;
	unsigned int use;

	/* debugfs looks at them. */
	mutex_lock(&grant_backends_lock);
	for (use = 0; use < GRANT_SLOT_USES; use++) {
		grant_pool_destroy(gdev->pools[use]);
		gdev->pools[use] = NULL;
	}
	mutex_unlock(&grant_backends_lock);
}

/**
 * grant_device_add_pools() - give a device what it needs when nothing else is left
 * @dev: device from grant_device_create()
 *
 * It can do without, until references or memory run out.
 *
 * Context: Process context, may sleep.
 */
void grant_device_add_pools(struct device *dev)
{
	struct grant_device *gdev = to_grant_device(dev);
	bool all = true;
	unsigned int use;

	mutex_lock(&grant_backends_lock);
	for (use = 0; use < GRANT_SLOT_USES; use++) {
		gdev->pools[use] = grant_pool_create(gdev->backend,
						     use == GRANT_SLOT_READONLY);
		all &= !!gdev->pools[use];
	}
	mutex_unlock(&grant_backends_lock);
	if (devm_add_action_or_reset(dev, release_pools, gdev) || !all)
		dev_warn(dev, "too few references or pages for a pool, DMA may stall when others use them all\n");
}
