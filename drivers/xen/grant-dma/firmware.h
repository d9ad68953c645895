/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which backend domain the firmware puts a device under.
 */

#ifndef _XEN_GRANT_DMA_FIRMWARE_H
#define _XEN_GRANT_DMA_FIRMWARE_H

#include <linux/errno.h>

#include <xen/interface/xen.h>

struct device;
struct device_node;

#ifdef CONFIG_OF
int grant_firmware_backend(struct device *dev, domid_t *domid);
int grant_firmware_backend_of(struct device *dev, struct device_node *np,
			      domid_t *domid);
bool grant_firmware_xen_translates(struct device *dev);
#else
static inline int grant_firmware_backend(struct device *dev, domid_t *domid)
{
	return -ENODEV;
}

static inline bool grant_firmware_xen_translates(struct device *dev)
{
	return false;
}
#endif

#endif /* _XEN_GRANT_DMA_FIRMWARE_H */
