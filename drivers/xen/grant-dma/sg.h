/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A scatterlist laid out in one run of grant references.
 */

#ifndef _XEN_GRANT_DMA_SG_H
#define _XEN_GRANT_DMA_SG_H

#include <linux/dma-direction.h>
#include <linux/scatterlist.h>

struct device;
struct grant_backend;

/**
 * struct grant_sg_limits - what a device demands of the segments it is given
 * @max_size: most bytes in a segment that was merged from several entries
 * @boundary: no segment crosses a multiple of this many Xen pages; 0 when no
 *	reference is high enough to reach one
 */
struct grant_sg_limits {
	unsigned int max_size;
	unsigned long boundary;
};

struct grant_sg_limits grant_sg_limits(struct device *dev);
unsigned long grant_sg_pages(struct scatterlist *sgl, int nents,
			     const struct grant_sg_limits *limits);
int grant_sg_map(struct grant_backend *backend, struct scatterlist *sgl,
		 int nents, enum dma_data_direction dir,
		 const struct grant_sg_limits *limits);

#endif /* _XEN_GRANT_DMA_SG_H */
