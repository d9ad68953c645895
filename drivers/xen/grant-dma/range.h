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

/* Runs up to this length are rounded up to a power of two and cached. */
#define GRANT_RANGE_CACHED	256
#define GRANT_RANGE_MAX_ORDER	ilog2(GRANT_RANGE_CACHED)

/* References that a CPU may keep idle as runs of one length. */
#define GRANT_RANGE_STACK_REFS	2048

/*
 * Free runs of one length, linked by grant_ranges::next. The tag is different
 * after every change, so that no change is missed by a compare and exchange.
 */
union range_stack {
	struct {
		grant_ref_t first;	/* 0, which no run begins with, if empty */
		u16 count;
		u16 tag;
	};
	u64 word;
};

struct range_cache {
	union range_stack stacks[GRANT_RANGE_MAX_ORDER + 1];
};

/**
 * struct grant_ranges - a share of the grant table, cut into runs
 * @caches: idle runs
 * @next: for the first reference of an idle run, that of the next one
 * @size: references that the grant table can grow to
 * @limit: references that may be taken out of it
 * @taken: how many were, in use or idle
 * @kref: its users
 */
struct grant_ranges {
	struct range_cache __percpu *caches;
	grant_ref_t *next;
	unsigned int size;
	unsigned int limit;
	atomic_t taken;
	struct kref kref;
};

struct grant_ranges *grant_ranges_get(void);
struct grant_ranges *grant_ranges_create(void);
void grant_ranges_put(struct grant_ranges *ranges);

int grant_range_alloc_slow(struct grant_ranges *ranges, unsigned long count,
			   grant_ref_t *first);
void grant_range_free_slow(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count);
void grant_range_split(struct grant_ranges *ranges, grant_ref_t first,
		       unsigned long count);
void grant_range_free_part(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count);
unsigned long grant_range_max(const struct grant_ranges *ranges);

/* Returns the first reference of a run, 0 if there is none. */
static inline grant_ref_t range_stack_pop(const struct grant_ranges *ranges,
					  union range_stack *stack)
{
	union range_stack old = { .word = READ_ONCE(stack->word) }, new;

	do {
		if (unlikely(!old.first))
			return 0;
		new.first = READ_ONCE(ranges->next[old.first]);
		new.count = old.count - 1;
		new.tag = old.tag + 1;
	} while (!try_cmpxchg64_relaxed(&stack->word, &old.word, new.word));
	return old.first;
}

/* Returns false when the stack is full. */
static inline bool range_stack_push(const struct grant_ranges *ranges,
				    union range_stack *stack,
				    unsigned int limit, grant_ref_t first)
{
	union range_stack old = { .word = READ_ONCE(stack->word) }, new;

	do {
		if (unlikely(old.count == limit))
			return false;
		WRITE_ONCE(ranges->next[first], old.first);
		new.first = first;
		new.count = old.count + 1;
		new.tag = old.tag + 1;
	} while (!try_cmpxchg64_release(&stack->word, &old.word, new.word));
	return true;
}

/**
 * grant_range_alloc() - allocate consecutive references
 * @ranges: where from
 * @count: how many, at least 1
 * @first: where the first reference is stored
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when the grant table has no such run, or none that may
 * be taken.
 */
static inline int grant_range_alloc(struct grant_ranges *ranges,
				    unsigned long count, grant_ref_t *first)
{
	struct range_cache *cache;

	if (likely(count <= GRANT_RANGE_CACHED)) {
		cache = get_cpu_ptr(ranges->caches);
		*first = range_stack_pop(ranges,
					 &cache->stacks[order_base_2(count)]);
		put_cpu_ptr(ranges->caches);
		if (likely(*first))
			return 0;
	}
	return grant_range_alloc_slow(ranges, count, first);
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
	kept = range_stack_push(ranges, &cache->stacks[order],
				GRANT_RANGE_STACK_REFS >> order, first);
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
