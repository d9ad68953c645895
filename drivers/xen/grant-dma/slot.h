/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for copies: slots in Xen pages that hold nothing else, and that stay
 * granted.
 */

#ifndef _XEN_GRANT_DMA_SLOT_H
#define _XEN_GRANT_DMA_SLOT_H

#include <linux/types.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "backend.h"
#include "cache.h"

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

/**
 * struct grant_slot_page - a Xen page of slots
 * @chunk: its slots, as a cache knows them: by their DMA address, without flag
 *	and in units of 64 bytes
 * @node: in a list of pages whose slot is to be freed
 * @cache: where its slots are kept
 * @vaddr: the page
 * @ref: the reference by which it stays granted
 * @origin: for each slot in use, the address of the memory that its first byte
 *	stands for
 */
struct grant_slot_page {
	struct grant_chunk chunk;
	struct list_head node;
	struct grant_cache *cache;
	void *vaddr;
	grant_ref_t ref;
	phys_addr_t origin[];
};

/**
 * struct grant_slot - a slot that was allocated
 * @page: its page
 * @vaddr: its memory
 * @addr: its DMA address
 */
struct grant_slot {
	struct grant_slot_page *page;
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

bool grant_slot_alloc(struct grant_slots *slots, enum grant_slot_use use,
		      size_t size, phys_addr_t origin, struct grant_slot *slot);
void grant_slot_free(struct grant_slot_page *page, dma_addr_t addr);
phys_addr_t grant_slot_origin(struct grant_slot_page *page, dma_addr_t addr);

#endif /* _XEN_GRANT_DMA_SLOT_H */
