// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies of what must not be granted itself: parts of a buffer that share a Xen page
 * with other memory of the guest, memory that can't be kept from reuse, or, with
 * full isolation, everything.
 *
 * A buffer that fits is copied to one slot. Of a longer one just those Xen pages are
 * copied that have to be, to slots of a page each. These pages are granted once
 * more, by references of the buffer's range, so that it stays one range of DMA
 * addresses.
 *
 * Where nothing is left for a buffer, all of it is copied to its device's pool, whose
 * references are the mapping's then.
 *
 * A slot is the backend's to read, and perhaps to write, at any time. It holds
 * memory of the guest as long as a mapping lets the device read that. Before the
 * device writes, it is filled with a byte that no driver takes for success: a zero
 * would be virtio's status of a request that went well.
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

/* What the device did not write. */
#define BOUNCE_UNWRITTEN	0xff

static void copy(void *slot, phys_addr_t phys, size_t size, bool to_slot)
{
	struct page *page;
	size_t step;

	for (; size; size -= step, phys += step, slot += step) {
		page = pfn_to_page(PHYS_PFN(phys));
		step = min(size, PAGE_SIZE - offset_in_page(phys));
		if (to_slot)
			memcpy_from_page(slot, page, offset_in_page(phys), step);
		else
			memcpy_to_page(page, offset_in_page(phys), slot, step);
	}
}

static void copy_in(void *slot, phys_addr_t phys, size_t size,
		    enum dma_data_direction dir, unsigned long attrs)
{
	if (dir == DMA_FROM_DEVICE)
		memset(slot, BOUNCE_UNWRITTEN, size);
	else if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		copy(slot, phys, size, true);
}

/* Bytes of a buffer in the Xen page in which it begins. */
static size_t part_of(u64 addr, size_t size)
{
	return min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
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

	if (unlikely(!grant_slot_alloc(backend->slots, grant_slot_use(dir),
				       grant_slot_size(dev, phys, size), &slot)))
		return DMA_MAPPING_ERROR;
	copy_in(slot.vaddr + offset, phys, size, dir, attrs);
	*slot.copy = (struct grant_copy) {
		.origin = phys - offset,
		.addr = slot.addr + offset,
		.size = size,
		.dir = dir,
	};
	return slot.addr + offset;
}

/* The page to which the part of a buffer at a DMA address is copied, or NULL. */
static struct grant_slot_page *page_for_part(const struct grant_mapping *mapping,
					     dma_addr_t addr)
{
	struct grant_backend *backend = mapping->backend;
	union grant_ref_info *info = &backend->ranges->info[xen_grant_dma_ref(addr)];
	struct grant_slot slot;

	if (mapping->pooled)
		return info->page;
	if (!grant_slot_alloc(backend->slots, grant_slot_use(mapping->dir),
			      XEN_PAGE_SIZE, &slot))
		return NULL;
	info->page = slot.page;
	return slot.page;
}

/**
 * grant_bounce_copy_in() - copy what of a buffer must not be granted itself
 * @mapping: the mapping; if it is not pooled, none of its references grants anything
 *	yet
 * @addr: DMA address of the buffer, of which the mapping may have several
 * @phys: where it begins
 * @size: bytes
 *
 * Context: Any.
 * Return: 0; or -ENOMEM when memory or references have run out, then there may be
 * copies for grant_bounce_cancel(). A pooled mapping has all that it takes.
 */
int grant_bounce_copy_in(struct grant_mapping *mapping, dma_addr_t addr,
			 phys_addr_t phys, size_t size)
{
	struct grant_slot_page *page;
	unsigned int offset;
	size_t part;

	for (; size; size -= part, phys += part, addr += part) {
		part = part_of(phys, size);
		offset = xen_offset_in_page(phys);
		if (!mapping->pooled && part == XEN_PAGE_SIZE &&
		    !grant_bounce_copies_whole(mapping->backend,
					       pfn_folio(PHYS_PFN(phys))))
			continue;
		page = page_for_part(mapping, addr);
		if (!page)
			return -ENOMEM;
		copy_in(page->vaddr + offset, phys, part, mapping->dir,
			mapping->attrs);
		*grant_slot_copy(page, addr) = (struct grant_copy) {
			.origin = phys - offset,
			.addr = mapping->addr,
			.size = mapping->size,
			.dir = mapping->dir,
		};
		mapping->copies = true;
	}
	return 0;
}

/* Takes the page of slots out of what is known of a reference, if there is one. */
static struct grant_slot_page *take_page(struct grant_backend *backend,
					 grant_ref_t ref)
{
	struct grant_slot_page *page = grant_ref_page(backend->ranges, ref);

	backend->ranges->info[ref].page = NULL;
	return page;
}

