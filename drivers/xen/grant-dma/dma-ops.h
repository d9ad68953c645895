/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA ops that hand out grant references as DMA addresses.
 */

#ifndef _XEN_GRANT_DMA_DMA_OPS_H
#define _XEN_GRANT_DMA_DMA_OPS_H

#include <linux/dma-map-ops.h>

extern const struct dma_map_ops grant_dma_ops;

#endif /* _XEN_GRANT_DMA_DMA_OPS_H */
