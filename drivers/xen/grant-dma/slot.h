/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for copies: slots in Xen pages that hold nothing else, and that stay
 * granted.
 */

#ifndef _XEN_GRANT_DMA_SLOT_H
#define _XEN_GRANT_DMA_SLOT_H

#include <linux/bits.h>
#include <linux/dma-direction.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "backend.h"
#include "cache.h"

struct grant_pool;
struct page;

/* A page is cut into slots of one size: 64, 256, 1024 or 4096 bytes. */
#define GRANT_SLOT_MIN_SHIFT	6
#define GRANT_SLOT_SIZE_STEP	2
#define GRANT_SLOT_SIZES	4

/**
 * enum grant_slot_use - what a backend may do with a page's slots
 * @GRANT_SLOT_WRITABLE: read and write them
 * @GRANT_SLOT_READONLY: only read them
 */
enum grant_slot_use {
	GRANT_SLOT_WRITABLE,
	GRANT_SLOT_READONLY,
	GRANT_SLOT_USES
};

/* What a backend may do with the copy of a buffer. */
static inline enum grant_slot_use grant_slot_use(enum dma_data_direction dir)
{
	return dir == DMA_TO_DEVICE ? GRANT_SLOT_READONLY : GRANT_SLOT_WRITABLE;
}

/**
 * struct grant_copy - the mapping that a slot has a copy of, or of a part of it
 * @origin: the address of the memory that the slot's first byte stands for
 * @addr: the mapping's DMA address
 * @size: bytes of the mapping; 0 while the slot is free
 * @dir: its direction
 * @cpu_from: first byte of those that the CPU was given back by syncs, as an
 *	offset in the Xen page; of several stretches that don't meet, the last one
 * @cpu_to: the byte after them
 */
struct grant_copy {
	phys_addr_t origin;
	dma_addr_t addr;
	u32 size : 24;
	u32 dir : 8;
	u16 cpu_from;
	u16 cpu_to;
};

/**
 * struct grant_slot_page - a Xen page of slots
 * @chunk: its slots, as a cache knows them: by their DMA address, without flag
 *	and in units of 64 bytes
 * @node: in a list of pages whose slot is to be freed
 * @backend: to whom it is granted
 * @cache: where its slots are kept; NULL if it is one of a pool's
 * @pool: the pool then, see pool.h
 * @vaddr: the page
 * @ref: the reference by which it stays granted
 * @shift: log2 of a slot's size, in units of 64 bytes
 * @readonly: the backend may only read it
 * @copies: for each slot, its use
 */
struct grant_slot_page {
	struct grant_chunk chunk;
	struct list_head node;
	struct grant_backend *backend;
	struct grant_cache *cache;
	struct grant_pool *pool;
	void *vaddr;
	grant_ref_t ref;
	u8 shift;
	bool readonly;
	struct grant_copy copies[];
};

/**
 * struct grant_slot - a slot that was allocated
 * @page: its page
 * @copy: its use, to be filled in
 * @vaddr: its memory
 * @addr: its DMA address
 */
struct grant_slot {
	struct grant_slot_page *page;
	struct grant_copy *copy;
	void *vaddr;
	dma_addr_t addr;
};

/**
 * struct grant_slots - a backend's memory for copies
 * @backend: to whom it is granted
 * @caches: free slots for each use, of each size
 * @pages: number of Xen pages
 */
struct grant_slots {
	struct grant_backend *backend;
	struct grant_slot_cache {
		struct grant_cache cache;
		struct grant_slots *slots;
		enum grant_slot_use use;
	} caches[GRANT_SLOT_USES][GRANT_SLOT_SIZES];
	atomic_t pages;
};

struct grant_slots *grant_slots_create(struct grant_backend *backend);
void grant_slots_destroy(struct grant_slots *slots);
void grant_slots_drain(struct grant_slots *slots);
struct page *grant_slots_memory(void);

struct grant_slot_page *grant_slot_page_alloc(void *vaddr, unsigned int shift,
					      bool readonly, gfp_t gfp);
void grant_slot_page_grant(struct grant_slot_page *page,
			   struct grant_backend *backend, grant_ref_t ref);
void grant_slot_page_free(struct grant_slot_page *page);
void grant_slot_pages_regrant(struct grant_backend *backend);

static inline unsigned int grant_slot_index(const struct grant_slot_page *page,
					    dma_addr_t addr)
{
	return xen_offset_in_page(addr) >> (GRANT_SLOT_MIN_SHIFT + page->shift);
}

/**
 * grant_slot_copy() - the use of a slot
 * @page: its page
 * @addr: a DMA address in the slot
 *
 * Context: Any.
 */
static inline struct grant_copy *grant_slot_copy(struct grant_slot_page *page,
						 dma_addr_t addr)
{
	return &page->copies[grant_slot_index(page, addr)];
}

/**
 * grant_slot_origin() - the address of the memory that a byte of a slot stands for
 * @page: its page
 * @addr: the byte's DMA address
 *
 * Context: Any, for whoever has the slot.
 */
static inline phys_addr_t grant_slot_origin(struct grant_slot_page *page,
					    dma_addr_t addr)
{
	unsigned int size = BIT(GRANT_SLOT_MIN_SHIFT + page->shift);

	return grant_slot_copy(page, addr)->origin + (addr & (size - 1));
}

static inline struct grant_slot_page *
grant_slot_page_of(struct grant_slots *slots, u32 number)
{
	return slots->backend->ranges->info[number / GRANT_CHUNK_ITEMS].page;
}

/**
 * grant_slot_alloc() - allocate memory for a copy
 * @slots: where from
 * @use: what the backend may do with it
 * @size: bytes, at most XEN_PAGE_SIZE; it begins at a multiple of that, rounded
 *	up to a power of two
 * @slot: where it is described
 *
 * It holds nothing that the guest wrote.
 *
 * Context: Any.
 * Return: false when memory or references have run out.
 */
static inline bool grant_slot_alloc(struct grant_slots *slots,
				    enum grant_slot_use use, size_t size,
				    struct grant_slot *slot)
{
	unsigned int shift = max(order_base_2(size), GRANT_SLOT_MIN_SHIFT);
	unsigned int n = DIV_ROUND_UP(shift - GRANT_SLOT_MIN_SHIFT,
				      GRANT_SLOT_SIZE_STEP);
	u32 number = grant_cache_alloc(&slots->caches[use][n].cache);
	unsigned int offset = number % GRANT_CHUNK_ITEMS << GRANT_SLOT_MIN_SHIFT;

	if (unlikely(!number))
		return false;
	slot->page = grant_slot_page_of(slots, number);
	slot->vaddr = slot->page->vaddr + offset;
	slot->addr = grant_dma_addr(slot->page->ref, offset);
	slot->copy = grant_slot_copy(slot->page, offset);
	return true;
}

/**
 * grant_slot_free() - free memory from grant_slot_alloc()
 * @page: its page
 * @addr: a DMA address in the slot; nothing is left in it of what the guest wrote
 *
 * Context: Any.
 */
static inline void grant_slot_free(struct grant_slot_page *page, dma_addr_t addr)
{
	unsigned int index = grant_slot_index(page, addr);

	page->copies[index].size = 0;
	grant_cache_free(page->cache, page->chunk.base + (index << page->shift));
}

#endif /* _XEN_GRANT_DMA_SLOT_H */
