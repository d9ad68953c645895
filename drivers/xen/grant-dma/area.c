// SPDX-License-Identifier: GPL-2.0-only
/*
 * Areas of memory for bounced buffers.
 *
 * An area is Xen pages with a range of references that grants them as long as it exists.
 * A buffer has consecutive units of an area, so it is one range of DMA addresses, and
 * takes no grant operation. A backend has areas for all of its devices, and a CPU takes
 * from one of its own. Each device has a reserve of two more, for when nothing is left.
 *
 * swiotlb's slots are of 2 KiB and belong to no domain; a page_frag returns nothing
 * before all of it is free, and held 8 MiB where these hold 1 for long receive buffers.
 */

#include <linux/mm.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/smp.h>

#include "grant-dma.h"

/* Pages of an area that is made because many are in use already. */
#define AREA_GROWN	64U

static void area_note(struct grant_area *area, struct grant_area *as)
{
	grant_ref_t ref;

	for (ref = area->first; ref < area->first + area->pages; ref += GRANT_AREA_MIN)
		rcu_assign_pointer(area->backend->area[ref / GRANT_AREA_MIN], as);
}

/* Grants a page of the kernel, which area->vaddr has. */
static void area_grant(struct grant_area *area, unsigned int i)
{
	grant_table_grant(area->first + i, area->backend->domid,
			  XEN_PFN_DOWN(virt_to_phys(area->vaddr[i])), XEN_PFN_PER_PAGE,
			  area->readonly);
}

/* Of an area that nobody can find any more. */
static void area_free(struct grant_area *area)
{
	unsigned int i;

	for (i = 0; i < area->pages; i += XEN_PFN_PER_PAGE) {
		grant_refs_end(area->backend, area->first + i, XEN_PFN_PER_PAGE, false);
		clear_page(area->vaddr[i]);
		put_page(virt_to_page(area->vaddr[i]));
	}
	kfree(area->units);
	kfree(area);
}

static bool area_is_free(const struct grant_area *area)
{
	unsigned int i;

	for (i = 0; i < area->words; i++)
		if (atomic_long_read(&area->used[i]))
			return false;
	return true;
}

/*
 * Gives an area back, or NULL, from which nobody takes any more. False if a driver left
 * mappings in it, and it stays. May sleep.
 */
bool grant_area_destroy(struct grant_area *area)
{
	if (!area)
		return true;
	if (!area_is_free(area))
		return false;
	area_note(area, NULL);
	synchronize_rcu();
	area_free(area);
	return true;
}

/**
 * grant_area_create() - allocate and grant an area
 * @backend: to whom
 * @readonly: the backend may only read it
 * @pages: its size, a power of two from GRANT_AREA_MIN to GRANT_BLOCK
 * @gfp: how its memory is allocated
 *
 * Context: Any, but for @gfp. So it must not call vmalloc(), as kvzalloc() may.
 * Return: the area, or NULL when references or memory have run out.
 */
struct grant_area *grant_area_create(struct grant_backend *backend, bool readonly,
				     unsigned int pages, gfp_t gfp)
{
	struct grant_area *area = kzalloc(struct_size(area, vaddr, pages), gfp);
	unsigned int units = pages * GRANT_PAGE_UNITS, i;
	struct page *page;

	if (!area)
		return NULL;
	area->backend = backend;
	area->kind = GRANT_KINDS;
	area->readonly = readonly;
	area->cpu = -1;
	area->words = units / BITS_PER_LONG;
	area->units = kcalloc(units, sizeof(*area->units), gfp);
	if (!area->units)
		goto fail;
	area->first = grant_refs_alloc(backend, pages);
	if (!area->first)
		goto fail;
	for (; area->pages < pages; area->pages += XEN_PFN_PER_PAGE) {
		page = alloc_page(gfp | __GFP_ZERO);
		if (!page)
			goto fail_refs;
		for (i = 0; i < XEN_PFN_PER_PAGE; i++)
			area->vaddr[area->pages + i] = page_address(page) + i * XEN_PAGE_SIZE;
		area_grant(area, area->pages);
	}
	area_note(area, area);
	return area;

fail_refs:
	grant_refs_free(backend, area->first + area->pages, pages - area->pages);
fail:
	area_free(area);
	return NULL;
}

