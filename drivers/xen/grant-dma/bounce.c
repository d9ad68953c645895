// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of what must not be granted itself: parts of a buffer that share a Xen page
 * with other memory of the guest, and memory of a slab.
 *
 * A buffer below a Xen page is copied to a slot. Of a longer one just head and tail
 * are copied, to slots of a page each. These pages are granted once more, by the
 * first and the last reference of the buffer's range, so that it stays one range
 * of DMA addresses.
 *
 * A slot is the backend's to read, and perhaps to write, at any time. It holds a copy
 * of what the device may read as long as that is mapped, and is zero otherwise, but
 * for what the backend itself wrote. So what is copied back and was not written
 * is zero, never a part of another mapping.
 */

#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/string.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "bounce.h"
#include "slot.h"
#include "table.h"

static void copy(void *slot, phys_addr_t phys, size_t size, bool to_slot)
{
	size_t offset, step;
	void *memory;

	for (; size; size -= step, phys += step, slot += step) {
		offset = offset_in_page(phys);
		step = min(size, PAGE_SIZE - offset);
		memory = kmap_local_page(pfn_to_page(PHYS_PFN(phys)));
		if (to_slot)
			memcpy(slot, memory + offset, step);
		else
			memcpy(memory + offset, slot, step);
		kunmap_local(memory);
	}
}

