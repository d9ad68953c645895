/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA through Xen's grant table.
 */

#ifndef _XEN_GRANT_DMA_H
#define _XEN_GRANT_DMA_H

struct device;
struct device_node;

#ifdef CONFIG_XEN_GRANT_DMA_OPS
int xen_grant_dma_configure(struct device *dev, struct device_node *np);
#else
static inline int xen_grant_dma_configure(struct device *dev,
					  struct device_node *np)
{
	return 0;
}
#endif

#endif /* _XEN_GRANT_DMA_H */
