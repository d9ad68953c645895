// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of buffers: by granting their pages, by a copy of all, or by copies of
 * some parts.
 *
 * With isolation by page, all pages are granted. Otherwise three things are copied:
 * parts that share a Xen page with other memory of the guest; memory that can't be
 * kept from reuse; and with full isolation, everything. A buffer that fits is copied to
 * one slot. Of a longer one just those Xen pages are copied that have to be, to slots
 * of a page each. These pages are granted once more, by references of the buffer's
 * range, so that it stays one range of DMA addresses. Where nothing is left for a
 * buffer, all of it is copied to its device's pool, whose references are the mapping's
 * then.
 *
 * A slot is the backend's to read, and perhaps to write, at any time. It holds
 * memory of the guest as long as a mapping lets the device read that. Before the
 * device writes, it is filled with a byte that no driver takes for success: a zero
 * would be virtio's status of a request that went well.
 *
 * Functions of other files that every mapping needs are inline, because a call costs
 * a percent or more of a mapping. Those that are not are needed by some mappings only.
 */

#include <linux/dma-mapping.h>
#include <linux/highmem.h>
#include <linux/list.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/string.h>

#include <xen/page.h>

#include "backend.h"
#include "device.h"
#include "mapping.h"
#include "pool.h"
#include "slot.h"
#include "table.h"
#include "trace.h"

/* Of a copy, bytes that the device did not write. */
#define UNWRITTEN	0xff

/**
 * struct grant_mapping - a mapping
 * @backend: the backend that has access
 * @addr: DMA address
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 */
struct grant_mapping {
	struct grant_backend *backend;
	dma_addr_t addr;
	size_t size;
	enum dma_data_direction dir;
	unsigned long attrs;
};

/* An entry without a length need not have a page. */
static phys_addr_t entry_phys(struct scatterlist *sg)
{
	return sg->length ? sg_phys(sg) : 0;
}

/*
 * Whether Xen pages must be copied though the buffer fills them. Without a count of
 * its own memory can't be kept from reuse when the backend still uses it after the
 * mapping's end. The count of a slab, where it has one, does not keep its objects.
 */
static inline bool must_copy_whole(const struct grant_backend *backend,
				   struct folio *folio)
{
	return backend->copy_all || folio_test_slab(folio) ||
	       !folio_ref_count(folio);
}

static noinline bool must_copy_any(const struct grant_backend *backend,
				   phys_addr_t phys, phys_addr_t end)
{
	struct folio *folio;

	for (; phys < end; phys = PFN_PHYS(folio_pfn(folio) + folio_nr_pages(folio))) {
		folio = pfn_folio(PHYS_PFN(phys));
		if (must_copy_whole(backend, folio))
			return true;
	}
	return false;
}

/* Whether a buffer, or a part of it, has to be copied. */
static __always_inline bool must_copy(const struct grant_backend *backend,
				      phys_addr_t phys, size_t size)
{
	if (!backend->slots)
		return false;
	if (xen_offset_in_page(phys | size))
		return true;
	if (size == XEN_PAGE_SIZE)
		return must_copy_whole(backend, pfn_folio(PHYS_PFN(phys)));
	return must_copy_any(backend, phys, phys + size);
}

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
		memset(slot, UNWRITTEN, size);
	else if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		copy(slot, phys, size, true);
}

/* Bytes of a buffer in the Xen page in which it begins. */
static size_t part_of(u64 addr, size_t size)
{
	return min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
}

/*
 * Bytes of a slot that a buffer needs. A slot is aligned to its size, so that those low
 * bits of the address are kept that the device wants to be.
 */
static size_t slot_size(struct device *dev, phys_addr_t phys, size_t size)
{
	size_t mask = dma_get_min_align_mask(dev);

	return max((phys & mask) + size, mask + 1);
}

