// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend's pool of bounce memory.
 *
 * A buffer that doesn't fill its Xen pages is copied to memory that holds
 * nothing else of the guest's. That memory stays granted, so that a small
 * mapping takes no grant operation at all. Pages that the backend may write are
 * kept apart from those that it may only read, and from those of coherent memory.
 *
 * Idle slots are kept in a stack for each CPU and size. When a CPU's stack is
 * empty it gets what another CPU has, or a new page. A full pool goes on with
 * pages that hold one buffer each and go with it. From time to time, and when the
 * pool can't grow, the pages that are idle as a whole are given back.
 */

#include <kunit/static_stub.h>

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "backend.h"
#include "pool.h"
#include "table.h"

#define POOL_TRIM_DELAY		(10 * HZ)
#define POOL_GFP		(GFP_ATOMIC | __GFP_NOWARN)

/* Memory for as many Xen pages as a page of the kernel has, zero; or NULL. */
struct page *grant_pool_memory(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_pool_memory);

	return alloc_page(POOL_GFP | __GFP_ZERO);
}

static struct grant_pool_page **pool_bounce(struct grant_pool *pool, u32 slot)
{
	return &pool->backend->ranges->bounces[grant_slot_ref(slot)];
}

/* Returns the page of a slot that nobody else has. */
static struct grant_pool_page *pool_page(struct grant_pool *pool, u32 slot)
{
	return *pool_bounce(pool, slot);
}

static u32 *slot_link(struct grant_pool *pool, u32 slot)
{
	struct grant_pool_page *page = pool_page(pool, slot);

	return &grant_slot_at(page, grant_slot_offset(slot))->below;
}

static void slot_put(struct grant_pool *pool, u32 slot)
{
	grant_slot_free(pool, pool_page(pool, slot), slot);
}

/* Grants a Xen page, whose kernel page gets a reference count for it. */
static struct grant_pool_page *pool_page_create(struct grant_pool *pool,
						void *vaddr,
						enum grant_slot_use use,
						unsigned int shift)
{
	struct grant_backend *backend = pool->backend;
	struct grant_pool_page *page;

	page = kzalloc(struct_size(page, slots, XEN_PAGE_SIZE >> shift), POOL_GFP);
	if (!page)
		return NULL;
	page->ref = grant_backend_alloc(backend, 1);
	if (!page->ref) {
		kfree(page);
		return NULL;
	}

	page->vaddr = vaddr;
	page->shift = shift;
	page->use = use;
	get_page(virt_to_page(vaddr));
	smp_wmb();	/* A stack that looks for a link must find a page complete. */
	WRITE_ONCE(backend->ranges->bounces[page->ref], page);
	grant_table_grant(page->ref, backend->domid,
			  XEN_PFN_DOWN(virt_to_phys(vaddr)), 1,
			  use == GRANT_SLOT_READONLY);
	atomic_inc(&pool->pages);
	return page;
}

static void pool_page_destroy(struct grant_pool *pool,
			      struct grant_pool_page *page)
{
	struct grant_backend *backend = pool->backend;

	WRITE_ONCE(backend->ranges->bounces[page->ref], NULL);
	grant_backend_end(backend, page->ref, 1);
	put_page(virt_to_page(page->vaddr));
	atomic_dec(&pool->pages);
	kfree_rcu(page, rcu);
}

static u32 pool_take_from_other_cpus(struct grant_pool *pool,
				     enum grant_slot_use use, unsigned int shift)
{
	u32 slot, rest, below;
	int cpu;

	for_each_possible_cpu(cpu) {
		slot = grant_stack_take(&per_cpu_ptr(pool->caches, cpu)->stacks
					[use][shift - GRANT_SLOT_MIN_SHIFT]);
		if (!slot)
			continue;
		for (rest = *slot_link(pool, slot); rest; rest = below) {
			below = *slot_link(pool, rest);
			slot_put(pool, rest);
		}
		return slot;
	}
	return 0;
}

/* Adds the Xen pages of one kernel page, returns one of their slots. */
static u32 pool_grow(struct grant_pool *pool, enum grant_slot_use use,
		     unsigned int shift)
{
	unsigned int count = XEN_PFN_PER_PAGE, offset;
	struct page *memory = grant_pool_memory();
	struct grant_pool_page *page;
	u32 taken = 0, slot;

	if (!memory)
		return 0;

	while (count--) {
		page = pool_page_create(pool, page_address(memory) +
					count * XEN_PAGE_SIZE, use, shift);
		if (!page)
			break;
		for (offset = 0; offset < XEN_PAGE_SIZE; offset += BIT(shift)) {
			slot = grant_slot_of(page->ref, offset);
			if (taken)
				grant_slot_free(pool, page, slot);
			else
				taken = slot;
		}
	}
	put_page(memory);
	return taken;
}

/* Returns a page for a single buffer. */
static u32 pool_add_extra(struct grant_pool *pool, enum grant_slot_use use)
{
	struct page *memory = grant_pool_memory();
	struct grant_pool_page *page;

	if (!memory)
		return 0;

	page = pool_page_create(pool, page_address(memory), use, XEN_PAGE_SHIFT);
	put_page(memory);
	if (!page)
		return 0;
	page->extra = true;
	return grant_slot_of(page->ref, 0);
}

