// SPDX-License-Identifier: GPL-2.0-only
/*
 * Coherent memory: allocated and granted in one.
 *
 * With strict isolation, a page or less is a page of the backend's pool, which is
 * granted already. It becomes coherent memory again or is given back, so that it
 * need not be cleared of what the backend could read anyway. All else is memory of
 * its own behind a run of references.
 */

#include <linux/mm.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "buffer.h"
#include "coherent.h"
#include "pool.h"
#include "range.h"
#include "small.h"

/* User space may get to see a page of the kernel, never just a part of one. */
static bool fits_pool(const struct grant_backend *backend, size_t size)
{
	return backend->pool && size <= XEN_PAGE_SIZE &&
	       XEN_PAGE_SIZE == PAGE_SIZE;
}

static void *coherent_alloc_pooled(struct grant_backend *backend,
				   dma_addr_t *addr)
{
	struct grant_pool_page *page;
	u32 slot;

	slot = grant_slot_alloc(backend->pool, backend->ranges,
				GRANT_SLOT_COHERENT, XEN_PAGE_SHIFT);
	if (!slot)
		return NULL;

	page = backend->ranges->bounces[grant_slot_ref(slot)];
	clear_page(page->vaddr);
	*addr = grant_dma_addr(page->ref, 0);
	return page->vaddr;
}

static void coherent_free_pooled(struct grant_backend *backend, dma_addr_t addr)
{
	struct grant_pool_page *page =
		backend->ranges->bounces[grant_dma_ref(addr)];

	grant_slot_free(backend->pool, page, grant_slot_of(page->ref, 0));
}

static void *coherent_alloc_run(struct grant_backend *backend, size_t size,
				dma_addr_t *addr, gfp_t gfp)
{
	unsigned long pages = XEN_PFN_UP(size);
	grant_ref_t first = grant_backend_alloc(backend, pages);
	void *vaddr;

	if (!first)
		return NULL;
	vaddr = grant_buffer_alloc(size, gfp);
	if (!vaddr) {
		grant_range_free(backend->ranges, first, pages);
		return NULL;
	}
	grant_buffer_grant(backend, first, vaddr, size);
	*addr = grant_dma_addr(first, 0);
	return vaddr;
}

/**
 * grant_coherent_alloc() - allocate zeroed memory that a backend may read and write
 * @backend: the backend
 * @size: bytes
 * @addr: where its DMA address is returned
 * @gfp: flags of the DMA API's caller
 *
 * The memory shares no Xen page with anything else.
 *
 * Context: As @gfp says.
 * Return: its address, at the start of a page, or NULL.
 */
void *grant_coherent_alloc(struct grant_backend *backend, size_t size,
			   dma_addr_t *addr, gfp_t gfp)
{
	void *vaddr = NULL;

	if (fits_pool(backend, size))
		vaddr = coherent_alloc_pooled(backend, addr);
	return vaddr ?: coherent_alloc_run(backend, size, addr, gfp);
}

/**
 * grant_coherent_free() - free memory from grant_coherent_alloc()
 * @backend: the backend
 * @size: bytes, as allocated
 * @vaddr: its address
 * @addr: its DMA address
 *
 * Context: As for dma_free_coherent().
 */
void grant_coherent_free(struct grant_backend *backend, size_t size,
			 void *vaddr, dma_addr_t addr)
{
	if (fits_pool(backend, size) && grant_is_slot(backend, addr)) {
		coherent_free_pooled(backend, addr);
		return;
	}
	grant_backend_end(backend, grant_dma_ref(addr), XEN_PFN_UP(size));
	grant_buffer_free(vaddr, size);
}
