// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device whose DMA goes through grants, what its driver leaves to devres, and the
 * DMA API's entries as drivers call them.
 */

#include <linux/scatterlist.h>

#include "grant-dma.h"
#include "host.h"
#include "machine.h"

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

static void release_devres(struct device *dev)
{
	struct devres *devres;

	while ((devres = dev->devres)) {
		dev->devres = devres->next;
		devres->action(devres->data);
		kfree(devres);
	}
}

/* Drivers match every device of their bus. */
static LIST_HEAD(drivers);

int driver_register(struct device_driver *driver)
{
	list_add_tail(&driver->node, &drivers);
	return 0;
}

void driver_unregister(struct device_driver *driver)
{
	list_del(&driver->node);
}

int device_attach(struct device *dev)
{
	struct device_driver *driver;

	list_for_each_entry(driver, &drivers, node)
		if (driver->bus == dev->bus)
			dev->driver = driver;
	return !!dev->driver;
}

void device_release_driver(struct device *dev)
{
	release_devres(dev);
	dev->driver = NULL;
}

int dev_set_name(struct device *dev, const char *format, ...)
{
	char name[64];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	dev->name = kstrdup(name, GFP_KERNEL);
	return dev->name ? 0 : -ENOMEM;
}

int device_register(struct device *dev)
{
	device_attach(dev);
	return 0;
}

void device_unregister(struct device *dev)
{
	device_release_driver(dev);
	kfree(dev->name);
	dev->release(dev);
}

static void free_device(struct device *dev)
{
	kfree(dev);
}

struct device *root_device_register(const char *name)
{
	struct device *dev = kzalloc(sizeof(*dev), GFP_KERNEL);

	if (!dev || dev_set_name(dev, "%s", name))
		abort();
	dev->release = free_device;
	return dev;
}

void root_device_unregister(struct device *dev)
{
	device_unregister(dev);
}

bool host_isolation_is(const char *level)
{
	char text[64];

	stub_param_isolation->get(text, NULL);
	text[strcspn(text, "\n")] = 0;
	return !strcmp(text, level);
}

int host_bind(struct device *dev, const char *name, domid_t domid, const char *level)
{
	static struct device_driver driver = { "host" };

	memset(dev, 0, sizeof(*dev));
	dev->name = name;
	dev->driver = &driver;
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	dev->dma_parms = &dev->stub_parms;
	dev->stub_parms.max_segment_size = SZ_1M;
	dev->dma_coherent = true;
	/* Others may look, as a kernel sets it but once. */
	if (!host_isolation_is(level) && stub_param_isolation->set(level, NULL))
		abort();
	return grant_device_create(dev, domid);
}

void host_unbind(struct device *dev)
{
	release_devres(dev);
}

void host_init(void)
{
	/* What was said before a fault must not be lost. */
	setlinebuf(stdout);
	memory_init();
	cpu_init();
	xen_init();
}
