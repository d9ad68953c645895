/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of scatterlists.
 */

#ifndef _XEN_GRANT_DMA_SG_H
#define _XEN_GRANT_DMA_SG_H

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>

struct grant_device;

/* The segments of a list of @nents entries that is mapped. */
#define for_each_grant_segment(sgl, seg, nents, i)			\
	for ((i) = 0, (seg) = (sgl);					\
	     (i) < (nents) && sg_dma_len(seg);				\
	     (i)++, (seg) = sg_next(seg))

int grant_sg_map(struct grant_device *gdev, struct scatterlist *sgl, int nents,
		 enum dma_data_direction dir, unsigned long attrs);
unsigned int grant_sg_pages(struct scatterlist *sgl, int nents);

#endif /* _XEN_GRANT_DMA_SG_H */
