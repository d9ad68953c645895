/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of consecutive grant references, and the DMA addresses that carry them.
 */

#ifndef _XEN_GRANT_DMA_RANGE_H
#define _XEN_GRANT_DMA_RANGE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/types.h>

#include <xen/grant-dma.h>
#include <xen/grant_table.h>
#include <xen/page.h>

#include "cache.h"

/* A range has at most this many references, for 1 MiB. */
#define GRANT_RANGE_MAX_ORDER	8
#define GRANT_RANGE_MAX		(1U << GRANT_RANGE_MAX_ORDER)

/* References that are used of the largest table: slot.h and deferred.c put them into 26 bits. */
#define GRANT_RANGE_MAX_REFS	(1U << 26)

struct grant_slot_page;

/* The two low bits of grant_ref_info::kind, which are 0 in the address of a page. */
#define GRANT_REF_MAPPING	1
#define GRANT_REF_DEFERRED	2
#define GRANT_REF_MIDDLE	3
#define GRANT_REF_KIND		3

#define GRANT_REF_COPIES	4
#define GRANT_REF_COUNT_SHIFT	3

/**
 * union grant_ref_info - what is known of a reference
 * @page: while it grants a page of slots: that page; else NULL
 * @kind: tells the others from @page (Xen's guests are little-endian). Of the first
 *	reference of a mapping, if that grants no page of slots: GRANT_REF_MAPPING,
 *	GRANT_REF_COPIES if another one does, and the number of references. Of a
 *	later one of a mapping with GRANT_REF_COPIES, or that begins with a page of
 *	slots: GRANT_REF_MIDDLE and the number of references from it to the end
 * @deferred: while its range is deferred, see deferred.c: @next is the entry after
 *	it in the list, @order the range's; @left is the number of entries that a
 *	range has in the list, for its first reference
 */
union grant_ref_info {
	struct grant_slot_page *page;
	u32 kind;
	struct {
		u32 next;
		u16 left;
		u8 order;
	} deferred;
};

/**
 * struct grant_order - ranges of 2^n references
 * @cache: those that are free
 * @ranges: where their references are from
 * @chunks: a chunk for each part of the grant table that has its size
 */
struct grant_order {
	struct grant_cache cache;
	struct grant_ranges *ranges;
	struct grant_chunk *chunks;
};

/**
 * struct grant_ranges - a share of the grant table
 * @orders: its ranges, by the logarithm of their length
 * @info: what is known of each reference
 * @size: references that the grant table can grow to
 * @limit: references that may be taken out of it
 * @taken: how many were, in use or free
 * @pooled: how many of them are in devices' pools
 * @reserve: what its caches, and those of slots, may keep
 * @kref: its users
 */
struct grant_ranges {
	struct grant_order orders[GRANT_RANGE_MAX_ORDER + 1];
	union grant_ref_info *info;
	unsigned int size;
	unsigned int limit;
	atomic_t taken;
	atomic_t pooled;
	struct grant_reserve reserve;
	struct kref kref;
};

/* The DMA address that carries a reference; its layout is in xen/grant-dma.h. */
static inline dma_addr_t grant_dma_addr(grant_ref_t ref, unsigned int offset)
{
	return XEN_GRANT_DMA_FLAG | ((dma_addr_t)ref << XEN_GRANT_DMA_SHIFT) | offset;
}

/* Xen pages, and so references, that @size bytes from @addr on touch. */
static inline unsigned long grant_dma_pages(u64 addr, size_t size)
{
	return XEN_PFN_UP(xen_offset_in_page(addr) + size);
}

/* Whether an address, which may be any, is that of a grant of this table. */
static inline bool grant_ref_exists(const struct grant_ranges *ranges,
				    dma_addr_t addr)
{
	grant_ref_t ref = xen_grant_dma_ref(addr);

	return ref < ranges->size &&
	       addr == grant_dma_addr(ref, xen_offset_in_page(addr));
}

/* The page of slots that a reference grants, or NULL. */
static inline struct grant_slot_page *
grant_ref_page(const struct grant_ranges *ranges, grant_ref_t ref)
{
	struct grant_slot_page *page = READ_ONCE(ranges->info[ref].page);

	return (unsigned long)page & GRANT_REF_KIND ? NULL : page;
}

/* Notes how long a mapping lasts from a reference on that grants no page of slots. */
static inline void grant_ref_set_count(struct grant_ranges *ranges,
				       grant_ref_t ref, u32 kind,
				       unsigned int count)
{
	ranges->info[ref].kind = count << GRANT_REF_COUNT_SHIFT | kind;
}

/* What grant_ref_set_count() noted, or 0. */
static inline unsigned int grant_ref_count(const struct grant_ranges *ranges,
					   grant_ref_t ref)
{
	u32 kind = ranges->info[ref].kind;

	return kind & GRANT_REF_MAPPING ? kind >> GRANT_REF_COUNT_SHIFT : 0;
}

struct grant_ranges *grant_ranges_get(void);
struct grant_ranges *grant_ranges_create(void);
void grant_ranges_put(struct grant_ranges *ranges);

unsigned int grant_ranges_magazine(const struct grant_ranges *ranges,
				   unsigned int kinds);

/**
 * grant_range_alloc() - allocate consecutive references
 * @ranges: where from
 * @count: how many, at least 1
 *
 * Context: Any.
 * Return: the first reference, a multiple of @count rounded up to a power of two;
 * or 0 when @count is above GRANT_RANGE_MAX, or when there are none.
 */
static inline grant_ref_t grant_range_alloc(struct grant_ranges *ranges,
					    unsigned int count)
{
	if (unlikely(count > GRANT_RANGE_MAX))
		return 0;
	return grant_cache_alloc(&ranges->orders[order_base_2(count)].cache);
}

/**
 * grant_range_free() - free references that don't grant access
 * @ranges: where they are from
 * @first: first reference
 * @count: how many, as allocated
 *
 * Context: Any.
 */
static inline void grant_range_free(struct grant_ranges *ranges,
				    grant_ref_t first, unsigned int count)
{
	grant_cache_free(&ranges->orders[order_base_2(count)].cache, first);
}

#endif /* _XEN_GRANT_DMA_RANGE_H */
