/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of buffers.
 */

#ifndef _XEN_GRANT_DMA_MAPPING_H
#define _XEN_GRANT_DMA_MAPPING_H

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/types.h>

#include "range.h"

struct device;
struct grant_backend;
struct grant_device;

/**
 * struct grant_segment - entries of a scatterlist that are mapped as one
 * @sgl: the first of them
 * @nents: how many, with those of no length
 * @offset: where they begin in a Xen page
 * @length: bytes, 0 if there is nothing to map
 * @pages: Xen pages
 * @single: the entry, if just one has a length; or NULL
 * @end: the entry after them
 *
 * Every entry but the first begins a Xen page, every one but the last ends one.
 */
struct grant_segment {
	struct scatterlist *sgl;
	int nents;
	unsigned int offset;
	unsigned int length;
	unsigned int pages;
	struct scatterlist *single;
	struct scatterlist *end;
};

/* As sg_next() where there is a next entry, but inline. */
static inline struct scatterlist *grant_entry_after(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

#define for_each_grant_entry(sgl, sg, nents, left)			\
	for ((left) = (nents), (sg) = (sgl); (left);			\
	     (sg) = --(left) ? grant_entry_after(sg) : (sg))

static inline unsigned int grant_entry_pages(struct scatterlist *sg)
{
	return sg->length ? grant_dma_pages(sg->offset, sg->length) : 0;
}

/*
 * MMIO can't be granted. And any memory may have to be copied, which a driver must not
 * forbid. All but MMIO has a struct page, see linux/dma-mapping.h.
 */
static inline bool grant_attrs_possible(unsigned long attrs)
{
	return !(attrs & (DMA_ATTR_MMIO | DMA_ATTR_REQUIRE_COHERENT));
}

dma_addr_t grant_map_segment(struct grant_device *gdev,
			     const struct grant_segment *segment,
			     enum dma_data_direction dir, unsigned long attrs);
void grant_unmap(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, unsigned long attrs);
bool grant_sync(struct grant_backend *backend, dma_addr_t addr, size_t size,
		enum dma_data_direction dir, bool for_device);

dma_addr_t grant_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void grant_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);

#endif /* _XEN_GRANT_DMA_MAPPING_H */
