// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose DMA goes through grants, what its driver leaves to devres, and the
 * DMA API's entries as drivers call them.
 */

#include <linux/scatterlist.h>

#include "device.h"
#include "dma-ops.h"
#include "host.h"
#include "memory.h"

const struct dma_map_ops dma_dummy_ops;

int devm_add_action(struct device *dev, void (*action)(void *), void *data)
{
	struct devres *devres = kmalloc(sizeof(*devres), GFP_KERNEL);

	if (!devres)
		return -ENOMEM;
	*devres = (struct devres){ action, data, dev->devres };
	dev->devres = devres;
	return 0;
}

int devm_add_action_or_reset(struct device *dev, void (*action)(void *), void *data)
{
	int ret = devm_add_action(dev, action, data);

	if (ret)
		action(data);
	return ret;
}

void stub_devres_release(struct device *dev)
{
	struct devres *devres;

	while ((devres = dev->devres)) {
		dev->devres = devres->next;
		devres->action(devres->data);
		kfree(devres);
	}
}

int host_bind(struct device *dev, const char *name, domid_t domid, const char *level)
{
	static struct device_driver driver = { "host" };
	int ret;

	memset(dev, 0, sizeof(*dev));
	dev->name = name;
	dev->driver = &driver;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->dma_parms = &dev->stub_parms;
	dev->stub_parms.max_segment_size = SZ_1M;
	dev->dma_coherent = true;
	if (stub_param_isolation->set(level, NULL))
		abort();
	ret = grant_device_create(dev, domid, &grant_dma_ops);
	if (!ret)
		grant_device_add_pools(dev);
	return ret;
}

void host_unbind(struct device *dev)
{
	stub_devres_release(dev);
}

void host_init(void)
{
	memory_init();
	cpu_init();
	xen_init();
}
