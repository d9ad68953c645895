/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of buffers.
 */

#ifndef _XEN_GRANT_DMA_MAPPING_H
#define _XEN_GRANT_DMA_MAPPING_H

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/types.h>

struct device;
struct grant_backend;
struct grant_mapping;

/*
 * Only memory of this domain can be granted, neither MMIO nor a device's memory. And
 * any of it may have to be copied, which a driver must not forbid.
 */
static inline bool grant_map_possible(phys_addr_t phys, unsigned long attrs)
{
	return !(attrs & (DMA_ATTR_MMIO | DMA_ATTR_REQUIRE_COHERENT)) &&
	       pfn_valid(PHYS_PFN(phys)) &&
	       !is_zone_device_page(pfn_to_page(PHYS_PFN(phys)));
}

dma_addr_t grant_map(struct device *dev, struct grant_backend *backend,
		     phys_addr_t phys, size_t size, enum dma_data_direction dir,
		     unsigned long attrs);
bool grant_map_begin_pooled(struct device *dev, struct grant_mapping *mapping,
			    unsigned int offset);
void grant_unmap(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, unsigned long attrs);

dma_addr_t grant_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void grant_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);

#endif /* _XEN_GRANT_DMA_MAPPING_H */