static void copy_in(void *slot, phys_addr_t phys, size_t size,
		    enum dma_data_direction dir, unsigned long attrs)
{
	if (dir != DMA_FROM_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		copy(slot, phys, size, true);
}

static void copy_out(void *slot, phys_addr_t phys, size_t size,
		     enum dma_data_direction dir, unsigned long attrs)
{
	if (dir != DMA_TO_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		copy(slot, phys, size, false);
	memset(slot, 0, size);
}

static enum grant_slot_use slot_use(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE ? GRANT_SLOT_READONLY : GRANT_SLOT_WRITABLE;
}

/* The page of slots that a reference grants, or NULL. */
static struct grant_slot_page **slot_page(struct grant_backend *backend,
					  grant_ref_t ref)
{
	return &backend->ranges->info[ref].page;
}

/* Bytes of a buffer in the Xen page in which it begins. */
static size_t part_of(u64 addr, size_t size)
{
	return min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
}

/*
 * No count of its own would keep memory of a slab from reuse when the backend still
 * uses it after the mapping's end.
 */
static bool is_slab(phys_addr_t phys)
{
	return PageSlab(pfn_to_page(PHYS_PFN(phys)));
}

/**
 * grant_bounce_needed() - whether a buffer, or a part of it, has to be copied
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes
 *
 * Context: Any.
 */
bool grant_bounce_needed(const struct grant_backend *backend, phys_addr_t phys,
			 size_t size)
{
	phys_addr_t end = phys + size;

	if (!backend->slots)
		return false;
	if (xen_offset_in_page(phys | size))
		return true;
	for (; phys < end; phys += PAGE_SIZE)
		if (is_slab(phys))
			return true;
	return size && is_slab(end - 1);
}

/* What a buffer takes of a slot, whose start is a multiple of its size. */
static size_t slot_size(struct device *dev, phys_addr_t phys, size_t size)
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
bool grant_slot_fits(struct device *dev, phys_addr_t phys, size_t size)
{
	return size < XEN_PAGE_SIZE &&
	       slot_size(dev, phys, size) <= XEN_PAGE_SIZE;
}

/**
 * grant_slot_map() - copy a buffer that grant_slot_fits() to a slot
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
dma_addr_t grant_slot_map(struct device *dev, struct grant_backend *backend,
			  phys_addr_t phys, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int offset = phys & dma_get_min_align_mask(dev);
	struct grant_slot slot;

	if (unlikely(!grant_slot_alloc(backend->slots, slot_use(dir),
				       slot_size(dev, phys, size),
				       phys - offset, &slot)))
		return DMA_MAPPING_ERROR;
	copy_in(slot.vaddr + offset, phys, size, dir, attrs);
	return slot.addr + offset;
}

/* Copies back, and clears, the bytes of one slot. */
static void part_copy_out(struct grant_slot_page *page, dma_addr_t addr,
			  size_t size, enum dma_data_direction dir,
			  unsigned long attrs)
{
	copy_out(page->vaddr + xen_offset_in_page(addr),
		 grant_slot_origin(page, addr), size, dir, attrs);
}

/**
 * grant_slot_unmap() - end a mapping if that is a slot
 * @backend: the backend
 * @addr: DMA address of a mapping
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: whether it is one, and so has ended.
 */
bool grant_slot_unmap(struct grant_backend *backend, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir,
		      unsigned long attrs)
{
	grant_ref_t ref = grant_dma_ref(addr);
	struct grant_slot_page *page = *slot_page(backend, ref);

	/* The references of a range grant pages of slots, but not for good. */
	if (!page || page->ref != ref)
		return false;
	part_copy_out(page, addr, size, dir, attrs);
	grant_slot_free(page, addr);
	return true;
}

/**
 * grant_bounce_copy_in() - copy what of a buffer must not be granted itself
 * @backend: the backend that gets access
 * @first: first reference of as many as the buffer has pages, none granted yet
 * @phys: where the buffer begins
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: 0; or -ENOMEM when memory or references have run out, then there may be
 * copies for grant_bounce_forget().
 */
int grant_bounce_copy_in(struct grant_backend *backend, grant_ref_t first,
			 phys_addr_t phys, size_t size,
			 enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int offset = xen_offset_in_page(phys);
	struct grant_slot slot;
	size_t part;

	for (; size; size -= part, phys += part, first++, offset = 0) {
		part = part_of(phys, size);
		if (part == XEN_PAGE_SIZE && !is_slab(phys))
			continue;
		if (!grant_slot_alloc(backend->slots, slot_use(dir),
				      XEN_PAGE_SIZE, phys - offset, &slot))
			return -ENOMEM;
		copy_in(slot.vaddr + offset, phys, part, dir, attrs);
		*slot_page(backend, first) = slot.page;
	}
	return 0;
}

/**
 * grant_bounce_forget() - free the copies of a buffer that was not granted
 * @backend: the backend
 * @first: first reference, as for grant_bounce_copy_in()
 * @count: how many there are
 *
 * Context: Any.
 */
void grant_bounce_forget(struct grant_backend *backend, grant_ref_t first,
			 unsigned int count)
{
	struct grant_slot_page **page;

	for (; count; count--, first++) {
		page = slot_page(backend, first);
		if (!*page)
			continue;
		memset((*page)->vaddr, 0, XEN_PAGE_SIZE);
		grant_slot_free(*page, 0);
		*page = NULL;
	}
}

/**
 * grant_bounce_grant() - grant a buffer of which parts were copied
 * @backend: the backend that gets access
 * @first: first reference, as for grant_bounce_copy_in()
 * @phys: where the buffer begins
 * @size: bytes
 * @readonly: refuse write access
 *
 * Context: Any.
 */
void grant_bounce_grant(struct grant_backend *backend, grant_ref_t first,
			phys_addr_t phys, size_t size, bool readonly)
{
	unsigned int left = grant_dma_pages(phys, size), count;
	unsigned long pfn = XEN_PFN_DOWN(phys);
	const struct grant_slot_page *page;

	for (; left; left -= count, first += count, pfn += count) {
		page = *slot_page(backend, first);
		count = 1;
		while (!page && count < left && !*slot_page(backend, first + count))
			count++;
		grant_table_grant(first, backend->domid,
				  page ? XEN_PFN_DOWN(virt_to_phys(page->vaddr)) : pfn,
				  count, readonly);
	}
}

/**
 * grant_bounce_copy_out() - copy back what was copied, and collect the slots
 * @backend: the backend
 * @addr: DMA address of the buffer
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 * @pages: list to which the slots' pages are added
 *
 * To be followed by the end of the references, and then by grant_bounce_free():
 * as long as they may grant access, the slots must not be free.
 *
 * Context: Any.
 */
void grant_bounce_copy_out(struct grant_backend *backend, dma_addr_t addr,
			   size_t size, enum dma_data_direction dir,
			   unsigned long attrs, struct list_head *pages)
{
	struct grant_slot_page **page;
	size_t part;

	for (; size; size -= part, addr += part) {
		part = part_of(addr, size);
		page = slot_page(backend, grant_dma_ref(addr));
		if (!*page)
			continue;
		part_copy_out(*page, addr, part, dir, attrs);
		list_add(&(*page)->node, pages);
		*page = NULL;
	}
}

/**
 * grant_bounce_free() - free slots that no other reference grants any more
 * @pages: list from grant_bounce_copy_out()
 *
 * Context: Any.
 */
void grant_bounce_free(struct list_head *pages)
{
	struct grant_slot_page *page, *next;

	list_for_each_entry_safe(page, next, pages, node)
		grant_slot_free(page, 0);
}

static void sync(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 bool for_device)
{
	struct grant_slot_page *page;
	size_t part;

	if (!backend->slots)
		return;
	for (; size; size -= part, addr += part) {
		part = part_of(addr, size);
		page = *slot_page(backend, grant_dma_ref(addr));
		if (page)
			copy(page->vaddr + xen_offset_in_page(addr),
			     grant_slot_origin(page, addr), part, for_device);
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
	if (dir != DMA_TO_DEVICE)
		sync(backend, addr, size, false);
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
	if (dir != DMA_FROM_DEVICE)
		sync(backend, addr, size, true);
}
