/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References that a backend still uses although their mapping has ended.
 */

#ifndef _XEN_GRANT_DMA_HELD_H
#define _XEN_GRANT_DMA_HELD_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>

struct grant_backend;

struct grant_held {
	bool full;			/* mappings for the backend are refused */
	spinlock_t lock;		/* protects all but what is the worker's */
	u32 first;			/* entry of the list, 0 if it is empty */
	unsigned int count;		/* with those that the worker has in hand */
	u16 *blocks;			/* how many of them are in each block */
	unsigned int spoilt;		/* blocks with any of them */
	unsigned long delay;		/* jiffies until the next try */
	unsigned long next_mark;	/* jiffies when entries are marked */
	struct delayed_work work;	/* under way while count is not 0 */

	/* The worker's: */
	bool old;			/* reported that some are held long */
	bool full_reported;
};

extern unsigned int grant_held_max;

int grant_held_init(struct grant_held *held, unsigned int size);
void grant_held_destroy(struct grant_held *held);
void grant_held_schedule(struct grant_held *held);
void grant_held_add(struct grant_backend *backend, grant_ref_t ref);

#endif /* _XEN_GRANT_DMA_HELD_H */
