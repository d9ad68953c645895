// SPDX-License-Identifier: GPL-2.0-only
/*
 * References that a backend still uses although their mapping has ended.
 *
 * A backend may unmap a page a little after the guest has ended its mapping:
 * QEMU lets go of the rings some time after the device was reset. Until then
 * neither the reference nor the page may be used for anything else. A worker tries
 * to end each of them until the backend has let go, as grant-table.c does for
 * references that gnttab_end_foreign_access() can't end. That one allocates an
 * entry for each and leaks the reference where there is no memory, reports
 * each reference for itself, knows no limit, and no ranges.
 *
 * Nothing is allocated here: entries are linked through grant_ranges::info, which
 * has no other use for a reference now, and its grant still tells the page.
 *
 * One reference is enough to keep those around it from being a long range for
 * anyone. So a backend is refused mappings not only when it uses too many of them,
 * but also when they are spread over too many blocks of the table.
 */

#include <kunit/static_stub.h>

#include <linux/align.h>
#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xen/page.h>

#include "deferred.h"
#include "range.h"
#include "table.h"

#define DEFERRED_DELAY_MIN	msecs_to_jiffies(10)
#define DEFERRED_DELAY_MAX	msecs_to_jiffies(1000)

/* What is deferred longer is reported. */
#define DEFERRED_REPORT		msecs_to_jiffies(2000)

/* An entry of the list: GRANT_REF_DEFERRED, these, and the reference, 0 at its end. */
#define DEFERRED_MARK		BIT(2)	/* in the list at the last mark already */
#define DEFERRED_FOLIO		BIT(3)	/* its folio's count is raised */
#define DEFERRED_REF_SHIFT	4

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"xen_grant_dma."

unsigned int grant_deferred_max;
module_param_named(max_deferred, grant_deferred_max, uint, 0644);
MODULE_PARM_DESC(max_deferred, "References that a backend may go on using after their unmap before mappings for it are refused (0: a quarter of the grant table)");

/* A block is as long as the longest range. */
#define DEFERRED_BLOCK		GRANT_RANGE_MAX

/* Blocks with deferred references that a backend may have in any case. */
#define DEFERRED_SPREAD		4

static bool too_many(const struct grant_deferred *deferred)
{
	unsigned int max = READ_ONCE(grant_deferred_max);
	unsigned int quarter = deferred->ranges->size / 4;
	unsigned int spread = max(max, quarter) / DEFERRED_BLOCK;

	return deferred->count >= (max ?: quarter) ||
	       deferred->spread > max(spread, DEFERRED_SPREAD);
}

static struct folio *folio_of(grant_ref_t ref)
{
	unsigned long pfn = gfn_to_pfn(grant_table_gfn(ref));

	return page_folio(xen_pfn_to_page(pfn));
}

static grant_ref_t ref_of(u32 entry)
{
	return entry >> DEFERRED_REF_SHIFT;
}

/* With deferred->lock held. */
static void push(struct grant_deferred *deferred, u32 entry)
{
	union grant_ref_info *info = &deferred->ranges->info[ref_of(entry)];

	info->deferred.next = deferred->first | GRANT_REF_DEFERRED;
	deferred->first = entry;
}

static grant_ref_t first_of_range(struct grant_ranges *ranges, grant_ref_t ref)
{
	return ALIGN_DOWN(ref, 1 << ranges->info[ref].deferred.order);
}

/* Returns whether it was the last one of its range. With deferred->lock held. */
static bool drop(struct grant_deferred *deferred, grant_ref_t ref)
{
	struct grant_ranges *ranges = deferred->ranges;

	deferred->spread -= !--deferred->blocks[ref / DEFERRED_BLOCK];
	return !--ranges->info[first_of_range(ranges, ref)].deferred.left;
}

/* Of a range of which no reference is deferred any more. */
static void free_range(struct grant_ranges *ranges, grant_ref_t ref)
{
	unsigned int count = 1 << ranges->info[ref].deferred.order;
	grant_ref_t first = first_of_range(ranges, ref);

	memset(&ranges->info[first], 0, count * sizeof(*ranges->info));
	grant_range_free(ranges, first, count);
}

/* Returns false when the backend still uses it. */
static bool end(u32 entry)
{
	grant_ref_t ref = ref_of(entry);
	struct folio *folio = NULL;

	/* A table that is new since the domain was restored tells no page. */
	if ((entry & DEFERRED_FOLIO) && grant_table_gfn(ref))
		folio = folio_of(ref);
	if (!grant_table_end(ref, 1))
		return false;
	if (folio)
		folio_put(folio);
	return true;
}