/* Takes all units of an area, if none is in use. */
static bool area_close(struct grant_area *area)
{
	unsigned int i;
	long none;

	for (i = 0; i < area->words; i++) {
		none = 0;
		if (!atomic_long_try_cmpxchg(&area->used[i], &none, ~0L))
			break;
	}
	if (i == area->words)
		return true;
	while (i--)
		atomic_long_set_release(&area->used[i], 0);
	return false;
}

/* With backend->lock held. */
static void area_unlink(struct grant_area *area)
{
	struct grant_backend *backend = area->backend;
	struct grant_cpu *cpu;
	int i;

	list_del(&area->node);
	WRITE_ONCE(backend->area_pages[area->kind], backend->area_pages[area->kind] - area->pages);
	for_each_possible_cpu(i) {
		cpu = per_cpu_ptr(backend->cpus, i);
		if (rcu_access_pointer(cpu->area[area->kind]) == area)
			RCU_INIT_POINTER(cpu->area[area->kind], NULL);
		if (rcu_access_pointer(cpu->given[area->kind]) == area)
			RCU_INIT_POINTER(cpu->given[area->kind], NULL);
	}
}

/*
 * Gives areas back that are not used: all, or those that were not used at the last call,
 * either. May sleep.
 */
void grant_areas_reap(struct grant_backend *backend, bool all)
{
	struct grant_area *area, *next;
	enum grant_kind kind;
	LIST_HEAD(closed);

	spin_lock_irq(&backend->lock);
	for (kind = 0; kind < GRANT_KINDS; kind++) {
		list_for_each_entry_safe(area, next, &backend->areas[kind], node) {
			if (!area_is_free(area)) {
				area->idle = false;
			} else if (!all && !area->idle) {
				area->idle = true;
			} else if (area_close(area)) {
				area_unlink(area);
				list_add(&area->node, &closed);
			}
		}
	}
	spin_unlock_irq(&backend->lock);
	if (list_empty(&closed))
		return;
	list_for_each_entry(area, &closed, node)
		area_note(area, NULL);
	/* Who found one has seen by then that all of it is taken. */
	synchronize_rcu();
	list_for_each_entry_safe(area, next, &closed, node)
		area_free(area);
}

/* Has this CPU take from an area. With backend->lock held. */
static void settle(struct grant_backend *backend, struct grant_area *area)
{
	struct grant_cpu *cpu = raw_cpu_ptr(backend->cpus);
	struct grant_area *old = rcu_dereference_protected(cpu->area[area->kind],
							   lockdep_is_held(&backend->lock));
	int this = raw_smp_processor_id();

	if (old && old->cpu == this)
		old->cpu = -1;
	if (area->cpu < 0)
		area->cpu = this;
	rcu_assign_pointer(cpu->area[area->kind], area);
}

/* Takes from an area, if there is one. */
static inline struct grant_area *area_take(struct grant_area *area, unsigned int count,
					   unsigned int *at)
{
	if (!area)
		return NULL;
	*at = grant_bits_take(area->used, area->words, count);
	return *at == GRANT_BITS_NONE ? NULL : area;
}

/* Takes from areas that no other CPU takes from, or from any. */
static struct grant_area *areas_take(struct grant_backend *backend, enum grant_kind kind,
				     unsigned int count, bool any, unsigned int *at)
{
	struct grant_area *area, *found = NULL;
	int this = raw_smp_processor_id();
	unsigned long flags;

	spin_lock_irqsave(&backend->lock, flags);
	list_for_each_entry(area, &backend->areas[kind], node) {
		if (!any && area->cpu >= 0 && area->cpu != this)
			continue;
		found = area_take(area, count, at);
		if (found) {
			settle(backend, found);
			break;
		}
	}
	spin_unlock_irqrestore(&backend->lock, flags);
	return found;
}

/*
 * Makes an area, of a quarter of what there is, so that there are few. It leaves the memory
 * for emergencies to others, also where reclaim itself writes: there are areas of other
 * CPUs, and the device's reserve.
 */