/* Coherent memory may stay for long, and is to be had without the pool, too. */
static u32 pool_add(struct grant_pool *pool, enum grant_slot_use use,
		    unsigned int shift)
{
	bool coherent = use == GRANT_SLOT_COHERENT;
	unsigned int limit = coherent ? pool->limit / 2 : pool->limit;

	if (atomic_read(&pool->pages) + XEN_PFN_PER_PAGE <= limit)
		return pool_grow(pool, use, shift);
	return coherent ? 0 : pool_add_extra(pool, use);
}

/* What grant_slot_alloc() does when this CPU has no such slot. */
u32 grant_slot_alloc_slow(struct grant_pool *pool, enum grant_slot_use use,
			  unsigned int shift)
{
	u32 slot = pool_take_from_other_cpus(pool, use, shift);

	if (slot)
		return slot;

	slot = pool_add(pool, use, shift);
	if (!slot && use != GRANT_SLOT_COHERENT) {
		grant_pool_trim(pool);
		slot = pool_take_from_other_cpus(pool, use, shift) ?:
		       pool_add(pool, use, shift);
	}
	if (!delayed_work_pending(&pool->work))
		grant_pool_schedule(pool);
	return slot;
}

/* What grant_slot_free() does with the slot of an extra page. */
void grant_slot_free_slow(struct grant_pool *pool, u32 slot)
{
	pool_page_destroy(pool, pool_page(pool, slot));
}

/* Takes the idle slots of one stack of each CPU, and counts them by page. */
static u32 trim_take(struct grant_pool *pool, enum grant_slot_use use,
		     unsigned int size)
{
	struct grant_pool_page *page;
	u32 all = 0, slot, below;
	int cpu;

	for_each_possible_cpu(cpu) {
		slot = grant_stack_take(&per_cpu_ptr(pool->caches, cpu)->stacks
					[use][size]);
		for (; slot; slot = below) {
			page = pool_page(pool, slot);
			if (page->trim != pool->trims) {
				page->trim = pool->trims;
				page->idle = 0;
			}
			page->idle++;
			below = *slot_link(pool, slot);
			*slot_link(pool, slot) = all;
			all = slot;
		}
	}
	return all;
}

/* Puts slots back, but for those of pages that are idle as a whole. */
static void trim_put(struct grant_pool *pool, u32 slot)
{
	struct grant_pool_page *page, *next;
	LIST_HEAD(idle);
	u32 below;

	for (; slot; slot = below) {
		page = pool_page(pool, slot);
		below = *slot_link(pool, slot);
		if (page->idle < XEN_PAGE_SIZE >> page->shift)
			slot_put(pool, slot);
		else if (!grant_slot_offset(slot))
			list_add(&page->node, &idle);
	}
	list_for_each_entry_safe(page, next, &idle, node)
		pool_page_destroy(pool, page);
}

/**
 * grant_pool_trim() - give back the pages that are idle
 * @pool: the pool
 *
 * Context: Any.
 */
void grant_pool_trim(struct grant_pool *pool)
{
	enum grant_slot_use use;
	unsigned int size;

	/* Whoever else does it finds the same pages. */
	if (test_and_set_bit_lock(0, &pool->trimming))
		return;
	pool->trims++;
	for (use = 0; use < GRANT_SLOT_USES; use++)
		for (size = 0; size < GRANT_SLOT_SIZES; size++)
			trim_put(pool, trim_take(pool, use, size));
	clear_bit_unlock(0, &pool->trimming);
}

/**
 * grant_pool_schedule() - have the pool trimmed after a while
 * @pool: the pool
 *
 * Context: Any.
 */
void grant_pool_schedule(struct grant_pool *pool)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_pool_schedule, pool);

	schedule_delayed_work(&pool->work, POOL_TRIM_DELAY);
}

static void pool_work(struct work_struct *work)
{
	struct grant_pool *pool =
		container_of(to_delayed_work(work), struct grant_pool, work);

	grant_pool_trim(pool);
	if (atomic_read(&pool->pages))
		grant_pool_schedule(pool);
}

/**
 * grant_pool_create() - a pool without pages
 * @backend: the backend that will see them
 *
 * Context: Process context, may sleep.
 * Return: the pool, or NULL when out of memory.
 */
struct grant_pool *grant_pool_create(struct grant_backend *backend)
{
	struct grant_pool *pool = kzalloc(sizeof(*pool), GFP_KERNEL);

	if (!pool)
		return NULL;
	pool->caches = alloc_percpu(struct pool_cache);
	if (!pool->caches) {
		kfree(pool);
		return NULL;
	}
	pool->backend = backend;
	pool->limit = backend->ranges->limit / 8;
	INIT_DEFERRABLE_WORK(&pool->work, pool_work);
	return pool;
}

/**
 * grant_pool_empty() - give back all pages
 * @pool: the pool, of which nothing is in use
 *
 * Context: Process context, may sleep.
 */
void grant_pool_empty(struct grant_pool *pool)
{
	cancel_delayed_work_sync(&pool->work);
	grant_pool_trim(pool);
}

/**
 * grant_pool_destroy() - free a pool
 * @pool: the pool, emptied, or NULL
 *
 * Context: Process context, may sleep.
 */
void grant_pool_destroy(struct grant_pool *pool)
{
	if (!pool)
		return;
	free_percpu(pool->caches);
	kfree(pool);
}
