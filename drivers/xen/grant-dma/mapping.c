// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of buffers: by granting their pages, by a copy of all, or by copies of
 * some parts.
 *
 * Other files' functions that every mapping needs are inline, as each call more is
 * a percent or more of a mapping; what a call leads to is needed by some only.
 */

#include <linux/dma-mapping.h>
#include <linux/list.h>
#include <linux/mm.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "bounce.h"
#include "device.h"
#include "mapping.h"
#include "pool.h"
#include "slot.h"
#include "table.h"
#include "trace.h"

/* With copies of the parts that must not be granted themselves. */
static noinline dma_addr_t map_parts(struct grant_mapping *mapping,
				     phys_addr_t phys)
{
	if (grant_bounce_copy_in(mapping, mapping->addr, phys, mapping->size)) {
		grant_bounce_cancel(mapping);
		return DMA_MAPPING_ERROR;
	}
	grant_bounce_grant(mapping, mapping->addr, phys, mapping->size);
	grant_bounce_note(mapping);
	return mapping->addr;
}

static __always_inline dma_addr_t map_pages(struct grant_backend *backend,
					    phys_addr_t phys, size_t size,
					    enum dma_data_direction dir,
					    unsigned long attrs, bool parts)
{
	unsigned int pages = grant_dma_pages(phys, size);
	grant_ref_t first = grant_backend_alloc(backend, pages);
	dma_addr_t addr = grant_dma_addr(first, xen_offset_in_page(phys));

	if (unlikely(!first))
		return DMA_MAPPING_ERROR;
	if (parts) {
		struct grant_mapping mapping = { backend, addr, size, dir, attrs };

		return map_parts(&mapping, phys);
	}
	grant_table_grant(first, backend->domid, XEN_PFN_DOWN(phys), pages,
			  dir == DMA_TO_DEVICE);
	grant_ref_set_mapping(backend->ranges, first, pages, false);
	return addr;
}

/**
 * grant_map_begin_pooled() - begin a mapping in the pool of its device
 * @dev: the device
 * @mapping: the mapping, whose address is set
 * @offset: where it begins in a Xen page
 *
 * To be followed by grant_bounce_copy_in().
 *
 * Context: Any.
 * Return: false when too little is left there.
 */
bool grant_map_begin_pooled(struct device *dev, struct grant_mapping *mapping,
			    unsigned int offset)
{
	struct grant_pool *pool =
		to_grant_device(dev)->pools[grant_slot_use(mapping->dir)];
	grant_ref_t first = 0;

	if (pool)
		first = grant_pool_alloc(pool, grant_dma_pages(offset, mapping->size));
	mapping->addr = grant_dma_addr(first, offset);
	mapping->pooled = true;
	return first;
}

/* When nothing is left elsewhere. */
static noinline dma_addr_t map_pooled(struct device *dev,
				      struct grant_backend *backend,
				      phys_addr_t phys, size_t size,
				      enum dma_data_direction dir,
				      unsigned long attrs)
{
	struct grant_mapping mapping = { backend, 0, size, dir, attrs };

	if (!grant_map_begin_pooled(dev, &mapping, xen_offset_in_page(phys)))
		return DMA_MAPPING_ERROR;
	grant_bounce_copy_in(&mapping, mapping.addr, phys, size);
	return mapping.addr;
}

static __always_inline dma_addr_t map(struct device *dev,
				      struct grant_backend *backend,
				      phys_addr_t phys, size_t size,
				      enum dma_data_direction dir,
				      unsigned long attrs)
{
	bool copy = grant_bounce_needed(backend, phys, size);
	dma_addr_t addr;

	if (copy && grant_slot_fits(dev, phys, size))
		addr = grant_slot_map(dev, backend, phys, size, dir, attrs);
	else
		addr = map_pages(backend, phys, size, dir, attrs, copy);
	if (likely(addr != DMA_MAPPING_ERROR))
		return addr;
	return map_pooled(dev, backend, phys, size, dir, attrs);
}

/**
 * grant_map() - map a buffer
 * @dev: the device
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes, more than 0
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: its DMA address; or DMA_MAPPING_ERROR when it has more than
 * GRANT_RANGE_MAX pages, or when memory or references have run out, the device's
 * own ones, too.
 */
dma_addr_t grant_map(struct device *dev, struct grant_backend *backend,
		     phys_addr_t phys, size_t size, enum dma_data_direction dir,
		     unsigned long attrs)
{
	return map(dev, backend, phys, size, dir, attrs);
}

