// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounced buffers: copies of them, in units of an area.
 *
 * The first unit in each Xen page has the record of what it is a copy of. Lookups go
 * back to that, so that no sync or unmap leaves its mapping, whatever a device says.
 *
 * Before the device writes a unit, it is filled with a byte that no driver takes for
 * success: a zero would be virtio's status of a request that went well. What the device
 * read stays there until another buffer comes: the backend could read it before.
 */

#include <linux/highmem.h>
#include <linux/mm.h>
#include <linux/rcupdate.h>

#include "grant-dma.h"

#define UNWRITTEN	0xff

/* Needs rcu_read_lock(): an address that is no mapping's may be that of any area. */
static inline struct grant_area *area_of(struct grant_backend *backend, dma_addr_t addr)
{
	grant_ref_t ref = grant_ref_of(backend, addr);

	return likely(ref < backend->size) ?
	       rcu_dereference(backend->area[ref / GRANT_AREA_MIN]) : NULL;
}

static inline dma_addr_t addr_of(const struct grant_area *area, size_t pos)
{
	return grant_addr(area->first, 0) + pos;
}

static inline size_t pos_of(const struct grant_area *area, dma_addr_t addr)
{
	return addr - grant_addr(area->first, 0);
}

/* Bytes to the end of the Xen page. */
static inline size_t part_of(size_t pos, size_t size)
{
	return min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(pos));
}

static inline void *vaddr_of(const struct grant_area *area, size_t pos)
{
	return area->vaddr[pos >> XEN_PAGE_SHIFT] + xen_offset_in_page(pos);
}

/* Copies within a Xen page of the area. */
static inline void copy(struct grant_area *area, size_t pos, phys_addr_t phys, size_t size,
			bool in)
{
	void *vaddr = vaddr_of(area, pos);
	struct page *page;
	size_t step;

	for (; size; size -= step, phys += step, vaddr += step) {
		page = pfn_to_page(PHYS_PFN(phys));
		step = min(size, PAGE_SIZE - offset_in_page(phys));
		if (in)
			memcpy_from_page(vaddr, page, offset_in_page(phys), step);
		else
			memcpy_to_page(page, offset_in_page(phys), vaddr, step);
	}
}

/* The number of units up to a byte. */
static inline unsigned int units_to(size_t pos)
{
	return DIV_ROUND_UP(pos, GRANT_UNIT);
}

/*
 * Takes units for a buffer, so that the low bits of its address that are in @mask are kept.
 * Of what that takes, units before and behind the buffer are given back.
 */
static inline struct grant_area *bounce_take(struct grant_device *gdev, phys_addr_t phys,
					     size_t mask, size_t size,
					     enum dma_data_direction dir, unsigned long attrs,
					     size_t *pos)
{
	enum grant_kind kind = dir == DMA_TO_DEVICE ? GRANT_READONLY :
			       attrs & DMA_ATTR_SKIP_CPU_SYNC ? GRANT_PREMAPPED :
								GRANT_WRITABLE;
	size_t offset = phys & mask;
	unsigned int end = units_to(offset + size), all = max(end, units_to(mask + 1)), at;
	struct grant_area *area;

	area = grant_area_take(gdev, kind, all, &at);
	if (unlikely(!area))
		return NULL;
	*pos = ((size_t)at << GRANT_UNIT_SHIFT) + offset;
	if (unlikely(all > end))
		grant_area_give(area, at + end, all - end);
	if (unlikely(offset >= GRANT_UNIT))
		grant_area_give(area, at, offset >> GRANT_UNIT_SHIFT);
	return area;
}

static inline void bounce_fill(struct grant_area *area, size_t pos, phys_addr_t phys,
			       size_t size, size_t left, bool begins,
			       enum dma_data_direction dir, unsigned long attrs)
{
	size_t step;

	for (; size; size -= step, pos += step, phys += step, left -= step) {
		step = part_of(pos, size);
		area->units[pos >> GRANT_UNIT_SHIFT] = (struct grant_unit) {
			.phys = phys,
			.left = left,
			.offset = xen_offset_in_page(pos),
			.dir = dir,
			.begins = begins,
		};
		begins = false;
		if (dir == DMA_FROM_DEVICE)
			memset(vaddr_of(area, pos), UNWRITTEN, step);
		else if (!(attrs & DMA_ATTR_SKIP_CPU_SYNC))
			copy(area, pos, phys, step, true);
	}
}

/* Maps a buffer of up to GRANT_MAPPING_MAX by a copy. DMA_MAPPING_ERROR when all is in use. */
dma_addr_t grant_bounce_map(struct grant_device *gdev, phys_addr_t phys, size_t size,
			    enum dma_data_direction dir, unsigned long attrs)
{
	size_t mask = dma_get_min_align_mask(gdev->dev), pos;
	struct grant_area *area;

