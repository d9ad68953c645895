// SPDX-License-Identifier: GPL-2.0-only
/*
 * A cache of equal items, which are numbers: magazines of each CPU before a depot.
 *
 * Most items come from, and go to, the magazine of the CPU at hand, without a lock
 * that anyone could wait for. An empty magazine is filled up to its half from the
 * depot, a full one is emptied down to its half, so that no more than that moves
 * under the depot's lock; a whole magazine at most where a cache is drained or
 * reaped. A magazine that somebody works on already, because an interrupt came in
 * between, is passed by.
 *
 * The depot knows which items of a chunk are free, so a chunk of which all are free
 * can be given back. Some of them are kept, as many as the reserve allows.
 *
 * The IOVA allocator's magazines (drivers/iommu/iova.c) were the model. They are
 * part of it, hold whole words, and never give back what is behind them.
 */

#include <kunit/static_stub.h>

#include <linux/bitops.h>
#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "cache.h"

#define CACHE_REAP_DELAY	(2 * HZ)

/* Whether all items of a chunk are in the depot. */
static bool is_whole(const struct grant_chunk *chunk)
{
	return chunk->free && chunk->free == chunk->items;
}

/* Of a chunk of which all items are free now, or no longer. */
static void reserve_take(struct grant_cache *cache)
{
	cache->kept += cache->weight;
	atomic_sub(cache->weight, &cache->reserve->left);
}

static void reserve_give(struct grant_cache *cache)
{
	cache->kept -= cache->weight;
	atomic_add(cache->weight, &cache->reserve->left);
}

static bool too_much_kept(const struct grant_cache *cache)
{
	return cache->kept > cache->reserve->share ||
	       atomic_read(&cache->reserve->left) < 0;
}

/* Returns the items of a chunk of which all were free. */
static u64 chunk_remove(struct grant_cache *cache, struct grant_chunk *chunk)
{
	u64 items = chunk->items;

	list_del(&chunk->node);
	chunk->items = 0;
	chunk->free = 0;
	WRITE_ONCE(cache->items, cache->items - hweight64(items));
	reserve_give(cache);
	return items;
}

/* Moves items out of the depot, and returns how many. */
static unsigned int depot_take(struct grant_cache *cache, u32 *items,
			       unsigned int want)
{
	struct grant_chunk *chunk;
	unsigned int taken = 0;
	unsigned long flags;

	spin_lock_irqsave(&cache->lock, flags);
	while (taken < want && !list_empty(&cache->chunks)) {
		chunk = list_first_entry(&cache->chunks, struct grant_chunk,
					 node);
		if (is_whole(chunk))
			reserve_give(cache);
		for (; taken < want && chunk->free; taken++) {
			items[taken] = chunk->base +
				       (__ffs64(chunk->free) << cache->shift);
			chunk->free &= chunk->free - 1;
		}
		if (!chunk->free)
			list_del(&chunk->node);
	}
	WRITE_ONCE(cache->most_moved, max(cache->most_moved, taken));
	spin_unlock_irqrestore(&cache->lock, flags);
	return taken;
}

/* Returns the items of its chunk if that is to be released, 0 if not. */
static u64 depot_put_one(struct grant_cache *cache, struct grant_chunk *chunk,
			 u32 item)
{
	if (!chunk->free)
		list_add(&chunk->node, &cache->chunks);
	chunk->free |= BIT_ULL((item - chunk->base) >> cache->shift);
	if (!is_whole(chunk))
		return 0;
	reserve_take(cache);
	if (too_much_kept(cache))
		return chunk_remove(cache, chunk);
	list_move_tail(&chunk->node, &cache->chunks);
	return 0;
}

/* Moves items into the depot. */
static void depot_put(struct grant_cache *cache, const u32 *items,
		      unsigned int count)
{
	struct grant_chunk *chunk;
	unsigned long flags;
	u64 released;

	while (count) {
		spin_lock_irqsave(&cache->lock, flags);
		do {
			chunk = cache->ops->chunk(cache, *items);
			released = depot_put_one(cache, chunk, *items++);
		} while (--count && !released);
		spin_unlock_irqrestore(&cache->lock, flags);
		if (released)
			cache->ops->release(cache, chunk, released);
	}
}

/* Gives back the chunks of which all items are free, one after the other. */
static void depot_shrink(struct grant_cache *cache)
{
	struct grant_chunk *chunk;
	unsigned long flags;
	u64 released;

	do {
		released = 0;
		spin_lock_irqsave(&cache->lock, flags);
		if (!list_empty(&cache->chunks)) {
			chunk = list_last_entry(&cache->chunks,
						struct grant_chunk, node);
			if (is_whole(chunk))
				released = chunk_remove(cache, chunk);
		}
		spin_unlock_irqrestore(&cache->lock, flags);
		if (released)
			cache->ops->release(cache, chunk, released);
	} while (released);
}

/**
 * grant_cache_add() - add items, which are free, to a depot
 * @cache: the cache
 * @chunk: their chunk, which may have other items already
 * @items: a bit for each of the items
 *
 * Context: Any.
 */
