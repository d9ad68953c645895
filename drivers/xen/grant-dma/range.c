// SPDX-License-Identifier: GPL-2.0-only
/*
 * Ranges of consecutive grant references.
 *
 * The grant table has a lock, and a search that visits every free entry. So
 * references are taken out of it in chunks, and each chunk is cut into ranges of one
 * length, a power of two. A range begins at a multiple of its length, so it
 * crosses no boundary that a device can't cross.
 */

#include <kunit/static_stub.h>

#include <linux/cpumask.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/printk.h>
#include <linux/slab.h>

#include "range.h"
#include "table.h"

/* Parts of the grant table that may be kept without use in caches of each layer. */
#define RANGE_MAGAZINES_SHARE	16
#define RANGE_RESERVE_SHARE	16

/* Part of the reserve that one cache may take. */
#define RANGE_CACHE_SHARE	4

static struct grant_order *to_order(struct grant_cache *cache)
{
	return container_of(cache, struct grant_order, cache);
}

/* A chunk has 64 ranges, or as many as fill the longest range. */
static unsigned int chunk_order(unsigned int order)
{
	return min(order + ilog2(GRANT_CHUNK_ITEMS), GRANT_RANGE_MAX_ORDER);
}

static void table_give_back(struct grant_ranges *ranges, grant_ref_t first,
			    unsigned int count)
{
	grant_table_free(first, count);
	atomic_sub(count, &ranges->taken);
}

/* Returns the first of 2^order references, 0 if there is no such range. */
static grant_ref_t table_take(struct grant_ranges *ranges, unsigned int order)
{
	int count = 1 << order, taken = atomic_read(&ranges->taken);
	grant_ref_t first;

	do {
		if (count > (int)ranges->limit - taken)
			return 0;
	} while (!atomic_try_cmpxchg(&ranges->taken, &taken, taken + count));

	if (grant_table_alloc(order, &first)) {
		atomic_sub(count, &ranges->taken);
		return 0;
	}
	return first;
}

static struct grant_chunk *order_chunk(struct grant_cache *cache, u32 ref)
{
	return &to_order(cache)->chunks[ref >> chunk_order(cache->shift)];
}

static bool order_add(struct grant_cache *cache, unsigned int order)
{
	grant_ref_t first = table_take(to_order(cache)->ranges, order);
	unsigned int count = 1 << (order - cache->shift);
	struct grant_chunk *chunk;
	unsigned int bit;

	if (!first)
		return false;
	chunk = order_chunk(cache, first);
	bit = (first - chunk->base) >> cache->shift;
	grant_cache_add(cache, chunk, GENMASK_ULL(bit + count - 1, bit));
	return true;
}

static void ranges_drain(struct grant_ranges *ranges)
{
	unsigned int order;

	for (order = 0; order <= GRANT_RANGE_MAX_ORDER; order++)
		grant_cache_drain(&ranges->orders[order].cache);
}

/* A console may be what maps, so it must not be used before that is done. */
static void report_none_left(const struct grant_ranges *ranges)
{
	static bool reported;

	if (!xchg(&reported, true))
		printk_deferred("xen-grant-dma: none left of %u references that devices may have, mappings wait or fail (max_grant_frames of the guest)\n",
				ranges->limit);
}

/* What is idle in other lengths helps if it goes back to the grant table. */
static bool order_grow(struct grant_cache *cache)
{
	unsigned int order = chunk_order(cache->shift);

	if (order_add(cache, order))
		return true;
	ranges_drain(to_order(cache)->ranges);
	if (order_add(cache, order) || order_add(cache, cache->shift))
		return true;
	report_none_left(to_order(cache)->ranges);
	return false;
}

static void order_release(struct grant_cache *cache, struct grant_chunk *chunk,
			  u64 items)
{
	struct grant_ranges *ranges = to_order(cache)->ranges;
	unsigned int i;

	for (; items; items &= items - 1) {
		i = __ffs64(items);
		table_give_back(ranges, chunk->base + (i << cache->shift),
				1 << cache->shift);
	}
}

static const struct grant_cache_ops order_ops = {
	.grow = order_grow,
	.release = order_release,
	.chunk = order_chunk,
};

/**
 * grant_ranges_magazine() - what a magazine may keep
 * @ranges: the share of the grant table
 * @kinds: how many kinds of items its layer has, each with a magazine for each CPU
 *
 * Return: a number of references.
 */