	area = bounce_take(gdev, phys, mask, size, dir, attrs, &pos);
	if (unlikely(!area))
		return DMA_MAPPING_ERROR;
	bounce_fill(area, pos, phys, size, size, true, dir, attrs);
	return addr_of(area, pos);
}

/*
 * As grant_bounce_map(), for a buffer of parts, which grant_bounce_fill() then fills. All
 * but the last end a Xen page, and do so in the area, as each page has one record.
 */
dma_addr_t grant_bounce_alloc(struct grant_device *gdev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	size_t mask = dma_get_min_align_mask(gdev->dev) | (XEN_PAGE_SIZE - 1), pos;
	struct grant_area *area;

	area = bounce_take(gdev, phys, mask, size, dir, attrs, &pos);
	return area ? addr_of(area, pos) : DMA_MAPPING_ERROR;
}

/*
 * Copies a part of a buffer to an address of what grant_bounce_alloc() returned. There are
 * @left bytes from its begin to the end of the buffer; @begins: the buffer begins with it.
 */
void grant_bounce_fill(struct grant_backend *backend, dma_addr_t addr, phys_addr_t phys,
		       size_t size, size_t left, bool begins, enum dma_data_direction dir,
		       unsigned long attrs)
{
	struct grant_area *area;

	rcu_read_lock();
	area = area_of(backend, addr);
	bounce_fill(area, pos_of(area, addr), phys, size, left, begins, dir, attrs);
	rcu_read_unlock();
}

/* The part of a mapping in which a byte is, and how many bytes behind its begin. */
static struct grant_unit *unit_find(struct grant_area *area, size_t pos, size_t *within)
{
	struct grant_unit *unit = &area->units[pos >> GRANT_UNIT_SHIFT];
	unsigned int n = (pos >> GRANT_UNIT_SHIFT) % GRANT_PAGE_UNITS;

	while (!READ_ONCE(unit->left)) {
		if (!n--)
			return NULL;
		unit--;
	}
	*within = xen_offset_in_page(pos) - unit->offset;
	return *within < unit->left ? unit : NULL;
}

/* Copies between an area and the memory that it stands for, to a mapping's end at most. */
static bool bounce(struct grant_area *area, size_t pos, size_t size, bool in)
{
	struct grant_unit *unit;
	size_t step, within;

	for (; size; size -= step, pos += step) {
		unit = unit_find(area, pos, &within);
		if (!unit)
			return false;
		step = min(part_of(pos, size), unit->left - within);
		if (unit->dir != (in ? DMA_FROM_DEVICE : DMA_TO_DEVICE))
			copy(area, pos, unit->phys + within, step, in);
		if (step == unit->left - within)
			return step == size;
	}
	return true;
}

/* The record of the mapping that begins at a byte, or NULL. */
static struct grant_unit *unit_begins(struct grant_area *area, size_t pos)
{
	struct grant_unit *unit = &area->units[pos >> GRANT_UNIT_SHIFT];

	return READ_ONCE(unit->left) && unit->begins && unit->offset == xen_offset_in_page(pos) ?
	       unit : NULL;
}

/* Ends a mapping, and returns how many bytes it had. */
static size_t bounce_end(struct grant_area *area, size_t pos, struct grant_unit *unit, bool out)
{
	unsigned int at = pos >> GRANT_UNIT_SHIFT;
	size_t size = unit->left, left, step;

	for (left = size; left; left -= step, pos += step) {
		step = part_of(pos, left);
		unit = &area->units[pos >> GRANT_UNIT_SHIFT];
		if (out)
			copy(area, pos, unit->phys, step, false);
		WRITE_ONCE(unit->left, 0);
	}
	grant_area_give(area, at, units_to(pos) - at);
	return size;
}

/* Ends a mapping by a copy. Returns how many bytes it had, 0 if none begins there. */
size_t grant_bounce_unmap(struct grant_backend *backend, dma_addr_t addr,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_unit *unit = NULL;
	struct grant_area *area;
	size_t size = 0;

	rcu_read_lock();
	area = area_of(backend, addr);
	if (likely(area))
		unit = unit_begins(area, pos_of(area, addr));
	if (likely(unit))
		size = bounce_end(area, pos_of(area, addr), unit,
				  unit->dir != DMA_TO_DEVICE && dir != DMA_TO_DEVICE &&
				  !(attrs & DMA_ATTR_SKIP_CPU_SYNC));
	rcu_read_unlock();
	return size;
}

/*
 * Lets the device or the CPU see what the other one wrote. The backend may have chosen the
 * size: nothing beside the mapping is touched. There is nothing to do for one by grants.
 * False if there are bytes of no mapping, or of several.
 */
bool grant_bounce_sync(struct grant_backend *backend, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, bool for_device)
{
	struct grant_area *area;
	bool right = true;

	rcu_read_lock();
	area = area_of(backend, addr);
	if (area && dir != (for_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE))
		right = bounce(area, pos_of(area, addr), size, for_device);
	rcu_read_unlock();
	return right;
}
