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
 * @reserve: references that may yet be kept in chunks of which all items are
 *	free; caches share it
 * @magazines: free items of each CPU
 * @capacity: items that each magazine may hold; if 0, the depot is all there is
 * @work: gives back what is not used for a while, as long as there are items
 * @lock: protects the depot: what follows, and what is in chunks
 * @chunks: those with free items, those that are all free at the end
 * @items: number of all items, in use or free
 * @most_moved: most items that went to or came from the depot at once
 */
struct grant_cache {
	const struct grant_cache_ops *ops;
	u8 shift;
	u16 weight;
	atomic_t *reserve;
	struct grant_magazine __percpu *magazines;
	unsigned int capacity;
	struct delayed_work work;
	spinlock_t lock;	/* the depot */
	struct list_head chunks;
	unsigned int items;
	unsigned int most_moved;
};

int grant_cache_init(struct grant_cache *cache);
void grant_cache_destroy(struct grant_cache *cache);
void grant_cache_add(struct grant_cache *cache, struct grant_chunk *chunk,
		     u64 items);
u32 grant_cache_alloc(struct grant_cache *cache);
void grant_cache_free(struct grant_cache *cache, u32 item);
void grant_cache_drain(struct grant_cache *cache);
void grant_cache_reap(struct grant_cache *cache);
void grant_cache_schedule(struct grant_cache *cache);

#endif /* _XEN_GRANT_DMA_CACHE_H */
