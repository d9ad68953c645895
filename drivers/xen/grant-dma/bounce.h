/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Buffers that don't fill their Xen pages: the parts that share a page with other
 * memory of the guest are copied to memory that holds nothing else.
 */

#ifndef _XEN_GRANT_DMA_BOUNCE_H
#define _XEN_GRANT_DMA_BOUNCE_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/page-flags.h>
#include <linux/types.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "pool.h"

dma_addr_t grant_bounce_map(struct grant_backend *backend, phys_addr_t phys,
			    size_t size, enum dma_data_direction dir,
			    unsigned long attrs);
void grant_bounce_unmap(struct grant_backend *backend, dma_addr_t addr,
			size_t size, enum dma_data_direction dir,
			unsigned long attrs);
int grant_bounce_begin(struct grant_backend *backend, grant_ref_t first,
		       phys_addr_t phys, size_t size,
		       enum dma_data_direction dir, unsigned long attrs);
void grant_bounce_grant(struct grant_backend *backend, grant_ref_t first,
			phys_addr_t phys, size_t size, bool readonly);
void grant_bounce_end(struct grant_backend *backend, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir,
		      unsigned long attrs, struct list_head *pages);
void grant_bounce_free(struct grant_backend *backend, struct list_head *pages);
void grant_bounce_sync_for_cpu(struct grant_backend *backend, dma_addr_t addr,
			       size_t size, enum dma_data_direction dir);
void grant_bounce_sync_for_device(struct grant_backend *backend,
				  dma_addr_t addr, size_t size,
				  enum dma_data_direction dir);

/**
 * grant_bounces() - whether a buffer, or a part of it, has to be copied
 * @backend: the backend that gets access
 * @page: the page in which the buffer begins, or one before it
 * @phys: where it begins
 * @size: bytes
 *
 * Memory of a slab always has to: no count of its own would keep it from reuse
 * when the backend still uses it after the mapping's end.
 */
static inline bool grant_bounces(const struct grant_backend *backend,
				 const struct page *page, phys_addr_t phys,
				 size_t size)
{
	return backend->pool && (xen_offset_in_page(phys | size) ||
				 PageSlab(page));
}

/**
 * grant_is_bounced() - whether a mapping, or a part of it, was copied
 * @backend: the backend that has access
 * @addr: DMA address
 * @size: bytes
 */
static inline bool grant_is_bounced(const struct grant_backend *backend,
				    dma_addr_t addr, size_t size)
{
	return backend->pool &&
	       (xen_offset_in_page(addr | size) ||
		backend->ranges->bounces[grant_dma_ref(addr)]);
}

#endif /* _XEN_GRANT_DMA_BOUNCE_H */
