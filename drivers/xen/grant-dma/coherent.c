// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory that device and driver share.
 *
 * It is contiguous, and aligned in memory and among DMA addresses to its size
 * rounded up to a power of two. Every page has a reference count of its own, so
 * that a page that the backend still uses outlives the memory that it was part of.
 */

#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/mm.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "coherent.h"
#include "table.h"

/**
 * grant_memory_alloc() - allocate zeroed memory
 * @size: bytes
 * @gfp: flags of the DMA API's caller
 *
 * Context: As @gfp says.
 * Return: its address, at the start of a page, or NULL.
 */
void *grant_memory_alloc(size_t size, gfp_t gfp)
{
	if (!size || size > GRANT_RANGE_MAX << XEN_PAGE_SHIFT ||
	    get_order(size) > MAX_PAGE_ORDER)
		return NULL;
	return alloc_pages_exact(size, (gfp & ~__GFP_COMP) | __GFP_ZERO);
}

/**
 * grant_memory_free() - free memory from grant_memory_alloc()
 * @vaddr: its address
 * @size: bytes, as allocated
 *
 * Context: Any.
 */
void grant_memory_free(void *vaddr, size_t size)
{
	free_pages_exact(vaddr, size);
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
 * Return: its address, at the start of a page; or NULL when it has more than
 * GRANT_RANGE_MAX pages, or when memory or references have run out.
 */
void *grant_coherent_alloc(struct grant_backend *backend, size_t size,
			   dma_addr_t *addr, gfp_t gfp)
{
	void *vaddr = grant_memory_alloc(size, gfp);
	unsigned int pages = XEN_PFN_UP(size);
	grant_ref_t first;

	if (!vaddr)
		return NULL;
	first = grant_backend_alloc(backend, pages);
	if (!first) {
		grant_memory_free(vaddr, size);
		return NULL;
	}
	grant_table_grant(first, backend->domid,
			  XEN_PFN_DOWN(virt_to_phys(vaddr)), pages, false);
	*addr = grant_dma_addr(first, 0);
	return vaddr;
}

/**
 * grant_coherent_free() - free memory from grant_coherent_alloc()
 * @backend: the backend
 * @size: bytes, as allocated
 * @vaddr: its address
 * @addr: its DMA address
 *
 * Context: Any.
 */
void grant_coherent_free(struct grant_backend *backend, size_t size,
			 void *vaddr, dma_addr_t addr)
{
	grant_backend_end(backend, xen_grant_dma_ref(addr), XEN_PFN_UP(size),
			  false);
	grant_memory_free(vaddr, size);
}
