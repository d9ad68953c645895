// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers of more than a Xen page, or at the end of one, that don't fill their
 * Xen pages.
 *
 * Just the head and the tail are copied, to pages of the pool that are granted
 * once more, by the first and the last reference of the buffer's run, so that it
 * stays one range of DMA addresses. Memory of a slab is copied whole.
 */

#include <linux/list.h>
#include <linux/minmax.h>

#include "bounce.h"
#include "copy.h"
#include "small.h"
#include "table.h"

/* Bytes of a buffer in the Xen page in which it begins. */
static size_t part_of(u64 addr, size_t size)
{
	return min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
}

static int bounce_begin(struct grant_backend *backend, grant_ref_t ref,
			phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int offset = xen_offset_in_page(phys);
	struct grant_ranges *ranges = backend->ranges;
	struct grant_pool_page *page;
	u32 slot;

	slot = grant_slot_alloc(backend->pool, ranges, grant_slot_use(dir),
				XEN_PAGE_SHIFT);
	if (!slot)
		return -ENOMEM;

	page = ranges->bounces[grant_slot_ref(slot)];
	page->slots[0].origin = phys - offset;
	grant_copy_in(page->vaddr + offset, phys, size, dir, attrs);
	WRITE_ONCE(ranges->bounces[ref], page);
	return 0;
}

static void bounce_end(struct grant_backend *backend, dma_addr_t addr,
		       size_t size, enum dma_data_direction dir,
		       unsigned long attrs, struct list_head *pages)
{
	struct grant_pool_page **bounce =
		&backend->ranges->bounces[grant_dma_ref(addr)];
	struct grant_pool_page *page = *bounce;

	if (!page)
		return;
	grant_copy_out(page->vaddr + xen_offset_in_page(addr),
		       grant_slot_origin(page, addr), size, dir, attrs);
	WRITE_ONCE(*bounce, NULL);
	list_add(&page->node, pages);
}

/**
 * grant_bounce_begin() - copy what of a buffer must not be granted itself
 * @backend: the backend that gets access
 * @first: first reference of as many as the buffer has pages, none granted yet
 * @phys: where the buffer begins
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when memory or references have run out.
 */
int grant_bounce_begin(struct grant_backend *backend, grant_ref_t first,
		       phys_addr_t phys, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	bool all = PageSlab(pfn_to_page(PHYS_PFN(phys)));
	dma_addr_t start = grant_dma_addr(first, xen_offset_in_page(phys));
	size_t done = 0, part;
	LIST_HEAD(pages);

	for (; done < size; done += part) {
		part = part_of(phys + done, size - done);
		if ((part < XEN_PAGE_SIZE || all) &&
		    bounce_begin(backend, grant_dma_ref(start + done),
				 phys + done, part, dir, attrs)) {
			grant_bounce_end(backend, start, done, dir,
					 DMA_ATTR_SKIP_CPU_SYNC, &pages);
			grant_bounce_free(backend, &pages);
			return -ENOMEM;
		}
	}
	return 0;
}

/**
 * grant_bounce_grant() - grant a buffer of which parts were copied
 * @backend: the backend that gets access
 * @first: first reference, as for grant_bounce_begin()
 * @phys: where the buffer begins
 * @size: bytes
 * @readonly: refuse write access
 *
 * Context: Any.
 */
void grant_bounce_grant(struct grant_backend *backend, grant_ref_t first,
			phys_addr_t phys, size_t size, bool readonly)
{
	unsigned long count = grant_dma_pages(phys, size), pfn, i;
	const struct grant_pool_page *page;

	for (i = 0; i < count; i++) {
		page = backend->ranges->bounces[first + i];
		pfn = page ? XEN_PFN_DOWN(virt_to_phys(page->vaddr)) :
			     XEN_PFN_DOWN(phys) + i;
		grant_table_grant(first + i, backend->domid, pfn, 1, readonly);
	}
}