/* With a copy of all in one slot. */
static noinline dma_addr_t map_slot(struct grant_device *gdev,
				    phys_addr_t phys, size_t size,
				    enum dma_data_direction dir,
				    unsigned long attrs)
{
	unsigned int offset = phys & dma_get_min_align_mask(gdev->dev);
	struct grant_slot slot;

	if (unlikely(!grant_slot_alloc(gdev->backend->slots, grant_slot_use(dir),
				       slot_size(gdev->dev, phys, size), &slot)))
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

/*
 * Takes pages of slots for those parts of a buffer that must not be granted, and
 * returns how many. After -ENOMEM the caller frees those that were taken.
 */
static int take_pages(const struct grant_mapping *mapping, grant_ref_t ref,
		      phys_addr_t phys, size_t size)
{
	struct grant_backend *backend = mapping->backend;
	struct grant_slot slot;
	int taken = 0;
	size_t part;

	for (; size; size -= part, phys += part, ref++) {
		part = part_of(phys, size);
		if (part == XEN_PAGE_SIZE &&
		    !must_copy_whole(backend, pfn_folio(PHYS_PFN(phys))))
			continue;
		if (!grant_slot_alloc(backend->slots, grant_slot_use(mapping->dir),
				      XEN_PAGE_SIZE, &slot))
			return -ENOMEM;
		backend->ranges->info[ref].page = slot.page;
		taken++;
	}
	return taken;
}

/* Copies those parts of a buffer for which there is a page of slots. */
static void copy_parts(const struct grant_mapping *mapping, grant_ref_t ref,
		       phys_addr_t phys, size_t size)
{
	struct grant_slot_page *page;
	unsigned int offset;
	size_t part;

	for (; size; size -= part, phys += part, ref++) {
		part = part_of(phys, size);
		page = grant_ref_page(mapping->backend->ranges, ref);
		if (!page)
			continue;
		offset = xen_offset_in_page(phys);
		copy_in(page->vaddr + offset, phys, part, mapping->dir,
			mapping->attrs);
		page->copies[0] = (struct grant_copy) {
			.origin = phys - offset,
			.addr = mapping->addr,
			.size = mapping->size,
			.dir = mapping->dir,
		};
	}
}

/* Grants pages of a buffer, and in the place of others their copies. */
static void grant_parts(const struct grant_mapping *mapping, grant_ref_t ref,
			unsigned long pfn, unsigned int left, bool copies)
{
	const struct grant_ranges *ranges = mapping->backend->ranges;
	const struct grant_slot_page *page = NULL;
	unsigned int count;

	for (; left; left -= count, ref += count, pfn += count) {
		count = copies ? 1 : left;
		if (copies)
			page = grant_ref_page(ranges, ref);
		while (!page && count < left &&
		       !grant_ref_page(ranges, ref + count))
			count++;
		grant_table_grant(ref, mapping->backend->domid,
				  page ? XEN_PFN_DOWN(virt_to_phys(page->vaddr)) : pfn,
				  count, mapping->dir == DMA_TO_DEVICE);
	}
}

/* Notes where a mapping with copies ends, at each reference that grants no copy. */
static void note_end(struct grant_ranges *ranges, grant_ref_t first,
		     unsigned int count)
{
	u32 kind = GRANT_REF_MAPPING | GRANT_REF_COPIES;

	for (; count; count--, first++, kind = GRANT_REF_MIDDLE)
		if (!grant_ref_page(ranges, first))
			grant_ref_set_count(ranges, first, kind, count);
}

/* Takes the page of slots out of what is known of a reference, if there is one. */
static struct grant_slot_page *take_page(struct grant_backend *backend,
					 grant_ref_t ref)
{
	struct grant_slot_page *page = grant_ref_page(backend->ranges, ref);

	backend->ranges->info[ref].page = NULL;
	return page;
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

/* Ends the copies of a mapping, and collects their pages. */
static void end_copies(const struct grant_mapping *mapping, unsigned int pages,
		       struct list_head *slot_pages)
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

static void free_pages_of(struct list_head *slot_pages)
{
	struct grant_slot_page *page, *next;

	list_for_each_entry_safe(page, next, slot_pages, node)
		grant_slot_free(page, 0);
}

/* As take_pages(), for all entries of a segment. */
static int take_segment_pages(const struct grant_mapping *mapping,
			      grant_ref_t ref, const struct grant_segment *segment)
{
	int taken = 0, left, ret;
	struct scatterlist *sg;

	for_each_grant_entry(segment->sgl, sg, segment->nents, left) {
		if (must_copy(mapping->backend, entry_phys(sg), sg->length)) {
			ret = take_pages(mapping, ref, entry_phys(sg), sg->length);
			if (ret < 0)
				return ret;
			taken += ret;
		}
		ref += grant_entry_pages(sg);
	}
	return taken;
}

static void copy_segment(const struct grant_mapping *mapping, grant_ref_t ref,
			 const struct grant_segment *segment)
{
	struct scatterlist *sg;
	int left;

	for_each_grant_entry(segment->sgl, sg, segment->nents, left) {
		copy_parts(mapping, ref, entry_phys(sg), sg->length);
		ref += grant_entry_pages(sg);
	}
}

static void grant_segment(const struct grant_mapping *mapping, grant_ref_t ref,
			  const struct grant_segment *segment, bool copies)
{
	struct scatterlist *sg;
	unsigned int pages;
	int left;

	for_each_grant_entry(segment->sgl, sg, segment->nents, left) {
		pages = grant_entry_pages(sg);
		grant_parts(mapping, ref, XEN_PFN_DOWN(entry_phys(sg)), pages,
			    copies);
		ref += pages;
	}
}

/* By a range of references, and with copies of some parts. */
static bool map_range(struct grant_mapping *mapping,
		      const struct grant_segment *segment)
{
	struct grant_backend *backend = mapping->backend;
	grant_ref_t first = grant_backend_alloc(backend, segment->pages);
	struct grant_slot_page *page;
	unsigned int i;
	int copies;

	if (!first)
		return false;
	mapping->addr = grant_dma_addr(first, segment->offset);
	copies = take_segment_pages(mapping, first, segment);
	if (copies < 0)
		goto cancel;
	if (copies)
		copy_segment(mapping, first, segment);
	grant_segment(mapping, first, segment, copies);
	if (copies)
		note_end(backend->ranges, first, segment->pages);
	else
		grant_ref_set_count(backend->ranges, first, GRANT_REF_MAPPING,
				    segment->pages);
	return true;

cancel:
	for (i = 0; i < segment->pages; i++) {
		page = take_page(backend, first + i);
		if (page)
			grant_slot_free(page, 0);
	}
	grant_range_free(backend->ranges, first, segment->pages);
	return false;
}

/* With a copy of all in the pool of the device. */
static bool map_pooled(struct grant_pool *pool, struct grant_mapping *mapping,
		       const struct grant_segment *segment)
{
	grant_ref_t first = pool ? grant_pool_alloc(pool, segment->pages) : 0;

	if (!first)
		return false;
	mapping->addr = grant_dma_addr(first, segment->offset);
	copy_segment(mapping, first, segment);
	return true;
}

/* With @pool_only, nothing is left elsewhere. */
static dma_addr_t map_segment(struct grant_device *gdev,
			      const struct grant_segment *segment,
			      enum dma_data_direction dir, unsigned long attrs,
			      bool pool_only)
{
	struct grant_mapping mapping = {
		.backend = gdev->backend,
		.size = segment->length,
		.dir = dir,
		.attrs = attrs,
	};

	if ((!pool_only && map_range(&mapping, segment)) ||
	    map_pooled(gdev->pools[grant_slot_use(dir)], &mapping, segment))
		return mapping.addr;
	return DMA_MAPPING_ERROR;
}

/* A buffer, as a list of one entry. */
static noinline dma_addr_t map_as_segment(struct grant_device *gdev,
					  phys_addr_t phys, size_t size,
					  enum dma_data_direction dir,
					  unsigned long attrs, bool pool_only)
{
	struct scatterlist sg;
	struct grant_segment segment = {
		.sgl = &sg,
		.nents = 1,
		.offset = xen_offset_in_page(phys),
		.length = size,
		.pages = grant_dma_pages(phys, size),
	};

	sg_init_table(&sg, 1);
	sg_set_page(&sg, pfn_to_page(PHYS_PFN(phys)), size, offset_in_page(phys));
	return map_segment(gdev, &segment, dir, attrs, pool_only);
}

/* By granting all of its pages. */
static __always_inline dma_addr_t map_pages(struct grant_backend *backend,
					    phys_addr_t phys, size_t size,
					    enum dma_data_direction dir)
{
	unsigned int pages = grant_dma_pages(phys, size);
	grant_ref_t first = grant_backend_alloc(backend, pages);

	if (unlikely(!first))
		return DMA_MAPPING_ERROR;
	grant_table_grant(first, backend->domid, XEN_PFN_DOWN(phys), pages,
			  dir == DMA_TO_DEVICE);
	grant_ref_set_count(backend->ranges, first, GRANT_REF_MAPPING, pages);
	return grant_dma_addr(first, xen_offset_in_page(phys));
}

static __always_inline dma_addr_t map(struct grant_device *gdev,
				      phys_addr_t phys, size_t size,
				      enum dma_data_direction dir,
				      unsigned long attrs)
{
	bool copy = must_copy(gdev->backend, phys, size);
	bool parts = copy && slot_size(gdev->dev, phys, size) > XEN_PAGE_SIZE;
	dma_addr_t addr = DMA_MAPPING_ERROR;

	if (!copy)
		addr = map_pages(gdev->backend, phys, size, dir);
	else if (!parts)
		addr = map_slot(gdev, phys, size, dir, attrs);
	if (likely(addr != DMA_MAPPING_ERROR))
		return addr;
	return map_as_segment(gdev, phys, size, dir, attrs, !parts);
}

/**
 * grant_map_segment() - map entries of a scatterlist as one
 * @gdev: the device
 * @segment: the entries
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: its DMA address; or DMA_MAPPING_ERROR when it has more than
 * GRANT_RANGE_MAX pages, or when memory or references have run out, the device's
 * own ones, too. Then nothing is granted.
 */
dma_addr_t grant_map_segment(struct grant_device *gdev,
			     const struct grant_segment *segment,
			     enum dma_data_direction dir, unsigned long attrs)
{
	if (segment->single)
		return map(gdev, sg_phys(segment->single), segment->length, dir,
			   attrs);
	return map_segment(gdev, segment, dir, attrs, false);
}

/* As dma_map_phys() demands it. */
dma_addr_t grant_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	dma_addr_t addr = DMA_MAPPING_ERROR;

	if (likely(size && size <= GRANT_RANGE_MAX << XEN_PAGE_SHIFT &&
		   grant_device_mask_fits(dev, *dev->dma_mask) &&
		   grant_attrs_possible(attrs) &&
		   !is_zone_device_page(pfn_to_page(PHYS_PFN(phys)))))
		addr = map(gdev, phys, size, dir, attrs);
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

/* Of a mapping by a range that has copies. */
static noinline void unmap_range(const struct grant_mapping *mapping,
				 unsigned int pages)
{
	LIST_HEAD(slot_pages);

	end_copies(mapping, pages, &slot_pages);
	grant_backend_end(mapping->backend, xen_grant_dma_ref(mapping->addr), pages,
			  true);
	/* Not earlier: a free page goes back to the kernel, though the range grants it. */
	free_pages_of(&slot_pages);
}

static void unmap_pooled(const struct grant_mapping *mapping,
			 struct grant_pool *pool, unsigned int pages)
{
	struct grant_ranges *ranges = mapping->backend->ranges;
	grant_ref_t first = xen_grant_dma_ref(mapping->addr);
	dma_addr_t addr = mapping->addr;
	struct grant_slot_page *page;
	unsigned int i;

	for (i = 0; i < pages; i++, addr += XEN_PAGE_SIZE) {
		page = grant_ref_page(ranges, first + i);
		end_copy(page, addr, mapping);
		page->copies[0].size = 0;
	}
	grant_pool_free(pool, first, pages);
}

/* Of a mapping that begins with a copy. */
static noinline unsigned int unmap_copy(const struct grant_mapping *mapping,
					bool *right)
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
	if (page->ref != ref) {
		unmap_range(mapping, pages);
	} else if (page->pool) {
		unmap_pooled(mapping, page->pool, pages);
	} else {
		end_copy(page, mapping->addr, mapping);
		grant_slot_free(page, mapping->addr);
	}
	return pages;
}

static __always_inline unsigned int unmap(struct grant_backend *backend,
					  dma_addr_t addr, size_t size,
					  enum dma_data_direction dir,
					  unsigned long attrs, bool *right)
{
	struct grant_mapping mapping = {
		.backend = backend,
		.addr = addr,
		.size = size,
		.dir = dir,
		.attrs = attrs,
	};
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
		unmap_range(&mapping, pages);
		return pages;
	}
	info->page = NULL;
	grant_backend_end(backend, first, pages, true);
	return pages;
}

