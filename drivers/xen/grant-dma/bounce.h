/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of what must not be granted itself: parts of a buffer that share a Xen page
 * with other memory of the guest, and memory that can't be kept from reuse.
 */

#ifndef _XEN_GRANT_DMA_BOUNCE_H
#define _XEN_GRANT_DMA_BOUNCE_H

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/types.h>

#include <xen/page.h>

#include "backend.h"
#include "slot.h"

/**
 * struct grant_mapping - a mapping of which some parts may be copied
 * @backend: the backend that has access
 * @addr: DMA address
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 * @copies: there are such parts
 * @pooled: all of it is copied, to a device's pool
 */
struct grant_mapping {
	struct grant_backend *backend;
	dma_addr_t addr;
	size_t size;
	enum dma_data_direction dir;
	unsigned long attrs;
	bool copies;
	bool pooled;
};

/*
 * Without a count of its own memory can't be kept from reuse when the backend still
 * uses it after the mapping's end. A slab's says nothing of its objects, where it
 * has one.
 */
static inline bool grant_bounce_can_keep(struct folio *folio)
{
	return !folio_test_slab(folio) && folio_ref_count(folio);
}

/* Whether Xen pages must be copied though the buffer fills them. */
static inline bool grant_bounce_copies_whole(const struct grant_backend *backend,
					     struct folio *folio)
{
	return backend->copy_all || !grant_bounce_can_keep(folio);
}

/**
 * grant_bounce_needed() - whether a buffer, or a part of it, has to be copied
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes, more than 0
 *
 * Context: Any.
 */
static inline bool grant_bounce_needed(const struct grant_backend *backend,
				       phys_addr_t phys, size_t size)
{
	phys_addr_t end = phys + size;
	struct folio *folio;

	if (!backend->slots)
		return false;
	if (xen_offset_in_page(phys | size))
		return true;
	for (; phys < end; phys = PFN_PHYS(folio_pfn(folio) + folio_nr_pages(folio))) {
		folio = pfn_folio(PHYS_PFN(phys));
		if (grant_bounce_copies_whole(backend, folio))
			return true;
	}
	return false;
}

/* What a buffer takes of a slot, whose start is a multiple of its size. */
static inline size_t grant_slot_size(struct device *dev, phys_addr_t phys,
				     size_t size)
{
	size_t mask = dma_get_min_align_mask(dev);

	return max((phys & mask) + size, mask + 1);
}

/**
 * grant_slot_fits() - whether a buffer to be copied fits into a slot
 * @dev: the device, which may want low bits of addresses to be kept
 * @phys: where the buffer begins
 * @size: bytes
 *
 * Context: Any.
 */
static inline bool grant_slot_fits(struct device *dev, phys_addr_t phys,
				   size_t size)
{
	return grant_slot_size(dev, phys, size) <= XEN_PAGE_SIZE;
}

dma_addr_t grant_slot_map(struct device *dev, struct grant_backend *backend,
			  phys_addr_t phys, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);

int grant_bounce_copy_in(struct grant_mapping *mapping, dma_addr_t addr,
			 phys_addr_t phys, size_t size);
void grant_bounce_cancel(const struct grant_mapping *mapping);
void grant_bounce_grant(const struct grant_mapping *mapping, dma_addr_t addr,
			phys_addr_t phys, size_t size);
void grant_bounce_note(const struct grant_mapping *mapping);
void grant_bounce_end_slot(const struct grant_mapping *mapping,
			   struct grant_slot_page *page);
void grant_bounce_copy_out(const struct grant_mapping *mapping,
			   unsigned int pages, struct list_head *slot_pages);
void grant_bounce_free(struct list_head *slot_pages);
void grant_bounce_end_pooled(const struct grant_mapping *mapping,
			     unsigned int pages);

bool grant_bounce_sync(struct grant_backend *backend, dma_addr_t addr,
		       size_t size, enum dma_data_direction dir,
		       bool for_device);

#endif /* _XEN_GRANT_DMA_BOUNCE_H */