/**
 * grant_bounce_cancel() - free copies and references of a mapping that is not made
 * @mapping: the mapping, none of whose references grants anything
 *
 * Context: Any.
 */
void grant_bounce_cancel(const struct grant_mapping *mapping)
{
	unsigned int count = grant_dma_pages(mapping->addr, mapping->size), i;
	grant_ref_t first = xen_grant_dma_ref(mapping->addr);
	struct grant_slot_page *page;

	for (i = 0; i < count; i++) {
		page = take_page(mapping->backend, first + i);
		if (!page)
			continue;
		memset(page->vaddr, 0, XEN_PAGE_SIZE);
		grant_slot_free(page, 0);
	}
	grant_range_free(mapping->backend->ranges, first, count);
}

/**
 * grant_bounce_grant() - grant a buffer of which parts were copied
 * @mapping: the mapping
 * @addr: as for grant_bounce_copy_in()
 * @phys: where the buffer begins
 * @size: bytes
 *
 * Context: Any.
 */
void grant_bounce_grant(const struct grant_mapping *mapping, dma_addr_t addr,
			phys_addr_t phys, size_t size)
{
	const struct grant_ranges *ranges = mapping->backend->ranges;
	unsigned int left = grant_dma_pages(phys, size), count;
	bool readonly = mapping->dir == DMA_TO_DEVICE;
	unsigned long pfn = XEN_PFN_DOWN(phys);
	grant_ref_t ref = xen_grant_dma_ref(addr);
	const struct grant_slot_page *page;

	if (!mapping->copies) {
		grant_table_grant(ref, mapping->backend->domid, pfn, left,
				  readonly);
		return;
	}
	for (; left; left -= count, ref += count, pfn += count) {
		page = grant_ref_page(ranges, ref);
		count = 1;
		while (!page && count < left &&
		       !grant_ref_page(ranges, ref + count))
			count++;
		grant_table_grant(ref, mapping->backend->domid,
				  page ? XEN_PFN_DOWN(virt_to_phys(page->vaddr)) : pfn,
				  count, readonly);
	}
}

/**
 * grant_bounce_note() - note that a mapping of which parts may be copied was made
 * @mapping: the mapping
 *
 * Context: Any.
 */
void grant_bounce_note(const struct grant_mapping *mapping)
{
	struct grant_ranges *ranges = mapping->backend->ranges;
	grant_ref_t first = xen_grant_dma_ref(mapping->addr);

	/* A page of slots knows the mapping. */
	if (!grant_ref_page(ranges, first))
		grant_ref_set_mapping(ranges, first,
				      grant_dma_pages(mapping->addr, mapping->size),
				      mapping->copies);
}

/* Copies bytes between a page of slots and the memory that they stand for. */
static void copy_bytes(struct grant_slot_page *page, dma_addr_t from,
		       dma_addr_t to, bool to_slot)
{
	if (from < to)
		copy(page->vaddr + xen_offset_in_page(from),
		     grant_slot_origin(page, from), to - from, to_slot);
}

/*
 * Gives the CPU what the device wrote into the Xen page at an address, but for what
 * it was given before: that may have been checked, and must not change any more.
 */
static void end_copy(struct grant_slot_page *page, dma_addr_t addr,
		     const struct grant_mapping *mapping)
{
	struct grant_copy *copy = grant_slot_copy(page, addr);
	dma_addr_t base = addr - xen_offset_in_page(addr);
	dma_addr_t from = max(copy->addr, base);
	dma_addr_t to = min(copy->addr + copy->size, base + XEN_PAGE_SIZE);
	dma_addr_t rest = from;

	if (copy->dir != DMA_TO_DEVICE && mapping->dir != DMA_TO_DEVICE &&
	    !(mapping->attrs & DMA_ATTR_SKIP_CPU_SYNC)) {
		if (copy->cpu_to) {
			copy_bytes(page, from, base + copy->cpu_from, false);
			rest = base + copy->cpu_to;
		}
		copy_bytes(page, rest, to, false);
	}
	if (copy->dir != DMA_FROM_DEVICE)
		memset(page->vaddr + xen_offset_in_page(from), 0, to - from);
}

/**
 * grant_bounce_end_slot() - end a mapping that is one slot
 * @mapping: the mapping
 * @page: the slot's page
 *
 * Context: Any.
 */
void grant_bounce_end_slot(const struct grant_mapping *mapping,
			   struct grant_slot_page *page)
{
	end_copy(page, mapping->addr, mapping);
	grant_slot_free(page, mapping->addr);
}

