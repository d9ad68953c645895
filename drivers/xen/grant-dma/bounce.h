/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers that don't fill their Xen pages: the parts that share a page with other
 * memory of the guest are copied to memory that holds nothing else.
 */

#ifndef _XEN_GRANT_DMA_BOUNCE_H
#define _XEN_GRANT_DMA_BOUNCE_H

#include <linux/dma-mapping.h>
#include <linux/types.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "pool.h"

dma_addr_t grant_bounce_map_small(struct grant_backend *backend,
				  phys_addr_t phys, size_t size,
				  unsigned int offset,
				  enum dma_data_direction dir,
				  unsigned long attrs);
void grant_bounce_unmap_small(struct grant_backend *backend, dma_addr_t addr,
			      size_t size, enum dma_data_direction dir,
			      unsigned long attrs);
int grant_bounce_begin(struct grant_backend *backend, grant_ref_t first,
		       phys_addr_t phys, size_t size,
		       enum dma_data_direction dir, unsigned long attrs);
void grant_bounce_grant(struct grant_backend *backend, grant_ref_t first,
			phys_addr_t phys, size_t size, bool readonly);
void grant_bounce_end(struct grant_backend *backend, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir,
		      unsigned long attrs);
void grant_bounce_sync_for_cpu(struct grant_backend *backend, dma_addr_t addr,
			       size_t size, enum dma_data_direction dir);
void grant_bounce_sync_for_device(struct grant_backend *backend,
				  dma_addr_t addr, size_t size,
				  enum dma_data_direction dir);

/**
 * grant_bounces() - whether parts of a buffer have to be copied
 * @backend: the backend that gets access
 * @addr: where the buffer begins, its physical or its DMA address
 * @size: bytes
 */
static inline bool grant_bounces(const struct grant_backend *backend, u64 addr,
				 size_t size)
{
	return backend->pool && xen_offset_in_page(addr | size);
}

/**
 * grant_bounces_small() - whether a buffer is copied as a whole to a slot of the pool
 * @dev: the device, which may want low bits of addresses to be kept
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes
 */
static inline bool grant_bounces_small(struct device *dev,
				       const struct grant_backend *backend,
				       phys_addr_t phys, size_t size)
{
	return backend->pool && size < XEN_PAGE_SIZE &&
	       (phys & dma_get_min_align_mask(dev)) + size <= XEN_PAGE_SIZE;
}

/* Whether a buffer that is bounced is in a slot of the pool, and takes no run. */
static inline bool grant_bounce_is_small(const struct grant_backend *backend,
					 dma_addr_t addr)
{
	grant_ref_t ref = grant_dma_ref(addr);

	return backend->ranges->bounces[ref]->ref == ref;
}

#endif /* _XEN_GRANT_DMA_BOUNCE_H */
