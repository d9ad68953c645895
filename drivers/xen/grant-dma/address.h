/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA addresses that carry a grant reference.
 *
 * The layout is what virtio backends on Xen expect: bit 63 is set, the grant
 * reference is the Xen page number and the low bits are the offset in the Xen
 * page. A Xen page has 4 KiB whatever PAGE_SIZE is (xen/interface/grant_table.h).
 * A mapping of n Xen pages has n consecutive references, so that it is one
 * range for the backend.
 */

#ifndef _XEN_GRANT_DMA_ADDRESS_H
#define _XEN_GRANT_DMA_ADDRESS_H

#include <linux/bits.h>
#include <linux/types.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#define GRANT_DMA_FLAG		BIT_ULL(63)

static inline dma_addr_t grant_dma_addr(grant_ref_t ref, unsigned int offset)
{
	return GRANT_DMA_FLAG | ((dma_addr_t)ref << XEN_PAGE_SHIFT) | offset;
}

static inline grant_ref_t grant_dma_ref(dma_addr_t addr)
{
	return (addr & ~GRANT_DMA_FLAG) >> XEN_PAGE_SHIFT;
}

/* Xen pages, and so references, that @size bytes from @addr on touch. */
static inline unsigned long grant_dma_pages(u64 addr, size_t size)
{
	return XEN_PFN_UP(xen_offset_in_page(addr) + size);
}

#endif /* _XEN_GRANT_DMA_ADDRESS_H */
