/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * DMA addresses that carry a grant reference, for those who look into them, such
 * as a tracer or a backend in the same guest.
 *
 * The layout is what virtio backends on Xen expect: bit 63 is set, the grant
 * reference is the Xen page number and the low bits are the offset in the Xen
 * page. A Xen page has 4 KiB whatever PAGE_SIZE is (xen/interface/grant_table.h).
 * A mapping of n Xen pages has n consecutive references, so that it is one
 * range for the backend.
 */

#ifndef _XEN_GRANT_DMA_H
#define _XEN_GRANT_DMA_H

#include <linux/bits.h>
#include <linux/dma-mapping.h>
#include <linux/types.h>

#define XEN_GRANT_DMA_FLAG	BIT_ULL(63)
#define XEN_GRANT_DMA_SHIFT	12	/* as XEN_PAGE_SHIFT, which not all architectures have */

/**
 * xen_grant_dma_is_grant() - whether a DMA address carries a grant reference
 * @addr: DMA address from any device's DMA ops
 *
 * Context: Any context.
 * Return: true for grants; false for an ordinary address, of which the other
 * functions here tell nothing, and for DMA_MAPPING_ERROR.
 */
static inline bool xen_grant_dma_is_grant(dma_addr_t addr)
{
	return addr & XEN_GRANT_DMA_FLAG && addr != DMA_MAPPING_ERROR;
}

/**
 * xen_grant_dma_ref() - grant reference of the Xen page at a DMA address
 * @addr: DMA address that carries one
 *
 * Context: Any context.
 * Return: the reference.
 */
static inline u32 xen_grant_dma_ref(dma_addr_t addr)
{
	return (addr & ~XEN_GRANT_DMA_FLAG) >> XEN_GRANT_DMA_SHIFT;
}

/**
 * xen_grant_dma_offset() - place of a DMA address in its Xen page
 * @addr: DMA address that carries a grant reference
 *
 * Context: Any context.
 * Return: the offset in bytes.
 */
static inline unsigned int xen_grant_dma_offset(dma_addr_t addr)
{
	return addr & GENMASK(XEN_GRANT_DMA_SHIFT - 1, 0);
}

#endif /* _XEN_GRANT_DMA_H */
