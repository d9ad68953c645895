// SPDX-License-Identifier: GPL-2.0-only
/*
 * References that a backend still uses although their mapping has ended.
 *
 * A backend may unmap a page a little after the guest has ended its mapping:
 * QEMU lets go of the rings some time after the device was reset. Until then
 * neither the reference nor the page may be used for anything else. Both are
 * held here, and a worker tries again until the backend has let go. An entry
 * keeps the backend's object alive, but no device.
 */

#include <kunit/static_stub.h>

#include <linux/jiffies.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/slab.h>

#include <xen/page.h>

#include "backend.h"
#include "held.h"
#include "range.h"
#include "table.h"

#define HELD_DELAY_MIN	msecs_to_jiffies(10)
#define HELD_DELAY_MAX	msecs_to_jiffies(1000)

struct held_ref {
	struct list_head node;
	grant_ref_t ref;
	struct folio *folio;
};

/*
 * Takes a folio reference, so that the page's owner may free it now. That
 * can't be had for the tail of a high-order allocation without __GFP_COMP, nor
 * for slab memory where the kernel doesn't count its references: there the
 * grant reference alone is held.
 */
static struct folio *held_folio(grant_ref_t ref)
{
	unsigned long pfn = gfn_to_pfn(grant_table_gfn(ref));
	struct folio *folio = page_folio(xen_pfn_to_page(pfn));

	return folio_try_get(folio) ? folio : NULL;
}

/* Returns how many entries were released, each with its backend reference. */
static unsigned int held_release(struct grant_backend *backend,
				 struct list_head *refs)
{
	struct held_ref *entry, *next;
	unsigned int released = 0;

	list_for_each_entry_safe(entry, next, refs, node) {
		if (!grant_table_end(entry->ref, 1))
			continue;
		grant_range_free_part(backend->ranges, entry->ref, 1);
		if (entry->folio)
			folio_put(entry->folio);
		list_del(&entry->node);
		kfree(entry);
		released++;
	}
	return released;
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
	unsigned int released;
	LIST_HEAD(refs);

	spin_lock_irq(&held->lock);
	list_splice_init(&held->refs, &refs);
	spin_unlock_irq(&held->lock);

	released = held_release(backend, &refs);

	spin_lock_irq(&held->lock);
	list_splice(&refs, &held->refs);
	held->count -= released;
	held->delay = released ? HELD_DELAY_MIN :
				 min(held->delay * 2, HELD_DELAY_MAX);
	if (held->count)
		grant_held_schedule(held);
	spin_unlock_irq(&held->lock);

	while (released--)
		grant_backend_put(backend);
}

/**
 * grant_held_init() - a backend that holds nothing yet
 * @held: the part of its object
 */
void grant_held_init(struct grant_held *held)
{
	spin_lock_init(&held->lock);
	INIT_LIST_HEAD(&held->refs);
	INIT_DELAYED_WORK(&held->work, held_work);
	held->delay = HELD_DELAY_MIN;
}

/**
 * grant_held_add() - hold a reference and its page until the backend lets go
 * @backend: the backend that uses it
 * @ref: reference whose access could not be ended, of a run that was split
 *
 * Must be called before the owner of the page can free it. When memory for
 * the entry is short, reference and page are given up: they are never used
 * again.
 *
 * Context: Any.
 */
void grant_held_add(struct grant_backend *backend, grant_ref_t ref)
{
	struct held_ref *entry = kmalloc(sizeof(*entry), GFP_ATOMIC);
	struct grant_held *held = &backend->held;
	struct folio *folio = held_folio(ref);
	unsigned long flags;

	if (!entry) {
		pr_err_ratelimited("xen-grant-dma: no memory to hold reference %#x that domain %u still uses, it is lost\n",
				   ref, backend->domid);
		return;
	}

	entry->ref = ref;
	entry->folio = folio;
	kref_get(&backend->kref);

	spin_lock_irqsave(&held->lock, flags);
	list_add_tail(&entry->node, &held->refs);
	held->count++;
	if (held->count == 1) {
		held->delay = HELD_DELAY_MIN;
		grant_held_schedule(held);
	}
	spin_unlock_irqrestore(&held->lock, flags);
}
