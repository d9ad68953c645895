/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend's pool of bounce memory: Xen pages that hold nothing else, and that
 * stay granted. What every small mapping goes through is inline.
 */

#ifndef _XEN_GRANT_DMA_POOL_H
#define _XEN_GRANT_DMA_POOL_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "range.h"
#include "stack.h"

struct grant_backend;
struct page;

/* A page is cut into slots of one size, from 64 bytes to the whole page. */
#define GRANT_SLOT_MIN_SHIFT	6
#define GRANT_SLOT_SIZES	(XEN_PAGE_SHIFT - GRANT_SLOT_MIN_SHIFT + 1)

/* A slot is known by its DMA address, without flag and in units of 64 bytes. */
#define GRANT_SLOT_REF_SHIFT	(XEN_PAGE_SHIFT - GRANT_SLOT_MIN_SHIFT)
#define GRANT_SLOT_MAX_REFS	(1U << (32 - GRANT_SLOT_REF_SHIFT))

/**
 * enum grant_slot_use - what a page's slots are for
 * @GRANT_SLOT_WRITABLE: bounces that the backend may write
 * @GRANT_SLOT_READONLY: bounces that it may only read
 * @GRANT_SLOT_COHERENT: coherent memory
 */
enum grant_slot_use {
	GRANT_SLOT_WRITABLE,
	GRANT_SLOT_READONLY,
	GRANT_SLOT_COHERENT,
	GRANT_SLOT_USES
};

/**
 * union grant_slot - what is known of a slot
 * @origin: in use: the address of the memory that its first byte stands for
 * @below: idle: the next slot in the stack
 */
union grant_slot {
	phys_addr_t origin;
	u32 below;
};

/**
 * struct grant_pool_page - a Xen page of a pool
 * @vaddr: the page
 * @ref: the reference by which it stays granted
 * @shift: log2 of the size of its slots
 * @use: what they are for
 * @extra: whether it goes when its slot is free, as the pool is full
 * @idle: slots found idle when the pool was last trimmed, see @trim
 * @trim: when that was
 * @node: in a list of pages that are to go, or whose slot is to be free
 * @rcu: until then a stack may look for links here
 * @slots: its slots
 */
struct grant_pool_page {
	void *vaddr;
	grant_ref_t ref;
	u8 shift;
	u8 use;
	bool extra;
	u8 idle;
	unsigned int trim;
	struct list_head node;
	struct rcu_head rcu;
	union grant_slot slots[];
};

/* Idle slots for each use, of each size. */
struct pool_cache {
	union grant_stack stacks[GRANT_SLOT_USES][GRANT_SLOT_SIZES];
};

/**
 * struct grant_pool - a backend's bounce memory
 * @caches: idle slots
 * @pages: number of Xen pages
 * @limit: most pages that are kept; coherent memory may bring them to half of it
 * @trims: how often it was trimmed
 * @trimming: bit 0 is set while it is
 * @work: trims it from time to time as long as it has pages
 * @backend: to whom it belongs
 */
struct grant_pool {
	struct pool_cache __percpu *caches;
	atomic_t pages;
	unsigned int limit;
	unsigned int trims;
	unsigned long trimming;
	struct delayed_work work;
	struct grant_backend *backend;
};

struct grant_pool *grant_pool_create(struct grant_backend *backend);
void grant_pool_destroy(struct grant_pool *pool);
void grant_pool_empty(struct grant_pool *pool);
void grant_pool_trim(struct grant_pool *pool);
void grant_pool_schedule(struct grant_pool *pool);
struct page *grant_pool_memory(void);
u32 grant_slot_alloc_slow(struct grant_pool *pool, enum grant_slot_use use,
			  unsigned int shift);
void grant_slot_free_slow(struct grant_pool *pool, u32 slot);

static inline u32 grant_slot_of(grant_ref_t ref, unsigned int offset)
{
	return ref << GRANT_SLOT_REF_SHIFT | offset >> GRANT_SLOT_MIN_SHIFT;
}

static inline grant_ref_t grant_slot_ref(u32 slot)
{
	return slot >> GRANT_SLOT_REF_SHIFT;
}

/* Returns where in its page a slot begins. */
static inline unsigned int grant_slot_offset(u32 slot)
{
	return (slot << GRANT_SLOT_MIN_SHIFT) & ~XEN_PAGE_MASK;
}

static inline union grant_slot *grant_slot_at(struct grant_pool_page *page,
					      unsigned int offset)
{
	return &page->slots[offset >> page->shift];
}

static inline u32 grant_slot_below(const void *owner, u32 slot)
{
	const struct grant_ranges *ranges = owner;
	struct grant_pool_page *page =
		READ_ONCE(ranges->bounces[grant_slot_ref(slot)]);

	if (unlikely(!page))
		return 0;
	return READ_ONCE(grant_slot_at(page, grant_slot_offset(slot))->below);
}

/**
 * grant_slot_alloc() - allocate memory of a pool
 * @pool: where from
 * @ranges: what the pool's references are from
 * @use: what for
 * @shift: log2 of its size, from GRANT_SLOT_MIN_SHIFT to XEN_PAGE_SHIFT
 *
 * Bounce memory is zero, but for what the backend wrote into it. Coherent memory
 * holds what it held when it was freed. It may be a whole page where less was
 * asked for.
 *
 * Context: Any.
 * Return: the slot, or 0 when memory or references have run out.
 */
static inline u32 grant_slot_alloc(struct grant_pool *pool,
				   const struct grant_ranges *ranges,
				   enum grant_slot_use use, unsigned int shift)
{
	struct pool_cache *cache = get_cpu_ptr(pool->caches);
	u32 slot;

	slot = grant_stack_pop(&cache->stacks[use][shift - GRANT_SLOT_MIN_SHIFT],
			       grant_slot_below, ranges);
	put_cpu_ptr(pool->caches);
	return likely(slot) ? slot : grant_slot_alloc_slow(pool, use, shift);
}

/**
 * grant_slot_free() - free memory of a pool
 * @pool: where it is from
 * @page: its page
 * @slot: what was allocated; nothing is left of what the guest wrote to bounce
 *	memory
 *
 * Context: Any.
 */
static inline void grant_slot_free(struct grant_pool *pool,
				   struct grant_pool_page *page, u32 slot)
{
	struct pool_cache *cache;

	if (unlikely(page->extra)) {
		grant_slot_free_slow(pool, slot);
		return;
	}
	cache = get_cpu_ptr(pool->caches);
	grant_stack_push(&cache->stacks[page->use][page->shift - GRANT_SLOT_MIN_SHIFT],
			 U32_MAX, slot,
			 &grant_slot_at(page, grant_slot_offset(slot))->below);
	put_cpu_ptr(pool->caches);
}

#endif /* _XEN_GRANT_DMA_POOL_H */