unsigned int grant_ranges_magazine(const struct grant_ranges *ranges,
				   unsigned int kinds)
{
	return ranges->size / RANGE_MAGAZINES_SHARE / kinds / num_possible_cpus();
}

static unsigned int chunk_count(struct grant_ranges *ranges, unsigned int n)
{
	return DIV_ROUND_UP(ranges->size, 1 << chunk_order(n));
}

static int order_init(struct grant_ranges *ranges, unsigned int n)
{
	struct grant_order *order = &ranges->orders[n];
	unsigned int chunks = chunk_count(ranges, n);
	unsigned int i;

	order->ranges = ranges;
	order->chunks = kvcalloc(chunks, sizeof(*order->chunks), GFP_KERNEL);
	if (!order->chunks)
		return -ENOMEM;
	for (i = 0; i < chunks; i++)
		order->chunks[i].base = i << chunk_order(n);

	order->cache.ops = &order_ops;
	order->cache.shift = n;
	order->cache.weight = 1 << chunk_order(n);
	order->cache.reserve = &ranges->reserve;
	order->cache.capacity =
		grant_ranges_magazine(ranges, ARRAY_SIZE(ranges->orders)) >> n;
	return grant_cache_init(&order->cache);
}

/* What is free beside ranges that a driver left in use is not lost with them. */
static void order_destroy(struct grant_ranges *ranges, unsigned int n)
{
	struct grant_order *order = &ranges->orders[n];
	unsigned int i;

	grant_cache_destroy(&order->cache);
	for (i = 0; order->chunks && i < chunk_count(ranges, n); i++)
		order_release(&order->cache, &order->chunks[i],
			      order->chunks[i].free);
	kvfree(order->chunks);
}

static void ranges_destroy(struct grant_ranges *ranges)
{
	unsigned int n;

	for (n = 0; n <= GRANT_RANGE_MAX_ORDER; n++)
		order_destroy(ranges, n);
	kvfree(ranges->info);
	kfree(ranges);
}

/**
 * grant_ranges_create() - take a share of the grant table, of which nothing is in use yet
 *
 * Context: Process context, may sleep.
 * Return: the share, or NULL when out of memory. To be given back with
 * grant_ranges_put().
 */
struct grant_ranges *grant_ranges_create(void)
{
	struct grant_ranges *ranges = kzalloc(sizeof(*ranges), GFP_KERNEL);
	unsigned int n;

	if (!ranges)
		return NULL;

	kref_init(&ranges->kref);
	ranges->size = min(grant_table_size(), GRANT_RANGE_MAX_REFS);
	/* A quarter of the table is left for xenbus, the console and others. */
	ranges->limit = ranges->size / 4 * 3;
	atomic_set(&ranges->reserve.left, ranges->size / RANGE_RESERVE_SHARE);
	ranges->reserve.share =
		ranges->size / RANGE_RESERVE_SHARE / RANGE_CACHE_SHARE;
	ranges->info = kvcalloc(ranges->size, sizeof(*ranges->info), GFP_KERNEL);
	if (!ranges->info)
		goto destroy;
	for (n = 0; n <= GRANT_RANGE_MAX_ORDER; n++)
		if (order_init(ranges, n))
			goto destroy;
	return ranges;

destroy:
	ranges_destroy(ranges);
	return NULL;
}

/* What all backends share, as long as there is one. */
static struct grant_ranges *shared_ranges;

/**
 * grant_ranges_get() - the share of the grant table that all backends use
 *
 * Context: Process context, may sleep, with grant_backends_lock held.
 * Return: as grant_ranges_create().
 */
struct grant_ranges *grant_ranges_get(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_ranges_get);

	if (shared_ranges)
		kref_get(&shared_ranges->kref);
	else
		shared_ranges = grant_ranges_create();
	return shared_ranges;
}

static void ranges_release(struct kref *kref)
{
	struct grant_ranges *ranges =
		container_of(kref, struct grant_ranges, kref);

	if (ranges == shared_ranges)
		shared_ranges = NULL;
	ranges_destroy(ranges);
}

/**
 * grant_ranges_put() - give back a share of the grant table
 * @ranges: the share, none of which is in use if this was its last user
 *
 * Context: Process context, may sleep, with grant_backends_lock held.
 */
void grant_ranges_put(struct grant_ranges *ranges)
{
	kref_put(&ranges->kref, ranges_release);
}
