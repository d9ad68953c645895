/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges of consecutive grant references.
 */

#ifndef _XEN_GRANT_DMA_RANGE_H
#define _XEN_GRANT_DMA_RANGE_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/types.h>

#include <xen/grant_table.h>

#include "cache.h"

/* A range has at most this many references, for 1 MiB. */
#define GRANT_RANGE_MAX_ORDER	8
#define GRANT_RANGE_MAX		(1U << GRANT_RANGE_MAX_ORDER)

/* References that are used of the largest table: slot.h puts them into 26 bits. */
#define GRANT_RANGE_MAX_REFS	(1U << 26)

struct grant_slot_page;

/**
 * union grant_ref_info - what is known of a reference
 * @page: while it grants a page of slots: that page; else NULL
 * @deferred: while its range is deferred, see deferred.c: @next is the entry after
 *	it in the list, @order the range's; @left is the number of entries that a
 *	range has in the list, for its first reference
 */
union grant_ref_info {
	struct grant_slot_page *page;
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
 * @reserve: references that may yet be kept in chunks of which all are free
 * @kref: its users
 */
struct grant_ranges {
	struct grant_order orders[GRANT_RANGE_MAX_ORDER + 1];
	union grant_ref_info *info;
	unsigned int size;
	unsigned int limit;
	atomic_t taken;
	atomic_t reserve;
	struct kref kref;
};

struct grant_ranges *grant_ranges_get(void);
struct grant_ranges *grant_ranges_create(void);
void grant_ranges_put(struct grant_ranges *ranges);

unsigned int grant_ranges_magazine(const struct grant_ranges *ranges,
				   unsigned int kinds);
grant_ref_t grant_range_alloc(struct grant_ranges *ranges, unsigned int count);
void grant_range_free(struct grant_ranges *ranges, grant_ref_t first,
		      unsigned int count);

#endif /* _XEN_GRANT_DMA_RANGE_H */
