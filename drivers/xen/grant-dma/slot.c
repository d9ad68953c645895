// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for copies: slots in Xen pages that hold nothing else, and that stay
 * granted.
 *
 * What must not be granted itself is copied to a slot, so that the backend sees
 * nothing of what is beside it, or of what becomes of it. As the slot's page stays
 * granted, such a mapping takes no grant operation at all. Pages that the backend
 * may write are kept apart from those that it may only read.
 */

#include <kunit/static_stub.h>

#include <linux/bits.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/io.h>
#include <linux/mm.h>
#include <linux/notifier.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include <xen/xen-ops.h>
#include <xen/xen.h>

#include "slot.h"
#include "table.h"

#define SLOT_GFP		(GFP_ATOMIC | __GFP_NOWARN)

/* Memory for as many Xen pages as a page of the kernel has, zero; or NULL. */
struct page *grant_slots_memory(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_slots_memory);

	return alloc_page(SLOT_GFP | __GFP_ZERO);
}

static struct grant_slot_cache *to_slot_cache(struct grant_cache *cache)
{
	return container_of(cache, struct grant_slot_cache, cache);
}

static struct grant_chunk *slot_chunk(struct grant_cache *cache, u32 number)
{
	return &grant_slot_page_of(to_slot_cache(cache)->slots, number)->chunk;
}

/**
 * grant_slot_page_alloc() - what is known of a Xen page of slots, not yet granted
 * @vaddr: the page, zero; its kernel page gets a reference count for it
 * @shift: log2 of a slot's size, in units of 64 bytes
 * @readonly: the backend may only read it
 * @gfp: flags for the allocation
 *
 * Context: As @gfp says.
 * Return: the page, or NULL when out of memory.
 */
struct grant_slot_page *grant_slot_page_alloc(void *vaddr, unsigned int shift,
					      bool readonly, gfp_t gfp)
{
	struct grant_slot_page *page;

	page = kzalloc(struct_size(page, copies, GRANT_CHUNK_ITEMS >> shift), gfp);
	if (!page)
		return NULL;
	page->vaddr = vaddr;
	page->shift = shift;
	page->readonly = readonly;
	get_page(virt_to_page(vaddr));
	return page;
}

/**
 * grant_slot_page_free() - undo grant_slot_page_alloc()
 * @page: the page, to which no reference of the driver's leads any more
 *
 * Context: Any.
 */
void grant_slot_page_free(struct grant_slot_page *page)
{
	put_page(virt_to_page(page->vaddr));
	kfree(page);
}

static void grant(struct grant_slot_page *page)
{
	grant_table_grant(page->ref, page->backend->domid,
			  XEN_PFN_DOWN(virt_to_phys(page->vaddr)), 1,
			  page->readonly);
}

/**
 * grant_slot_page_grant() - grant a page of slots
 * @page: the page
 * @backend: to whom
 * @ref: by which reference
 *
 * Context: Any.
 */
void grant_slot_page_grant(struct grant_slot_page *page,
			   struct grant_backend *backend, grant_ref_t ref)
{
	page->backend = backend;
	page->ref = ref;
	backend->ranges->info[ref].page = page;
	grant(page);
}

/**
 * grant_slot_pages_regrant() - grant all pages of slots again that are not granted
 * @backend: to whom
 *
 * For a grant table that is a new one since the domain was restored.
 *
 * Context: Any, while devices, and the caches' work, are frozen.
 */
void grant_slot_pages_regrant(struct grant_backend *backend)
{
	struct grant_slot_page *page;
	unsigned long pfn;
	grant_ref_t ref;

	for (ref = 0; ref < backend->ranges->size; ref++) {
		page = grant_ref_page(backend->ranges, ref);
		if (!page || page->ref != ref || page->backend != backend)
			continue;
		pfn = XEN_PFN_DOWN(virt_to_phys(page->vaddr));
		if (grant_table_gfn(ref) != pfn_to_gfn(pfn))
			grant(page);
	}
}

static bool page_create(struct grant_cache *cache, void *vaddr)
{
	struct grant_slot_cache *slot_cache = to_slot_cache(cache);
	struct grant_slots *slots = slot_cache->slots;
	bool readonly = slot_cache->use == GRANT_SLOT_READONLY;
	struct grant_slot_page *page;
	grant_ref_t ref;

	page = grant_slot_page_alloc(vaddr, cache->shift, readonly, SLOT_GFP);
	if (!page)
		return false;
	ref = grant_backend_alloc(slots->backend, 1);
	if (!ref) {
		grant_slot_page_free(page);
		return false;
	}

	page->cache = cache;
	page->chunk.base = ref * GRANT_CHUNK_ITEMS;
	grant_slot_page_grant(page, slots->backend, ref);
	atomic_inc(&slots->pages);
	grant_cache_add(cache, &page->chunk,
			GENMASK_ULL((GRANT_CHUNK_ITEMS >> cache->shift) - 1, 0));
	return true;
}

