/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Small buffers, below a Xen page: each is copied to a slot of the backend's pool,
 * which is granted already. All of it is inline, as calls would take a seventh of
 * the time.
 */

#ifndef _XEN_GRANT_DMA_SMALL_H
#define _XEN_GRANT_DMA_SMALL_H

#include <linux/dma-mapping.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "copy.h"
#include "pool.h"

/* What pages a bounce goes to. */
static inline enum grant_slot_use grant_slot_use(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE ? GRANT_SLOT_READONLY : GRANT_SLOT_WRITABLE;
}

/* The memory that bounce memory at a DMA address stands for. */
static inline phys_addr_t grant_slot_origin(struct grant_pool_page *page,
					    dma_addr_t addr)
{
	unsigned int offset = xen_offset_in_page(addr);

	return grant_slot_at(page, offset)->origin +
	       (offset & (BIT(page->shift) - 1));
}

/* Whether an address is in a slot of the pool, which is no part of a run. */
static inline bool grant_is_slot(const struct grant_backend *backend,
				 dma_addr_t addr)
{
	grant_ref_t ref = grant_dma_ref(addr);
	const struct grant_pool_page *page = backend->ranges->bounces[ref];

	return page && page->ref == ref;
}

/* What a buffer takes of a slot, whose start is a multiple of its size. */
static inline size_t grant_small_size(struct device *dev, phys_addr_t phys,
				      size_t size)
{
	size_t mask = dma_get_min_align_mask(dev);

	return max((phys & mask) + size, mask + 1);
}

/**
 * grant_small_fits() - whether a buffer to be copied fits into a slot of the pool
 * @dev: the device, which may want low bits of addresses to be kept
 * @phys: where the buffer begins
 * @size: bytes
 */
static inline bool grant_small_fits(struct device *dev, phys_addr_t phys,
				    size_t size)
{
	return size < XEN_PAGE_SIZE &&
	       grant_small_size(dev, phys, size) <= XEN_PAGE_SIZE;
}

/**
 * grant_small_map() - map a buffer that grant_small_fits()
 * @dev: the device
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: its DMA address, or DMA_MAPPING_ERROR when memory or references have
 * run out.
 */
static inline dma_addr_t grant_small_map(struct device *dev,
					 struct grant_backend *backend,
					 phys_addr_t phys, size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	unsigned int offset = phys & dma_get_min_align_mask(dev), at;
	struct grant_ranges *ranges = backend->ranges;
	struct grant_pool_page *page;
	u32 slot;

	slot = grant_slot_alloc(backend->pool, ranges, grant_slot_use(dir),
				max(order_base_2(grant_small_size(dev, phys, size)),
				    GRANT_SLOT_MIN_SHIFT));
	if (unlikely(!slot))
		return DMA_MAPPING_ERROR;

	page = ranges->bounces[grant_slot_ref(slot)];
	at = grant_slot_offset(slot);
	grant_slot_at(page, at)->origin = phys - offset;
	at += offset;
	grant_copy_in(page->vaddr + at, phys, size, dir, attrs);
	return grant_dma_addr(page->ref, at);
}

/**
 * grant_small_unmap() - end what grant_small_map() began
 * @backend: the backend
 * @addr: DMA address, which is a slot's
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
static inline void grant_small_unmap(struct grant_backend *backend,
				     dma_addr_t addr, size_t size,
				     enum dma_data_direction dir,
				     unsigned long attrs)
{
	struct grant_pool_page *page =
		backend->ranges->bounces[grant_dma_ref(addr)];
	unsigned int at = xen_offset_in_page(addr);

	grant_copy_out(page->vaddr + at, grant_slot_origin(page, addr), size,
		       dir, attrs);
	grant_slot_free(backend->pool, page,
			grant_slot_of(page->ref, at & ~(BIT(page->shift) - 1)));
}

#endif /* _XEN_GRANT_DMA_SMALL_H */
