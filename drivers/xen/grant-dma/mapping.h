/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of buffers.
 */

#ifndef _XEN_GRANT_DMA_MAPPING_H
#define _XEN_GRANT_DMA_MAPPING_H

#include <linux/dma-direction.h>
#include <linux/mm.h>
#include <linux/types.h>

struct device;
struct grant_backend;
struct grant_mapping;

/* Only memory of this domain can be granted, neither MMIO nor a device's memory. */
static inline bool grant_map_possible(struct page *page)
{
	return pfn_valid(page_to_pfn(page)) && !is_zone_device_page(page);
}

dma_addr_t grant_map(struct device *dev, struct grant_backend *backend,
		     phys_addr_t phys, size_t size, enum dma_data_direction dir,
		     unsigned long attrs);
bool grant_map_begin_pooled(struct device *dev, struct grant_mapping *mapping,
			    unsigned int offset);
void grant_unmap(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, unsigned long attrs);

dma_addr_t grant_dma_map_page(struct device *dev, struct page *page,
			      unsigned long offset, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void grant_dma_unmap_page(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);

#endif /* _XEN_GRANT_DMA_MAPPING_H */