/**
 * struct deferred_walk - the worker's way through the list
 * @mark: DEFERRED_MARK if entries that are left get it, or 0
 * @spread: blocks that entries were in before
 * @released: entries that the backend let go of
 * @old: whether any that is left had been marked before
 */
struct deferred_walk {
	u32 mark;
	unsigned int spread;
	unsigned int released;
	bool old;
};

/* Returns the first entry of the list, which is empty then. */
static u32 walk_start(struct grant_deferred *deferred,
		      struct deferred_walk *walk)
{
	u32 entry;

	spin_lock_irq(&deferred->lock);
	entry = deferred->first;
	deferred->first = 0;
	walk->spread = deferred->spread;
	if (time_after_eq(jiffies, deferred->next_mark)) {
		deferred->next_mark = jiffies + DEFERRED_REPORT;
		walk->mark = DEFERRED_MARK;
	}
	spin_unlock_irq(&deferred->lock);
	return entry;
}

/* Tries every entry. There may be thousands: the lock is taken for each. */
static void try_all(struct grant_deferred *deferred, struct deferred_walk *walk)
{
	struct grant_ranges *ranges = deferred->ranges;
	bool ended, last;
	grant_ref_t ref;
	u32 entry, next;

	for (entry = walk_start(deferred, walk); ref_of(entry); entry = next) {
		ref = ref_of(entry);
		next = ranges->info[ref].deferred.next;
		ended = end(entry);
		last = false;
		spin_lock_irq(&deferred->lock);
		if (ended) {
			last = drop(deferred, ref);
			walk->released++;
		} else {
			push(deferred, entry | walk->mark);
			walk->old |= !!(entry & DEFERRED_MARK);
		}
		spin_unlock_irq(&deferred->lock);
		if (last)
			free_range(ranges, ref);
		cond_resched();
	}
}

/* Messages are the worker's: unmap may be called under the console's locks. */
static void report_old(struct grant_deferred *deferred, bool old)
{
	if (old && !deferred->old)
		pr_warn_ratelimited("xen-grant-dma: domain %u still uses %u references that were unmapped; they are deferred until it lets go\n",
				    deferred->domid, READ_ONCE(deferred->count));
	deferred->old = old;
}

/*
 * Whether mappings were refused before and after a try of @count references, in
 * @spread blocks.
 */
static void report_full(struct grant_deferred *deferred, bool was_full,
			bool is_full, unsigned int count, unsigned int spread)
{
	if (was_full && !deferred->full_reported) {
		pr_err_ratelimited("xen-grant-dma: domain %u holds %u references that were unmapped, in %u blocks of %u; mappings are refused until it lets go (xen_grant_dma.max_deferred)\n",
				   deferred->domid, count, spread,
				   DEFERRED_BLOCK);
		deferred->full_reported = true;
	}
	if (!is_full && deferred->full_reported) {
		pr_info_ratelimited("xen-grant-dma: domain %u let go of references, mappings go on\n",
				    deferred->domid);
		deferred->full_reported = false;
	}
}

/**
 * grant_deferred_schedule() - have the worker try again after deferred->delay
 * @deferred: what a backend still uses
 *
 * Context: Any, with deferred->lock held.
 */
void grant_deferred_schedule(struct grant_deferred *deferred)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_deferred_schedule, deferred);

	schedule_delayed_work(&deferred->work, deferred->delay);
}

/*
 * A backend lets go of what it read or wrote before it says that it is done. One
 * that doesn't may see, and change, what the guest does with the page next.
 */
static void report_late(struct work_struct *work)
{
	struct grant_deferred *deferred =
		container_of(to_delayed_work(work), struct grant_deferred,
			     report_late);
	unsigned int late = READ_ONCE(deferred->late);

	if (late == deferred->late_reported)
		return;
	pr_warn("xen-grant-dma: domain %u still used %u references of I/O when that ended, and has access to their pages until it lets go\n",
		deferred->domid, late - deferred->late_reported);
	deferred->late_reported = late;
	WRITE_ONCE(deferred->next_report, jiffies + DEFERRED_REPORT);
}

/* At once, unless it did so a moment ago. */
static void report_late_soon(struct grant_deferred *deferred)
{
	long delay = READ_ONCE(deferred->next_report) - jiffies;

	schedule_delayed_work(&deferred->report_late,
			      clamp(delay, 0L, (long)DEFERRED_REPORT));
}

