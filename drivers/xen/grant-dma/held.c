// SPDX-License-Identifier: GPL-2.0-only
/*
 * References that a backend still uses although their mapping has ended.
 *
 * A backend may unmap a page a little after the guest has ended its mapping:
 * QEMU lets go of the rings some time after the device was reset. Until then
 * neither the reference nor the page may be used for anything else. Both are
 * held here, and a worker tries again until the backend has let go.
 *
 * Nothing is allocated to hold a reference. It is linked to the next one by
 * grant_ranges::next, which has no other use for it now, and its grant still
 * tells the page. As long as anything is held, the backend's object is kept
 * alive, but no device.
 *
 * One reference that is held is enough to keep those around it from being a long
 * run for anyone. So a backend is refused mappings not only when it uses too many
 * of them, but also when they are spread over too many blocks of the table.
 */

#include <kunit/static_stub.h>

#include <linux/bits.h>
#include <linux/jiffies.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include <xen/page.h>

#include "backend.h"
#include "held.h"
#include "range.h"
#include "table.h"

#define HELD_DELAY_MIN	msecs_to_jiffies(10)
#define HELD_DELAY_MAX	msecs_to_jiffies(1000)

/* What is held longer is reported. */
#define HELD_REPORT	msecs_to_jiffies(2000)

/* An entry of the list. A table with higher references would take 8 GiB. */
#define HELD_REF	GENMASK(29, 0)
#define HELD_MARK	BIT(30)		/* held at the last mark already */
#define HELD_FOLIO	BIT(31)		/* its folio's count is raised */

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"xen_grant_dma."

unsigned int grant_held_max;
module_param_named(max_held, grant_held_max, uint, 0644);
MODULE_PARM_DESC(max_held, "References that a backend may go on using after their unmap before mappings for it are refused (0: a quarter of the grant table)");

/* A block is as long as the longest run that is kept for reuse. */
#define HELD_BLOCK	GRANT_RANGE_CACHED

/* Blocks that a backend may spoil, even if it may hold few references. */
#define HELD_SPREAD	4

static bool held_too_many(const struct grant_backend *backend)
{
	unsigned int max = READ_ONCE(grant_held_max);
	unsigned int quarter = backend->ranges->size / 4;
	unsigned int spread = max(max, quarter) / HELD_BLOCK;

	return backend->held.count >= (max ?: quarter) ||
	       backend->held.spoilt > max(spread, HELD_SPREAD);
}

static struct folio *held_folio(grant_ref_t ref)
{
	unsigned long pfn = gfn_to_pfn(grant_table_gfn(ref));

	return page_folio(xen_pfn_to_page(pfn));
}

/* Returns false when the backend still uses it. */
static bool held_end(struct grant_backend *backend, u32 entry)
{
	grant_ref_t ref = entry & HELD_REF;
	struct folio *folio = NULL;

	if (entry & HELD_FOLIO)
		folio = held_folio(ref);
	if (!grant_table_end(ref, 1))
		return false;

	grant_range_free_part(backend->ranges, ref, 1);
	if (folio)
		folio_put(folio);
	return true;
}

/* With held->lock held. */
static void held_spoil(struct grant_held *held, grant_ref_t ref)
{
	held->spoilt += !held->blocks[ref / HELD_BLOCK]++;
}

/* With held->lock held. */
static void held_unspoil(struct grant_held *held, grant_ref_t ref)
{
	held->spoilt -= !--held->blocks[ref / HELD_BLOCK];
}

/* With held->lock held. */
static void held_push(struct grant_backend *backend, u32 entry)
{
	WRITE_ONCE(backend->ranges->next[entry & HELD_REF], backend->held.first);
	backend->held.first = entry;
}

/**
 * struct held_walk - the worker's way through the list
 * @mark: HELD_MARK if entries that are left get it, or 0
 * @spoilt: blocks that entries were in before
 * @released: entries that the backend let go of
 * @old: whether any that is left had been marked before
 */
struct held_walk {
	u32 mark;
	unsigned int spoilt;
	unsigned int released;
	bool old;
};

/* Returns the first entry of the list, which is empty then. */
static u32 held_walk_start(struct grant_held *held, struct held_walk *walk)
{
	u32 entry;

	spin_lock_irq(&held->lock);
	entry = held->first;
	held->first = 0;
	walk->spoilt = held->spoilt;
	if (time_after_eq(jiffies, held->next_mark)) {
		held->next_mark = jiffies + HELD_REPORT;
		walk->mark = HELD_MARK;
	}
	spin_unlock_irq(&held->lock);
	return entry;
}

