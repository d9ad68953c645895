/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of consecutive grant references. What every mapping goes through is
 * inline: a mapping is little more than that.
 */

#ifndef _XEN_GRANT_DMA_RANGE_H
#define _XEN_GRANT_DMA_RANGE_H

#include <linux/align.h>
#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/log2.h>
#include <linux/percpu.h>
#include <linux/types.h>

#include <xen/grant_table.h>

#include "stack.h"

/* Runs up to this length are rounded up to a power of two and cached. */
#define GRANT_RANGE_CACHED	256
#define GRANT_RANGE_MAX_ORDER	ilog2(GRANT_RANGE_CACHED)

/* References that a CPU may keep idle as runs of one length. */
#define GRANT_RANGE_STACK_REFS	2048

/* Free runs of one length each, by their first references. */
struct range_cache {
	union grant_stack stacks[GRANT_RANGE_MAX_ORDER + 1];
};

/**
 * struct grant_ranges - a share of the grant table, cut into runs
 * @caches: idle runs
 * @next: for the first reference of an idle run, that of the next one; for one
 *	that is held, see held.c
 * @bounces: for a reference that grants bounce memory, the page, see pool.h;
 *	NULL unless isolation is strict
 * @size: references that the grant table can grow to
 * @limit: references that may be taken out of it
 * @taken: how many were, in use or idle
 * @kref: its users
 */
struct grant_ranges {
	struct range_cache __percpu *caches;
	grant_ref_t *next;
	struct grant_pool_page **bounces;
	unsigned int size;
	unsigned int limit;
	atomic_t taken;
	struct kref kref;
};

struct grant_ranges *grant_ranges_get(void);
struct grant_ranges *grant_ranges_create(void);
void grant_ranges_put(struct grant_ranges *ranges);

grant_ref_t grant_range_alloc_slow(struct grant_ranges *ranges,
				   unsigned long count);
void grant_range_free_slow(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count);
void grant_range_split(struct grant_ranges *ranges, grant_ref_t first,
		       unsigned long count);
void grant_range_free_part(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count);
unsigned long grant_range_max(const struct grant_ranges *ranges);

static inline u32 range_below(const void *owner, u32 first)
{
	const struct grant_ranges *ranges = owner;

	return READ_ONCE(ranges->next[first]);
}

/**
 * grant_range_alloc() - allocate consecutive references
 * @ranges: where from
 * @count: how many, at least 1
 *
 * Context: Any.
 * Return: the first reference, or 0 when the grant table has no such run, or
 * none that may be taken.
 */
static inline grant_ref_t grant_range_alloc(struct grant_ranges *ranges,
					    unsigned long count)
{
	struct range_cache *cache;
	grant_ref_t first = 0;

	if (likely(count <= GRANT_RANGE_CACHED)) {
		cache = get_cpu_ptr(ranges->caches);
		first = grant_stack_pop(&cache->stacks[order_base_2(count)],
					range_below, ranges);
		put_cpu_ptr(ranges->caches);
	}
	return likely(first) ? first : grant_range_alloc_slow(ranges, count);
}

/**
 * grant_range_is_aligned() - whether a run begins at a multiple of its length
 * @first: first reference
 * @count: how many, at most GRANT_RANGE_CACHED
 *
 * The length is @count rounded up to a power of two. Every run does unless
 * there are too few references left to choose from.
 */
static inline bool grant_range_is_aligned(grant_ref_t first, unsigned long count)
{
	return IS_ALIGNED(first, BIT(order_base_2(count)));
}

/* Keeps an aligned run; returns false when enough of them are idle. */
static inline bool range_keep(struct grant_ranges *ranges, unsigned int order,
			      grant_ref_t first)
{
	struct range_cache *cache;
	bool kept;

	if (unlikely(!IS_ALIGNED(first, BIT(order))))
		return false;
	cache = get_cpu_ptr(ranges->caches);
	kept = grant_stack_push(&cache->stacks[order],
				GRANT_RANGE_STACK_REFS >> order, first,
				&ranges->next[first]);
	put_cpu_ptr(ranges->caches);
	return kept;
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
				    grant_ref_t first, unsigned long count)
{
	if (unlikely(count > GRANT_RANGE_CACHED ||
		     !range_keep(ranges, order_base_2(count), first)))
		grant_range_free_slow(ranges, first, count);
}

#endif /* _XEN_GRANT_DMA_RANGE_H */
