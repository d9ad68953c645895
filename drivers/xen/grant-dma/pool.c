// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device's own memory for copies, for when nothing is left for it elsewhere.
 *
 * References and memory may be all in use by other devices, which need not be done
 * with them soon: a network has given its backend buffers for packets that may come
 * tomorrow. A device must do its work nevertheless, all the more if it is a disk to
 * which memory is to be written so that it becomes free. So, as a mempool would, each
 * device has enough for one request: its buffers are copied, whole, to pages that
 * were granted when the driver was bound.
 *
 * There are two pools, one for each direction, as a device may fill the one that it
 * writes to with such buffers, and still has to send.
 */

#include <linux/gfp.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <xen/page.h>

#include "backend.h"
#include "pool.h"
#include "slot.h"

/* Parts of the references, and of the memory, that a pool may have. */
#define POOL_REFS_SHARE		64
#define POOL_MEMORY_SHARE	1024

/* Part of the references that all pools may have together. */
#define POOLS_REFS_SHARE	4

/* log2 of a Xen page's size, in units of the smallest slot. */
#define POOL_SHIFT		(XEN_PAGE_SHIFT - GRANT_SLOT_MIN_SHIFT)

static unsigned int wanted_pages(const struct grant_ranges *ranges)
{
	unsigned long memory = totalram_pages() * XEN_PFN_PER_PAGE;
	unsigned long most = min(memory / POOL_MEMORY_SHARE,
				 ranges->limit / POOL_REFS_SHARE);

	return clamp(rounddown_pow_of_two(most | 1), GRANT_POOL_MIN,
		     GRANT_POOL_MAX);
}

/* Takes references for a pool, or for a smaller one if there are too few. */
static bool refs_alloc(struct grant_pool *pool)
{
	struct grant_ranges *ranges = pool->backend->ranges;

	for (; pool->count >= GRANT_POOL_MIN; pool->count /= 2) {
		if (atomic_add_return(pool->count, &ranges->pooled) <=
		    ranges->limit / POOLS_REFS_SHARE) {
			pool->first = grant_backend_alloc(pool->backend,
							  pool->count);
			if (pool->first)
				return true;
		}
		atomic_sub(pool->count, &ranges->pooled);
	}
	return false;
}

static void pages_free(struct grant_pool *pool)
{
	unsigned int i;

	for (i = 0; i < pool->count && pool->pages[i]; i++)
		grant_slot_page_free(pool->pages[i]);
}

static bool pages_alloc(struct grant_pool *pool, bool readonly)
{
	struct grant_slot_page *slot_page;
	struct page *memory = NULL;
	unsigned int i, part;

	for (i = 0; i < pool->count; i++) {
		part = i % XEN_PFN_PER_PAGE;
		if (!part)
			memory = alloc_page(GFP_KERNEL | __GFP_ZERO);
		if (!memory)
			break;
		slot_page = grant_slot_page_alloc(page_address(memory) +
						  part * XEN_PAGE_SIZE,
						  POOL_SHIFT, readonly, GFP_KERNEL);
		/* The Xen pages hold it. */
		if (!slot_page || part == XEN_PFN_PER_PAGE - 1)
			put_page(memory);
		if (!slot_page)
			break;
		slot_page->pool = pool;
		pool->pages[i] = slot_page;
	}
	if (i == pool->count)
		return true;
	pages_free(pool);
	return false;
}

/**
 * grant_pool_create() - allocate and grant a pool
 * @backend: to whom
 * @readonly: the backend may only read it
 *
 * Context: Process context, may sleep.
 * Return: the pool, or NULL when references or memory have run out.
 */
struct grant_pool *grant_pool_create(struct grant_backend *backend, bool readonly)
{
	unsigned int count = wanted_pages(backend->ranges), i;
	struct grant_pool *pool;

	pool = kzalloc(struct_size(pool, pages, count), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->backend = backend;
	pool->count = count;
	spin_lock_init(&pool->lock);
	if (!refs_alloc(pool))
		goto free_pool;
	if (!pages_alloc(pool, readonly))
		goto free_refs;
	for (i = 0; i < pool->count; i++)
		grant_slot_page_grant(pool->pages[i], backend, pool->first + i);
	return pool;

free_refs:
	grant_range_free(backend->ranges, pool->first, pool->count);
	atomic_sub(pool->count, &backend->ranges->pooled);
free_pool:
	kfree(pool);
	return NULL;
}

/**
 * grant_pool_destroy() - end the backend's access to a pool, and free it
 * @pool: the pool, or NULL
 *
 * If a driver left mappings in it, they stay, and all of it with them.
 *
 * Context: Process context, may sleep.
 */
void grant_pool_destroy(struct grant_pool *pool)
{
	struct grant_ranges *ranges;
	unsigned int i;

	if (!pool || !bitmap_empty(pool->used, pool->count))
		return;
	ranges = pool->backend->ranges;
	for (i = 0; i < pool->count; i++)
		ranges->info[pool->first + i].page = NULL;
	grant_backend_end(pool->backend, pool->first, pool->count, false);
	atomic_sub(pool->count, &ranges->pooled);
	pages_free(pool);
	kfree(pool);
}

/**
 * grant_pool_alloc() - allocate pages of a pool
 * @pool: the pool
 * @count: how many, which are consecutive
 *
 * Context: Any.
 * Return: the reference of the first page, or 0 when there are none.
 */
grant_ref_t grant_pool_alloc(struct grant_pool *pool, unsigned int count)
{
	grant_ref_t first = 0;
	unsigned long flags;
	unsigned int at;

	spin_lock_irqsave(&pool->lock, flags);
	at = bitmap_find_next_zero_area(pool->used, pool->count, 0, count, 0);
	if (at < pool->count) {
		bitmap_set(pool->used, at, count);
		WRITE_ONCE(pool->mappings, pool->mappings + 1);
		first = pool->first + at;
	}
	spin_unlock_irqrestore(&pool->lock, flags);
	return first;
}

/**
 * grant_pool_free() - free pages of a pool
 * @pool: the pool
 * @first: the reference of the first page
 * @count: how many, as allocated; nothing is left in them of what the guest wrote
 *
 * Context: Any.
 */
void grant_pool_free(struct grant_pool *pool, grant_ref_t first,
		     unsigned int count)
{
	unsigned long flags;

	spin_lock_irqsave(&pool->lock, flags);
	bitmap_clear(pool->used, first - pool->first, count);
	spin_unlock_irqrestore(&pool->lock, flags);
}