/* Tries every entry. There may be thousands: the lock is taken for each. */
static void held_try_all(struct grant_backend *backend, struct held_walk *walk)
{
	struct grant_held *held = &backend->held;
	u32 entry, next;
	bool ended;

	for (entry = held_walk_start(held, walk); entry; entry = next) {
		next = backend->ranges->next[entry & HELD_REF];
		ended = held_end(backend, entry);
		spin_lock_irq(&held->lock);
		if (ended) {
			held_unspoil(held, entry & HELD_REF);
			walk->released++;
		} else {
			held_push(backend, entry | walk->mark);
			walk->old |= !!(entry & HELD_MARK);
		}
		spin_unlock_irq(&held->lock);
		cond_resched();
	}
}

/* Messages are the worker's: unmap may be called under the console's locks. */
static void held_report_old(struct grant_backend *backend, bool old)
{
	struct grant_held *held = &backend->held;

	if (old && !held->old)
		pr_warn_ratelimited("xen-grant-dma: domain %u still uses %u references that were unmapped; they are held until it lets go\n",
				    backend->domid, READ_ONCE(held->count));
	held->old = old;
}

/*
 * Whether mappings were refused before and after a try of @count references, in
 * @blocks blocks.
 */
static void held_report_full(struct grant_backend *backend, bool was_full,
			     bool is_full, unsigned int count,
			     unsigned int blocks)
{
	struct grant_held *held = &backend->held;

	if (was_full && !held->full_reported) {
		pr_err_ratelimited("xen-grant-dma: domain %u holds %u references that were unmapped, in %u blocks of %u; mappings are refused until it lets go (xen_grant_dma.max_held)\n",
				   backend->domid, count, blocks, HELD_BLOCK);
		held->full_reported = true;
	}
	if (!is_full && held->full_reported) {
		pr_info_ratelimited("xen-grant-dma: domain %u let go of references, mappings go on\n",
				    backend->domid);
		held->full_reported = false;
	}
}

/**
 * grant_held_schedule() - have the worker try again after held->delay
 * @held: what a backend still uses
 *
 * Context: Any, with held->lock held.
 */
void grant_held_schedule(struct grant_held *held)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_held_schedule, held);

	schedule_delayed_work(&held->work, held->delay);
}

static void held_work(struct work_struct *work)
{
	struct grant_held *held =
		container_of(to_delayed_work(work), struct grant_held, work);
	struct grant_backend *backend =
		container_of(held, struct grant_backend, held);
	struct held_walk walk = {};
	bool was_full, is_full;
	unsigned int left;

	held_try_all(backend, &walk);

	spin_lock_irq(&held->lock);
	was_full = held->full;
	held->count -= walk.released;
	is_full = held_too_many(backend);
	WRITE_ONCE(held->full, is_full);
	left = held->count;
	/* One that lets go of few among many doesn't keep the worker busy. */
	held->delay = walk.released >= left ? HELD_DELAY_MIN :
					      min(held->delay * 2, HELD_DELAY_MAX);
	if (left)
		grant_held_schedule(held);
	spin_unlock_irq(&held->lock);

	if (walk.mark || !left)
		held_report_old(backend, walk.old);
	held_report_full(backend, was_full, is_full, left + walk.released,
			 walk.spoilt);
	if (!left)
		grant_backend_put(backend);
}

/**
 * grant_held_init() - a backend that holds nothing yet
 * @held: the part of its object
 * @size: references that there can be
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_held_init(struct grant_held *held, unsigned int size)
{
	held->blocks = kvcalloc(DIV_ROUND_UP(size, HELD_BLOCK),
				sizeof(*held->blocks), GFP_KERNEL);
	if (!held->blocks)
		return -ENOMEM;
	spin_lock_init(&held->lock);
	INIT_DELAYED_WORK(&held->work, held_work);
	held->delay = HELD_DELAY_MIN;
	return 0;
}

/**
 * grant_held_destroy() - undo grant_held_init()
 * @held: the part of a backend that holds nothing any more
 *
 * Context: Process context, may sleep.
 */
void grant_held_destroy(struct grant_held *held)
{
	kvfree(held->blocks);
}

/**
 * grant_held_add() - hold a reference and its page until the backend lets go
 * @backend: the backend that uses it
 * @ref: reference whose access could not be ended, of a run that was split
 *
 * Must be called before the owner of the page can free it, which it may do
 * afterwards. A page without a count of its own can't be held, only the
 * reference: the tail of a high-order allocation without __GFP_COMP, and slab
 * memory where the kernel doesn't count its references.
 *
 * Context: Any.
 */
void grant_held_add(struct grant_backend *backend, grant_ref_t ref)
{
	struct grant_held *held = &backend->held;
	unsigned long flags;
	u32 entry = ref;

	if (folio_try_get(held_folio(ref)))
		entry |= HELD_FOLIO;

	spin_lock_irqsave(&held->lock, flags);
	held_push(backend, entry);
	held_spoil(held, ref);
	if (!held->count++) {
		kref_get(&backend->kref);
		held->delay = HELD_DELAY_MIN;
		held->next_mark = jiffies;
		grant_held_schedule(held);
	}
	if (held_too_many(backend))
		WRITE_ONCE(held->full, true);
	spin_unlock_irqrestore(&held->lock, flags);
}
