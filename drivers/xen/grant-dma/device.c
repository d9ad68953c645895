// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose DMA goes through grants: set up when its bus configures DMA,
 * undone when its driver unbinds.
 */

#include <linux/device.h>
#include <linux/dma-map-ops.h>
#include <linux/percpu.h>
#include <linux/slab.h>

#include <xen/grant-dma.h>
#include <xen/xen.h>

#include "backend.h"
#include "device.h"
#include "dma-ops.h"
#include "firmware.h"
#include "pool.h"

/**
 * grant_device_cpu_counters() - what CPUs counted for a device and did not pass on
 * @gdev: the device
 *
 * Return: the sums over all CPUs, which may change meanwhile, but for failures,
 * which are not passed on.
 */
struct grant_counters
grant_device_cpu_counters(const struct xen_grant_dma_device *gdev)
{
	struct grant_counters sum = { };
	int cpu;

	for_each_possible_cpu(cpu) {
		const struct grant_cpu_counters *counters =
			per_cpu_ptr(gdev->counters, cpu);
		u64 word = READ_ONCE(counters->word);

		sum.used += grant_counted_refs(word);
		sum.mappings += grant_counted_mappings(word);
		sum.failures += READ_ONCE(counters->failures);
	}
	return sum;
}

/**
 * grant_device_counters() - what the DMA ops of a device did
 * @gdev: the device
 *
 * Return: the sums, which may change meanwhile. All of the references in use
 * are in them.
 */
struct grant_counters
grant_device_counters(const struct xen_grant_dma_device *gdev)
{
	struct grant_counters sum = grant_device_cpu_counters(gdev);

	sum.used += atomic_read(&gdev->usage.used);
	sum.mappings += atomic64_read(&gdev->mappings);
	return sum;
}

/**
 * grant_device_pass_on() - add what this CPU counted to what all did
 * @gdev: the device
 *
 * Context: Any.
 */
void grant_device_pass_on(struct xen_grant_dma_device *gdev)
{
	u64 word = this_cpu_xchg(gdev->counters->word, 0);
	int used = grant_counted_refs(word);

	atomic64_add(grant_counted_mappings(word), &gdev->mappings);
	grant_usage_add(&gdev->usage, used);
	grant_usage_add(&gdev->backend->usage, used);
}

static void grant_device_join(struct xen_grant_dma_device *gdev)
{
	mutex_lock(&grant_backends_lock);
	list_add_tail(&gdev->node, &gdev->backend->devices);
	mutex_unlock(&grant_backends_lock);
}

/* The references in use that are left when a device goes are lost. */
static void grant_device_leave(struct xen_grant_dma_device *gdev)
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
	if (backend->pool && list_empty(&backend->devices))
		grant_pool_empty(backend->pool);
	mutex_unlock(&grant_backends_lock);
}

static void grant_device_destroy(void *data)
{
	struct xen_grant_dma_device *gdev = data;
	struct device *dev = gdev->dev;

	set_dma_ops(dev, gdev->other_ops);
	dev->xen_grant_dma = NULL;

	grant_device_leave(gdev);
	grant_backend_put(gdev->backend);
	free_percpu(gdev->counters);
	kfree(gdev);
}

/* The ops that were in force may not have needed syncs, bounces do. */
static void grant_device_set_ops(struct device *dev)
{
	set_dma_ops(dev, &grant_dma_ops);
	dma_reset_need_sync(dev);
}

/**
 * grant_device_create() - make grants the DMA ops of a device
 * @dev: the device, bound or about to be bound to its driver
 * @domid: domain that serves it
 *
 * Undone when the driver unbinds, after everything that the driver itself has
 * left to devres.
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_device_create(struct device *dev, domid_t domid)
{
	struct xen_grant_dma_device *gdev = kzalloc(sizeof(*gdev), GFP_KERNEL);

	if (!gdev)
		return -ENOMEM;

	gdev->counters = alloc_percpu(struct grant_cpu_counters);
	if (!gdev->counters)
		goto free_device;
	gdev->backend = grant_backend_get(domid);
	if (!gdev->backend)
		goto free_counters;

	gdev->dev = dev;
	gdev->other_ops = dev->dma_ops;
	grant_device_join(gdev);
	dev->xen_grant_dma = gdev;
	grant_device_set_ops(dev);
	return devm_add_action_or_reset(dev, grant_device_destroy, gdev);

free_counters:
	free_percpu(gdev->counters);
free_device:
	kfree(gdev);
	return -ENOMEM;
}

/**
 * xen_grant_dma_configure() - set up a device that firmware puts behind grants
 * @dev: device whose DMA is being configured
 * @np: device tree node that describes its DMA
 *
 * Context: Process context, may sleep.
 * Return: 0 when the device is set up, or not behind a xen,grant-dma IOMMU at
 * all. Any error is final: the device must not do DMA. It was reported.
 */
int xen_grant_dma_configure(struct device *dev, struct device_node *np)
{
	domid_t domid;
	int ret;

	if (dev->xen_grant_dma) {
		/* Configured once more, which may have set other ops. */
		grant_device_set_ops(dev);
		return 0;
	}
	/* Without a driver there is no DMA, and binding one comes here again. */
	if (!dev->driver && dev->bus)
		return 0;

	ret = grant_firmware_backend(dev, np, &domid);
	if (ret == -ENODEV)
		return 0;
	if (ret)
		return ret;
	if (!xen_domain()) {
		dev_err(dev, "%pOF: DMA needs Xen's grant table, but this is no Xen domain\n",
			np);
		return -ENXIO;
	}
	return grant_device_create(dev, domid);
}