/**
 * grant_bounce_end() - copy back what was copied
 * @backend: the backend
 * @addr: DMA address of the buffer
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 * @pages: list to which the bounce memory is added
 *
 * To be followed by the end of the references, and then by grant_bounce_free():
 * as long as they may grant access, they tell what is behind them, and what is
 * behind them must not be free.
 *
 * Context: Any.
 */
void grant_bounce_end(struct grant_backend *backend, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir,
		      unsigned long attrs, struct list_head *pages)
{
	size_t part;

	for (; size; size -= part, addr += part) {
		part = part_of(addr, size);
		bounce_end(backend, addr, part, dir, attrs, pages);
	}
}

/**
 * grant_bounce_free() - free bounce memory that no other reference grants any more
 * @backend: the backend
 * @pages: list from grant_bounce_end()
 *
 * Context: Any.
 */
void grant_bounce_free(struct grant_backend *backend, struct list_head *pages)
{
	struct grant_pool_page *page, *next;

	list_for_each_entry_safe(page, next, pages, node)
		grant_slot_free(backend->pool, page, grant_slot_of(page->ref, 0));
}

/**
 * grant_bounce_map() - map a buffer of which parts have to be copied
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
dma_addr_t grant_bounce_map(struct grant_backend *backend, phys_addr_t phys,
			    size_t size, enum dma_data_direction dir,
			    unsigned long attrs)
{
	unsigned long pages = grant_dma_pages(phys, size);
	grant_ref_t first = grant_backend_alloc(backend, pages);

	if (!first)
		return DMA_MAPPING_ERROR;
	if (grant_bounce_begin(backend, first, phys, size, dir, attrs)) {
		grant_range_free(backend->ranges, first, pages);
		return DMA_MAPPING_ERROR;
	}
	grant_bounce_grant(backend, first, phys, size, dir == DMA_TO_DEVICE);
	return grant_dma_addr(first, xen_offset_in_page(phys));
}

/**
 * grant_bounce_unmap() - end what grant_bounce_map() began
 * @backend: the backend
 * @addr: DMA address
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
void grant_bounce_unmap(struct grant_backend *backend, dma_addr_t addr,
			size_t size, enum dma_data_direction dir,
			unsigned long attrs)
{
	LIST_HEAD(pages);

	grant_bounce_end(backend, addr, size, dir, attrs, &pages);
	grant_backend_end(backend, grant_dma_ref(addr),
			  grant_dma_pages(addr, size));
	grant_bounce_free(backend, &pages);
}

static void bounce_sync(struct grant_backend *backend, dma_addr_t addr,
			size_t size, bool for_cpu)
{
	struct grant_pool_page *page;
	void *bounce;
	size_t step;

	for (; size; size -= step, addr += step) {
		step = part_of(addr, size);
		page = backend->ranges->bounces[grant_dma_ref(addr)];
		if (!page)
			continue;
		bounce = page->vaddr + xen_offset_in_page(addr);
		if (for_cpu)
			grant_copy_to(grant_slot_origin(page, addr), bounce, step);
		else
			grant_copy_from(bounce, grant_slot_origin(page, addr), step);
	}
}

/**
 * grant_bounce_sync_for_cpu() - let the CPU see what the device wrote
 * @backend: the backend
 * @addr: DMA address within a mapping
 * @size: bytes
 * @dir: direction
 *
 * Context: Any.
 */
void grant_bounce_sync_for_cpu(struct grant_backend *backend, dma_addr_t addr,
			       size_t size, enum dma_data_direction dir)
{
	if (backend->pool && dir != DMA_TO_DEVICE)
		bounce_sync(backend, addr, size, true);
}

/**
 * grant_bounce_sync_for_device() - let the device see what the CPU wrote
 * @backend: the backend
 * @addr: DMA address within a mapping
 * @size: bytes
 * @dir: direction
 *
 * Context: Any.
 */
void grant_bounce_sync_for_device(struct grant_backend *backend,
				  dma_addr_t addr, size_t size,
				  enum dma_data_direction dir)
{
	if (backend->pool && dir != DMA_FROM_DEVICE)
		bounce_sync(backend, addr, size, false);
}
