/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cache of equal items, which are numbers: magazines of each CPU before a depot.
 */

#ifndef _XEN_GRANT_DMA_CACHE_H
#define _XEN_GRANT_DMA_CACHE_H

#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

/* Items of a chunk, a bit each in a word. */
#define GRANT_CHUNK_ITEMS	64

/* Items that a magazine holds at most. */
#define GRANT_MAGAZINE_ITEMS	32

/**
 * struct grant_chunk - neighbouring items
 * @node: in the depot's list while @free is not 0
 * @base: the first item, a multiple of the chunk's span
 * @items: a bit for each item that there is
 * @free: a bit for each item that is in the depot
 */
struct grant_chunk {
	struct list_head node;
	u32 base;
	u64 items;
	u64 free;
};

/**
 * struct grant_magazine - free items of a CPU
 * @busy: whether somebody works on it; set by xchg(), so that neither an
 *	interrupt nor another CPU ever waits for it
 * @used: whether items went to or came from the depot since it was last reaped
 * @count: number of items
 * @items: the items
 */
struct grant_magazine {
	u32 busy;
	u16 used;
	u16 count;
	u32 items[GRANT_MAGAZINE_ITEMS];
};

struct grant_cache;

/**
 * struct grant_reserve - what may be kept in chunks of which all items are free
 * @left: references; below 0 if there are too many
 * @share: how many one cache may keep, so that a burst leaves some for the others
 */
struct grant_reserve {
	atomic_t left;
	unsigned int share;
};

/**
 * struct grant_cache_ops - where chunks come from
 * @grow: add items by grant_cache_add(), at least one; false if there are none
 * @release: take back items of a chunk, which has none any more
 * @chunk: the chunk of an item
 *
 * Context: Any. Only @chunk is called with the depot's lock held.
 */
struct grant_cache_ops {
	bool (*grow)(struct grant_cache *cache);
	void (*release)(struct grant_cache *cache, struct grant_chunk *chunk,
			u64 items);
	struct grant_chunk *(*chunk)(struct grant_cache *cache, u32 item);
};

/**
 * struct grant_cache - items of one kind
 * @ops: where chunks come from
 * @shift: log2 of the distance of items in a chunk
 * @weight: references of a chunk, for @reserve
 * @reserve: what it may keep, shared with other caches
 * @magazines: free items of each CPU
 * @capacity: items that each magazine may hold; if 0, the depot is all there is
 * @work: gives back what is not used for a while, as long as there are items
 * @lock: protects the depot: what follows, and what is in chunks
 * @chunks: those with free items, those that are all free at the end
 * @kept: references in chunks of which all items are free
 * @items: number of all items, in use or free
 * @most_moved: most items that came from the depot at once
 */
struct grant_cache {
	const struct grant_cache_ops *ops;
	u8 shift;
	u16 weight;
	struct grant_reserve *reserve;
	struct grant_magazine __percpu *magazines;
	unsigned int capacity;
	struct delayed_work work;
	spinlock_t lock;	/* the depot */
	struct list_head chunks;
	unsigned int kept;
	unsigned int items;
	unsigned int most_moved;
};

int grant_cache_init(struct grant_cache *cache);
void grant_cache_destroy(struct grant_cache *cache);
void grant_cache_add(struct grant_cache *cache, struct grant_chunk *chunk,
		     u64 items);
u32 grant_cache_refill(struct grant_cache *cache, struct grant_magazine *magazine);
void grant_cache_flush(struct grant_cache *cache, struct grant_magazine *magazine,
		       u32 item);
void grant_cache_drain(struct grant_cache *cache);
void grant_cache_reap(struct grant_cache *cache);
void grant_cache_schedule(struct grant_cache *cache);

/* Returns false when somebody works on it. */
static inline bool grant_magazine_get(struct grant_magazine *magazine)
{
	return !xchg_acquire(&magazine->busy, 1);
}

static inline void grant_magazine_put(struct grant_magazine *magazine)
{
	smp_store_release(&magazine->busy, 0); /* pairs with grant_magazine_get() */
}

/* Returns NULL when somebody works on it, or where there are none. */
static inline struct grant_magazine *grant_magazine_here(struct grant_cache *cache)
{
	struct grant_magazine *magazine;

	if (!cache->capacity)
		return NULL;
	/* It does not matter if the thread is on another CPU a moment later. */
	magazine = raw_cpu_ptr(cache->magazines);
	return likely(grant_magazine_get(magazine)) ? magazine : NULL;
}

/* Of a magazine that was taken; others may look whether it has items, meanwhile. */
static inline void grant_magazine_push(struct grant_magazine *magazine, u32 item)
{
	magazine->items[magazine->count] = item;
	WRITE_ONCE(magazine->count, magazine->count + 1);
}

static inline u32 grant_magazine_pop(struct grant_magazine *magazine)
{
	WRITE_ONCE(magazine->count, magazine->count - 1);
	return magazine->items[magazine->count];
}

/**
 * grant_cache_alloc() - take an item
 * @cache: where from
 *
 * Context: Any.
 * Return: the item, or 0 when there is none.
 */
static inline u32 grant_cache_alloc(struct grant_cache *cache)
{
	struct grant_magazine *magazine = grant_magazine_here(cache);
	u32 item;

	if (unlikely(!magazine || !magazine->count))
		return grant_cache_refill(cache, magazine);
	item = grant_magazine_pop(magazine);
	grant_magazine_put(magazine);
	return item;
}

/**
 * grant_cache_free() - give an item back
 * @cache: where it is from
 * @item: the item
 *
 * Context: Any.
 */
static inline void grant_cache_free(struct grant_cache *cache, u32 item)
{
	struct grant_magazine *magazine = grant_magazine_here(cache);

	if (unlikely(!magazine || magazine->count >= cache->capacity)) {
		grant_cache_flush(cache, magazine, item);
		return;
	}
	grant_magazine_push(magazine, item);
	grant_magazine_put(magazine);
}

#endif /* _XEN_GRANT_DMA_CACHE_H */