static struct grant_area *areas_grow(struct grant_backend *backend, enum grant_kind kind,
				     unsigned int count, unsigned int *at)
{
	unsigned int pages = roundup_pow_of_two(DIV_ROUND_UP(count, GRANT_PAGE_UNITS)), more;
	struct grant_area *area;
	unsigned long flags;

	/* With the low bits of its address the longest buffer is longer than any area. */
	if (pages > GRANT_BLOCK)
		return NULL;
	more = rounddown_pow_of_two(READ_ONCE(backend->area_pages[kind]) / 4 | 1);
	area = grant_area_create(backend, kind == GRANT_READONLY,
				 max(pages, clamp(more, GRANT_AREA_MIN, AREA_GROWN)),
				 GFP_NOWAIT | __GFP_NOMEMALLOC);
	if (!area)
		return NULL;
	area->kind = kind;
	*at = grant_bits_take(area->used, area->words, count);
	spin_lock_irqsave(&backend->lock, flags);
	list_add(&area->node, &backend->areas[kind]);
	WRITE_ONCE(backend->area_pages[kind], backend->area_pages[kind] + area->pages);
	settle(backend, area);
	spin_unlock_irqrestore(&backend->lock, flags);
	grant_backend_queue(&backend->reap, GRANT_REAP_DELAY);
	return area;
}

/* Takes short runs at the end, so that a long one, which is aligned, fits beside them. */
static struct grant_area *reserve_take(struct grant_area *area, unsigned int count,
				       unsigned int *at)
{
	unsigned int i;

	if (!area || count > BITS_PER_LONG)
		return area_take(area, count, at);
	for (i = area->words; i--;) {
		*at = grant_bits_take(&area->used[i], 1, count);
		if (*at != GRANT_BITS_NONE) {
			*at += i * BITS_PER_LONG;
			return area;
		}
	}
	return NULL;
}

/* Where the CPU's area has none. Most likely it gave some back elsewhere. */
static noinline struct grant_area *take_elsewhere(struct grant_device *gdev,
						  enum grant_kind kind, unsigned int count,
						  unsigned int *at)
{
	struct grant_backend *backend = gdev->backend;
	struct grant_area *area;

	rcu_read_lock();
	area = area_take(rcu_dereference(raw_cpu_ptr(backend->cpus)->given[kind]), count, at);
	rcu_read_unlock();
	return area ?: areas_take(backend, kind, count, false, at) ?:
		       areas_grow(backend, kind, count, at) ?:
		       areas_take(backend, kind, count, true, at) ?:
		       reserve_take(gdev->reserve[min(kind, GRANT_WRITABLE)], count, at);
}

/*
 * Takes consecutive units of an area for a device, and stores the first one's number. NULL
 * when all is in use, the device's reserve, too.
 */
struct grant_area *grant_area_take(struct grant_device *gdev, enum grant_kind kind,
				   unsigned int count, unsigned int *at)
{
	struct grant_area *area;

	/* The area stays while units of it are taken. */
	rcu_read_lock();
	area = area_take(rcu_dereference(raw_cpu_ptr(gdev->backend->cpus)->area[kind]),
			 count, at);
	rcu_read_unlock();
	return likely(area) ? area : take_elsewhere(gdev, kind, count, at);
}

/* Gives units back to their area, which may go afterwards. */
void grant_area_give(struct grant_area *area, unsigned int at, unsigned int count)
{
	/* Before the units are given: whoever unlinks the area sees it. */
	if (likely(area->kind < GRANT_KINDS))
		rcu_assign_pointer(raw_cpu_ptr(area->backend->cpus)->given[area->kind], area);
	grant_bits_give(area->used, at, count);
}

/*
 * Grants areas again, to a table that may be a new one, while devices are frozen, and so
 * the work that gives areas back.
 */
void grant_areas_regrant(struct grant_backend *backend)
{
	struct grant_area *area;
	unsigned long pfn;
	grant_ref_t ref;

	rcu_read_lock();
	for (ref = 0; ref < backend->size; ref += XEN_PFN_PER_PAGE) {
		area = rcu_dereference(backend->area[ref / GRANT_AREA_MIN]);
		if (!area)
			continue;
		pfn = XEN_PFN_DOWN(virt_to_phys(area->vaddr[ref - area->first]));
		/* A table that is not new has it still, perhaps in use. */
		if (grant_table_gfn(ref) != pfn_to_gfn(pfn))
			area_grant(area, ref - area->first);
	}
	rcu_read_unlock();
}
