/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * References that a backend still uses although their mapping has ended.
 */

#ifndef _XEN_GRANT_DMA_DEFERRED_H
#define _XEN_GRANT_DMA_DEFERRED_H

#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant_table.h>
#include <xen/interface/xen.h>

struct grant_ranges;

/**
 * struct grant_deferred - what a domain still uses
 * @ranges: where its references are from
 * @domid: the domain
 * @begin: called with @lock held when the first reference is deferred
 * @end: called by the worker, which touches nothing afterwards, when none is
 *	deferred any more
 * @full: mappings for the domain are refused
 * @lock: protects what follows, up to @work, and @late
 * @first: entry of the list, 0 if it is empty
 * @count: number of entries, with those that the worker has in hand
 * @blocks: how many of them are in each block of the table
 * @spread: blocks with any of them
 * @delay: jiffies until the next try
 * @next_mark: jiffies when entries are marked
 * @work: tries again; under way while @count is not 0
 * @report_late: reports @late
 * @late: references of streaming mappings that were in use when these ended;
 *	changes with @lock held
 * @late_reported: the reporter's: how many of these it reported
 * @next_report: jiffies when it reports again, at the earliest
 * @old: the worker's: reported that some are deferred for long
 * @full_reported: the worker's: reported that mappings are refused
 */
struct grant_deferred {
	struct grant_ranges *ranges;
	domid_t domid;
	void (*begin)(struct grant_deferred *deferred);
	void (*end)(struct grant_deferred *deferred);
	bool full;
	spinlock_t lock;	/* all down to work, and late */
	u32 first;
	unsigned int count;
	u16 *blocks;
	unsigned int spread;
	unsigned long delay;
	unsigned long next_mark;
	struct delayed_work work;
	struct delayed_work report_late;
	unsigned int late;
	unsigned int late_reported;
	unsigned long next_report;
	bool old;
	bool full_reported;
};

extern unsigned int grant_deferred_max;

int grant_deferred_init(struct grant_deferred *deferred);
void grant_deferred_destroy(struct grant_deferred *deferred);
void grant_deferred_schedule(struct grant_deferred *deferred);
void grant_defer(struct grant_deferred *deferred, grant_ref_t first,
		 unsigned int count, unsigned int ended, bool streaming);

#endif /* _XEN_GRANT_DMA_DEFERRED_H */