/* As dma_map_phys() demands it. */
dma_addr_t grant_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	bool possible = size && size <= GRANT_RANGE_MAX << XEN_PAGE_SHIFT &&
			grant_device_mask_fits(dev, *dev->dma_mask) &&
			grant_map_possible(phys, attrs);
	struct grant_device *gdev = to_grant_device(dev);
	dma_addr_t addr = DMA_MAPPING_ERROR;

	if (likely(possible))
		addr = map(dev, gdev->backend, phys, size, dir, attrs);
	if (unlikely(addr == DMA_MAPPING_ERROR)) {
		if (attrs & DMA_ATTR_MMIO)
			dev_err_ratelimited(dev, "can't grant MMIO at %pap\n",
					    &phys);
		grant_device_count_failure(gdev);
		return addr;
	}
	grant_device_count(gdev, grant_dma_pages(addr, size));
	trace_xen_grant_dma_map(dev, addr, size, dir);
	return addr;
}

/* Of a mapping that has copies. */
static noinline void unmap_parts(struct grant_mapping *mapping,
				 unsigned int pages)
{
	LIST_HEAD(slot_pages);

	grant_bounce_copy_out(mapping, pages, &slot_pages);
	grant_backend_end(mapping->backend, xen_grant_dma_ref(mapping->addr), pages,
			  true);
	grant_bounce_free(&slot_pages);
}

static void unmap_pooled(struct grant_mapping *mapping, struct grant_pool *pool,
			 unsigned int pages)
{
	grant_bounce_end_pooled(mapping, pages);
	grant_pool_free(pool, xen_grant_dma_ref(mapping->addr), pages);
}

/* Of a mapping that begins with a copy. */
static noinline unsigned int unmap_copy(struct grant_mapping *mapping, bool *right)
{
	grant_ref_t ref = xen_grant_dma_ref(mapping->addr);
	struct grant_slot_page *page =
		grant_ref_page(mapping->backend->ranges, ref);
	const struct grant_copy *copy;
	unsigned int pages;

	if (!page)
		return 0;
	copy = grant_slot_copy(page, mapping->addr);
	if (copy->addr != mapping->addr || !copy->size)
		return 0;
	*right = copy->size == mapping->size;
	pages = grant_dma_pages(mapping->addr, copy->size);
	/* The references of a range grant pages of slots, but not for good. */
	if (page->ref != ref)
		unmap_parts(mapping, pages);
	else if (page->pool)
		unmap_pooled(mapping, page->pool, pages);
	else
		grant_bounce_end_slot(mapping, page);
	return pages;
}

static __always_inline unsigned int unmap(struct grant_backend *backend,
					  dma_addr_t addr, size_t size,
					  enum dma_data_direction dir,
					  unsigned long attrs, bool *right)
{
	struct grant_mapping mapping = { backend, addr, size, dir, attrs };
	grant_ref_t first = xen_grant_dma_ref(addr);
	union grant_ref_info *info;
	unsigned int pages;

	*right = false;
	if (unlikely(!grant_ref_exists(backend->ranges, addr)))
		return 0;
	info = &backend->ranges->info[first];
	if ((info->kind & GRANT_REF_KIND) != GRANT_REF_MAPPING)
		return unmap_copy(&mapping, right);

	pages = info->kind >> GRANT_REF_COUNT_SHIFT;
	*right = pages == grant_dma_pages(addr, size);
	if (unlikely(info->kind & GRANT_REF_COPIES)) {
		unmap_parts(&mapping, pages);
		return pages;
	}
	info->page = NULL;
	grant_backend_end(backend, first, pages, true);
	return pages;
}

/**
 * grant_unmap() - end a mapping
 * @backend: the backend that has access
 * @addr: DMA address, from grant_map() or of a segment from grant_sg_map()
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
void grant_unmap(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, unsigned long attrs)
{
	bool right;

	unmap(backend, addr, size, dir, attrs, &right);
}

/* As dma_unmap_phys() demands it. What is mapped ends, whatever size is given. */
void grant_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	unsigned int pages;
	bool right;

	trace_xen_grant_dma_unmap(dev, addr, size, dir);
	pages = unmap(gdev->backend, addr, size, dir, attrs, &right);
	if (unlikely(!pages))
		grant_device_misused(gdev, "are unmapped, where no mapping begins",
				     addr, size);
	else if (unlikely(!right))
		grant_device_misused(gdev, "are unmapped, which is not all of the mapping",
				     addr, size);
	grant_device_count(gdev, -(int)pages);
}