/**
 * grant_bounce_copy_out() - copy back what was copied, and collect the slots
 * @mapping: the mapping
 * @pages: its Xen pages
 * @slot_pages: list to which the slots' pages are added
 *
 * To be followed by the end of the references, and then by grant_bounce_free():
 * as long as they may grant access, the slots must not be free.
 *
 * Context: Any.
 */
void grant_bounce_copy_out(const struct grant_mapping *mapping,
			   unsigned int pages, struct list_head *slot_pages)
{
	dma_addr_t addr = mapping->addr;
	struct grant_slot_page *page;

	for (; pages--; addr += XEN_PAGE_SIZE) {
		page = take_page(mapping->backend, xen_grant_dma_ref(addr));
		if (!page)
			continue;
		end_copy(page, addr, mapping);
		list_add(&page->node, slot_pages);
	}
}

/**
 * grant_bounce_free() - free slots that no other reference grants any more
 * @slot_pages: list from grant_bounce_copy_out()
 *
 * Context: Any.
 */
void grant_bounce_free(struct list_head *slot_pages)
{
	struct grant_slot_page *page, *next;

	list_for_each_entry_safe(page, next, slot_pages, node)
		grant_slot_free(page, 0);
}

/**
 * grant_bounce_end_pooled() - end a mapping that was copied to a pool
 * @mapping: the mapping
 * @pages: its Xen pages, to be freed by grant_pool_free() then
 *
 * Context: Any.
 */
void grant_bounce_end_pooled(const struct grant_mapping *mapping,
			     unsigned int pages)
{
	dma_addr_t addr = mapping->addr;
	struct grant_slot_page *page;

	for (; pages--; addr += XEN_PAGE_SIZE) {
		page = grant_ref_page(mapping->backend->ranges,
				      xen_grant_dma_ref(addr));
		end_copy(page, addr, mapping);
		grant_slot_copy(page, addr)->size = 0;
	}
}

/* Notes that the CPU has bytes of a slot. */
static void given_to_cpu(struct grant_copy *copy, u16 from, u16 to)
{
	if (copy->cpu_to && from <= copy->cpu_to && to >= copy->cpu_from) {
		from = min(from, copy->cpu_from);
		to = max(to, copy->cpu_to);
	}
	copy->cpu_from = from;
	copy->cpu_to = to;
}

/* Notes that the device has bytes of a slot. */
static void given_to_device(struct grant_copy *copy, u16 from, u16 to)
{
	if (from > copy->cpu_from)
		copy->cpu_to = min(copy->cpu_to, from);
	else
		copy->cpu_from = max(copy->cpu_from, to);
	if (copy->cpu_from >= copy->cpu_to)
		copy->cpu_to = 0;
}

static void sync_part(struct grant_slot_page *page, struct grant_copy *copy,
		      dma_addr_t addr, size_t size, enum dma_data_direction dir,
		      bool for_device)
{
	u16 from = xen_offset_in_page(addr), to = from + size;

	if (for_device) {
		if (dir != DMA_FROM_DEVICE && copy->dir != DMA_FROM_DEVICE)
			copy_bytes(page, addr, addr + size, true);
		given_to_device(copy, from, to);
	} else if (dir != DMA_TO_DEVICE && copy->dir != DMA_TO_DEVICE) {
		copy_bytes(page, addr, addr + size, false);
		given_to_cpu(copy, from, to);
	}
}

/**
 * grant_bounce_sync() - let the device or the CPU see what the other one wrote
 * @backend: the backend
 * @addr: DMA address within a mapping
 * @size: bytes
 * @dir: direction
 * @for_device: whether it is the device that will see
 *
 * Nothing beside the mapping is touched.
 *
 * Context: Any.
 * Return: false if there are bytes of another mapping, or of none.
 */
bool grant_bounce_sync(struct grant_backend *backend, dma_addr_t addr,
		       size_t size, enum dma_data_direction dir,
		       bool for_device)
{
	const struct grant_ranges *ranges = backend->ranges;
	struct grant_slot_page *page;
	dma_addr_t start = addr;
	struct grant_copy *copy;
	bool right = true;
	size_t part, left;

	for (; size; size -= part, addr += part) {
		part = part_of(addr, size);
		if (!grant_ref_exists(ranges, addr))
			return false;
		page = grant_ref_page(ranges, xen_grant_dma_ref(addr));
		if (!page)
			continue;
		copy = grant_slot_copy(page, addr);
		if (start < copy->addr || addr >= copy->addr + copy->size)
			return false;
		/* The mapping's end is known now; what is behind it is others'. */
		left = copy->addr + copy->size - addr;
		if (size > left) {
			size = left;
			part = min(part, left);
			right = false;
		}
		sync_part(page, copy, addr, part, dir, for_device);
	}
	return right;
}