/**
 * grant_unmap() - end a mapping
 * @backend: the backend that has access
 * @addr: DMA address, from grant_dma_map_phys() or grant_map_segment()
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

/*
 * The end of the mapping that has an address, or of its last Xen page. Where that is
 * not behind the address, no copy is there and none follows.
 */
static dma_addr_t end_of_mapping(const struct grant_ranges *ranges,
				 struct grant_slot_page *page, dma_addr_t addr)
{
	grant_ref_t ref = xen_grant_dma_ref(addr);
	const struct grant_copy *copy;

	if (!page)
		return grant_dma_addr(ref + grant_ref_count(ranges, ref), 0);
	copy = grant_slot_copy(page, addr);
	return addr < copy->addr ? 0 : copy->addr + copy->size;
}

/**
 * grant_sync() - let the device or the CPU see what the other one wrote
 * @backend: the backend
 * @addr: DMA address within a mapping
 * @size: bytes; of any number, as it may be the device's, those of the mapping count
 * @dir: direction
 * @for_device: whether it is the device that will see
 *
 * Nothing beside the mapping is touched, nor looked at: it may be about to end.
 *
 * Context: Any.
 * Return: false if there are bytes of another mapping, or of none, as far as can be
 * known.
 */
bool grant_sync(struct grant_backend *backend, dma_addr_t addr, size_t size,
		enum dma_data_direction dir, bool for_device)
{
	const struct grant_ranges *ranges = backend->ranges;
	struct grant_slot_page *page;
	bool right = true;
	dma_addr_t end;
	size_t part;

	if (!grant_ref_exists(ranges, addr))
		return false;
	for (; size; size -= part, addr += part) {
		page = grant_ref_page(ranges, xen_grant_dma_ref(addr));
		end = end_of_mapping(ranges, page, addr);
		if (addr >= end)
			return !page && right;
		if (size > end - addr) {
			size = end - addr;
			right = false;
		}
		part = part_of(addr, size);
		if (page)
			sync_part(page, grant_slot_copy(page, addr), addr, part,
				  dir, for_device);
	}
	return right;
}
