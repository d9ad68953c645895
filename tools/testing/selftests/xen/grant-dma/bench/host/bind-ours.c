// SPDX-License-Identifier: GPL-2.0-only
#include "bind.h"
#include "device.h"
#include "dma-ops.h"
#include "host.h"

void bind(struct device *dev, const char *level)
{
	if (stub_param_isolation->set(level, NULL) ||
	    grant_device_create(dev, 0, &grant_dma_ops))
		abort();
	grant_device_add_pools(dev);
}
