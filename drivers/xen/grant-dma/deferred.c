// SPDX-License-Identifier: GPL-2.0-only
/*
 * References that a backend still uses although their mapping has ended.
 *
 * A backend may unmap a page a little after the guest has ended its mapping: QEMU lets
 * go of the rings some time after the device was reset. Until then neither the reference
 * nor the page may be used for anything else: they are deferred, and a worker tries
 * again. What grant-table.c has for this allocates an entry for each reference, leaks
 * those for which there is no memory, and reports each by itself.
 *
 * Messages are the workers': who unmaps may hold the locks of a console.
 */

#define pr_fmt(fmt) "xen-grant-dma: " fmt

#include <linux/jiffies.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include "grant-dma.h"

#define RETRY_DELAY_MIN	msecs_to_jiffies(10)
#define RETRY_DELAY_MAX	msecs_to_jiffies(1000)

/* What is deferred longer is reported, and nothing is more often. */
#define REPORT_DELAY	msecs_to_jiffies(2000)

/* Raises the count of the folio, if it has one, so that it can't be reused. */
static unsigned long record_of(grant_ref_t ref)
{
	struct page *page = xen_pfn_to_page(gfn_to_pfn(grant_table_gfn(ref)));

	return GRANT_DEFERRED | page_to_pfn(page) |
	       (folio_try_get(page_folio(page)) ? GRANT_DEFERRED_FOLIO : 0);
}

/**
 * grant_refs_defer() - keep references until the backend lets go of them
 * @backend: who still uses some
 * @first: the first of a range
 * @count: how many it has
 * @ended: how many of these don't grant access any more
 * @late: it should have let go of them already, which is reported
 *
 * A page without a count of its own can't be kept, only its reference.
 */
void grant_refs_defer(struct grant_backend *backend, grant_ref_t first, unsigned int count,
		      unsigned int ended, bool late)
{
	struct grant_block *block = &backend->block[first / GRANT_BLOCK];
	unsigned int before, i;
	unsigned long flags;

	grant_refs_free(backend, first, ended);
	spin_lock_irqsave(&backend->lock, flags);
	before = backend->deferred;
	for (i = ended; i < count; i++) {
		if (grant_table_end(first + i, 1)) {
			grant_refs_free(backend, first + i, 1);
			continue;
		}
		WRITE_ONCE(backend->mapped[first + i], record_of(first + i));
		WRITE_ONCE(block->deferred, block->deferred + 1);
		WRITE_ONCE(backend->deferred, backend->deferred + 1);
	}
	if (late)
		WRITE_ONCE(backend->late, backend->late + backend->deferred - before);
	if (!before && backend->deferred) {
		kref_get(&backend->kref);
		backend->delay = RETRY_DELAY_MIN;
		backend->next_mark = jiffies;
		grant_backend_queue(&backend->retry, backend->delay);
	}
	spin_unlock_irqrestore(&backend->lock, flags);
}

/* Ends a deferred reference if the backend let go of it. */
static bool end_deferred(struct grant_backend *backend, grant_ref_t ref, unsigned long record)
{
	struct grant_block *block = &backend->block[ref / GRANT_BLOCK];

	if (!grant_table_end(ref, 1))
		return false;
	spin_lock_irq(&backend->lock);
	WRITE_ONCE(backend->mapped[ref], 0);
	WRITE_ONCE(block->deferred, block->deferred - 1);
	spin_unlock_irq(&backend->lock);
	/* The record is cleared before the next owner writes it. */
	grant_bits_give(block->used, ref % GRANT_BLOCK, 1);
	if (record & GRANT_DEFERRED_FOLIO)
		folio_put(pfn_folio(record & GRANT_DEFERRED_PFN));
	return true;
}

/* Tries all that is deferred. Returns how many ended; @old: some are left of two marks ago. */
static unsigned int end_all(struct grant_backend *backend, bool mark, bool *old)
{
	unsigned long record;
	unsigned int ended = 0;
	grant_ref_t ref;

	for (ref = 0; ref < backend->size; ref++) {
		if (!READ_ONCE(backend->block[ref / GRANT_BLOCK].deferred)) {
			ref |= GRANT_BLOCK - 1;
			continue;
		}
		record = READ_ONCE(backend->mapped[ref]);
		if (!(record & GRANT_DEFERRED))
			continue;
		if (end_deferred(backend, ref, record)) {
			ended++;
		} else if (mark) {
			*old |= record & GRANT_DEFERRED_OLD;
			WRITE_ONCE(backend->mapped[ref], record | GRANT_DEFERRED_OLD);
		}
		cond_resched();
	}
	return ended;
}

/*
 * Reports what a backend used after its I/O had ended. It lets go of what it reads or
 * writes before it says that it is done. One that doesn't may see, and change, what the
 * guest does with the page next. From process context.
 */
void grant_deferred_report(struct grant_backend *backend)
{
	unsigned int late;

	spin_lock_irq(&backend->lock);
	late = time_before(jiffies, backend->next_report) ? 0 :
	       backend->late - backend->late_reported;
	if (late) {
		backend->late_reported += late;
		backend->next_report = jiffies + REPORT_DELAY;
	}
	spin_unlock_irq(&backend->lock);
	if (late)
		pr_warn("domain %u still used %u references of I/O when that ended, and has access to their pages until it lets go\n",
			backend->domid, late);
}

/* Ends what a backend let go of since: the worker grant_backend::retry. */
void grant_deferred_retry(struct work_struct *work)
{
	struct grant_backend *backend =
		container_of(to_delayed_work(work), struct grant_backend, retry);
	bool mark = time_after_eq(jiffies, backend->next_mark), old = false;
	unsigned int ended, left;

	grant_deferred_report(backend);
	ended = end_all(backend, mark, &old);
	spin_lock_irq(&backend->lock);
	left = backend->deferred - ended;
	WRITE_ONCE(backend->deferred, left);
	if (mark)
		backend->next_mark = jiffies + REPORT_DELAY;
	/* One that lets go of few among many doesn't keep the worker busy. */
	backend->delay = ended >= left ? RETRY_DELAY_MIN :
			 min(backend->delay * 2, RETRY_DELAY_MAX);
	if (left)
		grant_backend_queue(&backend->retry, backend->delay);
	spin_unlock_irq(&backend->lock);

	if (old && !backend->old)
		pr_warn_ratelimited("domain %u still uses %u references that were unmapped; they are deferred until it lets go\n",
				    backend->domid, left);
	if (mark || !left)
		backend->old = old;
	if (!left)
		grant_backend_put(backend);
}