static void deferred_work(struct work_struct *work)
{
	struct grant_deferred *deferred =
		container_of(to_delayed_work(work), struct grant_deferred, work);
	struct deferred_walk walk = {};
	bool was_full, is_full;
	unsigned int left;

	try_all(deferred, &walk);

	spin_lock_irq(&deferred->lock);
	was_full = deferred->full;
	WRITE_ONCE(deferred->count, deferred->count - walk.released);
	is_full = too_many(deferred);
	WRITE_ONCE(deferred->full, is_full);
	left = deferred->count;
	/* One that lets go of few among many doesn't keep the worker busy. */
	deferred->delay = walk.released >= left ? DEFERRED_DELAY_MIN :
				min(deferred->delay * 2, DEFERRED_DELAY_MAX);
	if (left)
		grant_deferred_schedule(deferred);
	spin_unlock_irq(&deferred->lock);

	if (walk.mark || !left)
		report_old(deferred, walk.old);
	report_full(deferred, was_full, is_full, left + walk.released,
		    walk.spread);
	if (!left)
		deferred->end(deferred);
}

/* Puts a reference into the list. With deferred->lock held. */
static void defer(struct grant_deferred *deferred, grant_ref_t ref,
		  unsigned int order)
{
	u32 entry = ref << DEFERRED_REF_SHIFT | GRANT_REF_DEFERRED;
	union grant_ref_info *info = deferred->ranges->info;
	union grant_ref_info *first = &info[ALIGN_DOWN(ref, 1 << order)];

	if (folio_try_get(folio_of(ref)))
		entry |= DEFERRED_FOLIO;
	info[ref].deferred.order = order;
	first->deferred.next |= GRANT_REF_DEFERRED;
	first->deferred.left++;
	deferred->spread += !deferred->blocks[ref / DEFERRED_BLOCK]++;
	WRITE_ONCE(deferred->count, deferred->count + 1);
	push(deferred, entry);
}

/**
 * grant_defer() - keep a range until the backend lets go of all of it
 * @deferred: what the backend still uses
 * @first: first reference, of which info tells nothing
 * @count: how many, as allocated
 * @ended: how many of them don't grant access any more
 * @streaming: of a mapping that the backend should not use any more, which is
 *	reported at once
 *
 * A page that the backend still uses is kept as well. Must be called before the
 * owner of the pages can free them, which it may do afterwards. A page without a
 * count of its own can't be kept, only the reference: the tail of a high-order
 * allocation without __GFP_COMP, and slab memory where the kernel doesn't count
 * its references.
 *
 * Context: Any.
 */
void grant_defer(struct grant_deferred *deferred, grant_ref_t first,
		 unsigned int count, unsigned int ended, bool streaming)
{
	unsigned int order = order_base_2(count), before;
	grant_ref_t end = first + count, ref;
	unsigned long flags;
	bool any;

	/* The worker must not find the range before all of it is in the list. */
	spin_lock_irqsave(&deferred->lock, flags);
	before = deferred->count;
	for (ref = first + ended; ref < end; ref++)
		if (!grant_table_end(ref, 1))
			defer(deferred, ref, order);
	any = deferred->count != before;
	if (any && !before) {
		deferred->begin(deferred);
		deferred->delay = DEFERRED_DELAY_MIN;
		deferred->next_mark = jiffies;
		grant_deferred_schedule(deferred);
	}
	if (any && streaming) {
		WRITE_ONCE(deferred->late,
			   deferred->late + deferred->count - before);
		report_late_soon(deferred);
	}
	if (too_many(deferred))
		WRITE_ONCE(deferred->full, true);
	spin_unlock_irqrestore(&deferred->lock, flags);

	/* The backend may have let go of it meanwhile. */
	if (!any)
		grant_range_free(deferred->ranges, first, count);
}

/**
 * grant_deferred_init() - a domain that uses nothing yet
 * @deferred: ranges, domid, begin and end are set
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_deferred_init(struct grant_deferred *deferred)
{
	unsigned int blocks = DIV_ROUND_UP(deferred->ranges->size,
					   DEFERRED_BLOCK);

	deferred->blocks = kvcalloc(blocks, sizeof(*deferred->blocks),
				    GFP_KERNEL);
	if (!deferred->blocks)
		return -ENOMEM;
	spin_lock_init(&deferred->lock);
	INIT_DELAYED_WORK(&deferred->work, deferred_work);
	INIT_DELAYED_WORK(&deferred->report_late, report_late);
	deferred->delay = DEFERRED_DELAY_MIN;
	deferred->next_report = jiffies;
	return 0;
}

/**
 * grant_deferred_destroy() - undo grant_deferred_init()
 * @deferred: of a domain that uses nothing any more
 *
 * Context: Process context, may sleep.
 */
void grant_deferred_destroy(struct grant_deferred *deferred)
{
	flush_delayed_work(&deferred->report_late);
	kvfree(deferred->blocks);
}