void grant_cache_add(struct grant_cache *cache, struct grant_chunk *chunk,
		     u64 items)
{
	unsigned long flags;

	spin_lock_irqsave(&cache->lock, flags);
	if (is_whole(chunk))
		reserve_give(cache);
	if (!chunk->free)
		list_add(&chunk->node, &cache->chunks);
	chunk->items |= items;
	chunk->free |= items;
	WRITE_ONCE(cache->items, cache->items + hweight64(items));
	if (is_whole(chunk)) {
		reserve_take(cache);
		list_move_tail(&chunk->node, &cache->chunks);
	}
	spin_unlock_irqrestore(&cache->lock, flags);

	if (!delayed_work_pending(&cache->work))
		grant_cache_schedule(cache);
}

static unsigned int depot_alloc(struct grant_cache *cache, u32 *items,
				unsigned int want)
{
	unsigned int taken;

	/* Others may be faster with what was added, so that it takes more. */
	while (!(taken = depot_take(cache, items, want)) &&
	       cache->ops->grow(cache))
		;
	/* The attempt may have brought items here that were idle elsewhere. */
	return taken ?: depot_take(cache, items, want);
}

/* As grant_cache_alloc(), with an empty magazine, which it puts, or without one. */
u32 grant_cache_refill(struct grant_cache *cache, struct grant_magazine *magazine)
{
	u32 item = 0;

	if (!magazine) {
		depot_alloc(cache, &item, 1);
		return item;
	}
	magazine->used = true;
	WRITE_ONCE(magazine->count, depot_alloc(cache, magazine->items,
						(cache->capacity + 1) / 2));
	if (magazine->count)
		item = grant_magazine_pop(magazine);
	grant_magazine_put(magazine);
	return item;
}

/* Moves the items that are in the magazine for longest to the depot. */
static void magazine_flush(struct grant_cache *cache,
			   struct grant_magazine *magazine, unsigned int count)
{
	depot_put(cache, magazine->items, count);
	WRITE_ONCE(magazine->count, magazine->count - count);
	memmove(magazine->items, magazine->items + count,
		magazine->count * sizeof(*magazine->items));
}

/* As grant_cache_free(), with a full magazine, which it puts, or without one. */
void grant_cache_flush(struct grant_cache *cache, struct grant_magazine *magazine,
		       u32 item)
{
	if (!magazine) {
		depot_put(cache, &item, 1);
		return;
	}
	magazine->used = true;
	magazine_flush(cache, magazine, (cache->capacity + 1) / 2);
	grant_magazine_push(magazine, item);
	grant_magazine_put(magazine);
}

/* Passes by the magazines that somebody works on. */
static void cache_shrink(struct grant_cache *cache, bool all)
{
	struct grant_magazine *magazine;
	bool used = false;
	int cpu;

	for_each_possible_cpu(cpu) {
		if (!cache->capacity)
			break;
		magazine = per_cpu_ptr(cache->magazines, cpu);
		if (!READ_ONCE(magazine->count) || !grant_magazine_get(magazine))
			continue;
		if (all || !magazine->used)
			magazine_flush(cache, magazine, magazine->count);
		used |= magazine->used;
		magazine->used = false;
		grant_magazine_put(magazine);
	}
	if (all || !used)
		depot_shrink(cache);
}

/**
 * grant_cache_drain() - give back all that is free, as somebody is short of it
 * @cache: the cache
 *
 * Context: Any.
 */
void grant_cache_drain(struct grant_cache *cache)
{
	cache_shrink(cache, true);
}

/**
 * grant_cache_reap() - give back what was not used since the last time
 * @cache: the cache
 *
 * Context: Any.
 */
void grant_cache_reap(struct grant_cache *cache)
{
	cache_shrink(cache, false);
}

/**
 * grant_cache_schedule() - have a cache reaped after a while
 * @cache: the cache
 *
 * Context: Any.
 */
void grant_cache_schedule(struct grant_cache *cache)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_cache_schedule, cache);

	/* Not while devices are away: grants may be away, too. */
	queue_delayed_work(system_freezable_wq, &cache->work, CACHE_REAP_DELAY);
}

static void cache_work(struct work_struct *work)
{
	struct grant_cache *cache =
		container_of(to_delayed_work(work), struct grant_cache, work);

	grant_cache_reap(cache);
	if (READ_ONCE(cache->items))
		grant_cache_schedule(cache);
}

/**
 * grant_cache_init() - a cache without items
 * @cache: the cache; ops, shift, weight, reserve and capacity are set
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_cache_init(struct grant_cache *cache)
{
	spin_lock_init(&cache->lock);
	INIT_LIST_HEAD(&cache->chunks);
	INIT_DEFERRABLE_WORK(&cache->work, cache_work);
	cache->capacity = min(cache->capacity, GRANT_MAGAZINE_ITEMS);
	if (!cache->capacity)
		return 0;
	cache->magazines = alloc_percpu(struct grant_magazine);
	if (cache->magazines)
		return 0;
	cache->capacity = 0;
	return -ENOMEM;
}

/**
 * grant_cache_destroy() - undo grant_cache_init()
 * @cache: the cache, of which nothing is in use; all zero is right, too
 *
 * Context: Process context, may sleep.
 */
void grant_cache_destroy(struct grant_cache *cache)
{
	if (!cache->work.work.func)
		return;
	cancel_delayed_work_sync(&cache->work);
	grant_cache_drain(cache);
	free_percpu(cache->magazines);
}