static void page_release(struct grant_cache *cache, struct grant_chunk *chunk,
			 u64 items)
{
	struct grant_slots *slots = to_slot_cache(cache)->slots;
	struct grant_slot_page *page =
		container_of(chunk, struct grant_slot_page, chunk);

	slots->backend->ranges->info[page->ref].page = NULL;
	grant_backend_end(slots->backend, page->ref, 1, false);
	grant_slot_page_free(page);
	atomic_dec(&slots->pages);
}

/* Adds the Xen pages of one kernel page. */
static bool pages_create(struct grant_cache *cache)
{
	struct page *memory = grant_slots_memory();
	unsigned int i;

	if (!memory)
		return false;
	for (i = 0; i < XEN_PFN_PER_PAGE; i++)
		if (!page_create(cache, page_address(memory) + i * XEN_PAGE_SIZE))
			break;
	put_page(memory);
	return i;
}

/**
 * grant_slots_drain() - give back the pages whose slots are all free
 * @slots: a backend's memory
 *
 * Context: Any.
 */
void grant_slots_drain(struct grant_slots *slots)
{
	unsigned int use, size;

	for (use = 0; use < GRANT_SLOT_USES; use++)
		for (size = 0; size < GRANT_SLOT_SIZES; size++)
			grant_cache_drain(&slots->caches[use][size].cache);
}

/* Pages with free slots of another size help if they are given back. */
static bool slot_grow(struct grant_cache *cache)
{
	if (pages_create(cache))
		return true;
	grant_slots_drain(to_slot_cache(cache)->slots);
	return pages_create(cache);
}

static const struct grant_cache_ops slot_ops = {
	.grow = slot_grow,
	.release = page_release,
	.chunk = slot_chunk,
};

static int cache_init(struct grant_slots *slots, enum grant_slot_use use,
		      unsigned int size)
{
	struct grant_slot_cache *cache = &slots->caches[use][size];
	struct grant_ranges *ranges = slots->backend->ranges;

	cache->slots = slots;
	cache->use = use;
	cache->cache.ops = &slot_ops;
	cache->cache.shift = size * GRANT_SLOT_SIZE_STEP;
	cache->cache.weight = 1;
	cache->cache.reserve = &ranges->reserve;
	cache->cache.capacity =
		grant_ranges_magazine(ranges, GRANT_SLOT_USES * GRANT_SLOT_SIZES);
	return grant_cache_init(&cache->cache);
}

/**
 * grant_slots_create() - memory for copies, of which there is none yet
 * @backend: the backend that will see them
 *
 * Context: Process context, may sleep.
 * Return: the memory, or NULL when out of memory.
 */
struct grant_slots *grant_slots_create(struct grant_backend *backend)
{
	struct grant_slots *slots = kzalloc(sizeof(*slots), GFP_KERNEL);
	unsigned int use, size;

	if (!slots)
		return NULL;
	slots->backend = backend;
	for (use = 0; use < GRANT_SLOT_USES; use++) {
		for (size = 0; size < GRANT_SLOT_SIZES; size++) {
			if (cache_init(slots, use, size)) {
				grant_slots_destroy(slots);
				return NULL;
			}
		}
	}
	return slots;
}

/**
 * grant_slots_destroy() - undo grant_slots_create()
 * @slots: a backend's memory, of which nothing is in use, or NULL
 *
 * Context: Process context, may sleep.
 */
void grant_slots_destroy(struct grant_slots *slots)
{
	unsigned int use, size;

	if (!slots)
		return;
	for (use = 0; use < GRANT_SLOT_USES; use++)
		for (size = 0; size < GRANT_SLOT_SIZES; size++)
			grant_cache_destroy(&slots->caches[use][size].cache);
	kfree(slots);
}

/*
 * The grant table is there again, and may be new. Drivers ended their mappings before,
 * and are not yet at work again.
 */
static int slots_resumed(struct notifier_block *nb, unsigned long action,
			 void *data)
{
	struct grant_backend *backend;

	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		grant_slot_pages_regrant(backend);
	mutex_unlock(&grant_backends_lock);
	return NOTIFY_OK;
}

static struct notifier_block resume_notifier = {
	.notifier_call = slots_resumed,
};

static int __init slots_init(void)
{
	if (xen_domain())
		xen_resume_notifier_register(&resume_notifier);
	return 0;
}
subsys_initcall(slots_init);
