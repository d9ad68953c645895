/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA addresses that carry a grant reference: how they are made. How they are
 * read, and their layout, is in xen/grant-dma.h.
 */

#ifndef _XEN_GRANT_DMA_ADDRESS_H
#define _XEN_GRANT_DMA_ADDRESS_H

#include <xen/grant-dma.h>
#include <xen/grant_table.h>
#include <xen/page.h>

static inline dma_addr_t grant_dma_addr(grant_ref_t ref, unsigned int offset)
{
	return XEN_GRANT_DMA_FLAG | ((dma_addr_t)ref << XEN_GRANT_DMA_SHIFT) | offset;
}

/* Xen pages, and so references, that @size bytes from @addr on touch. */
static inline unsigned long grant_dma_pages(u64 addr, size_t size)
{
	return XEN_PFN_UP(xen_offset_in_page(addr) + size);
}

#endif /* _XEN_GRANT_DMA_ADDRESS_H */
