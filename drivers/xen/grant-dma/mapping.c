// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of buffers: by granting their pages, by a copy of all, or by copies of
 * some parts.
 */

#include <linux/dma-mapping.h>
#include <linux/list.h>

#include <xen/page.h>

#include "address.h"
#include "backend.h"
#include "bounce.h"
#include "mapping.h"
#include "table.h"

static dma_addr_t map_pages(struct grant_backend *backend, phys_addr_t phys,
			    size_t size, enum dma_data_direction dir,
			    unsigned long attrs, bool parts)
{
	unsigned int pages = grant_dma_pages(phys, size);
	grant_ref_t first = grant_backend_alloc(backend, pages);
	dma_addr_t addr = grant_dma_addr(first, xen_offset_in_page(phys));

	if (unlikely(!first))
		return DMA_MAPPING_ERROR;
	if (!parts) {
		grant_table_grant(first, backend->domid, XEN_PFN_DOWN(phys),
				  pages, dir == DMA_TO_DEVICE);
		return addr;
	}
	if (grant_bounce_copy_in(backend, first, phys, size, dir, attrs)) {
		grant_bounce_forget(backend, first, pages);
		grant_range_free(backend->ranges, first, pages);
		return DMA_MAPPING_ERROR;
	}
	grant_bounce_grant(backend, first, phys, size, dir == DMA_TO_DEVICE);
	return addr;
}

/**
 * grant_map() - map a buffer
 * @dev: the device
 * @backend: the backend that gets access
 * @phys: where the buffer begins
 * @size: bytes, more than 0
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: its DMA address; or DMA_MAPPING_ERROR when it has more than
 * GRANT_RANGE_MAX pages, or when memory or references have run out.
 */
dma_addr_t grant_map(struct device *dev, struct grant_backend *backend,
		     phys_addr_t phys, size_t size, enum dma_data_direction dir,
		     unsigned long attrs)
{
	bool copy = grant_bounce_needed(backend, phys, size);

	if (copy && grant_slot_fits(dev, phys, size))
		return grant_slot_map(dev, backend, phys, size, dir, attrs);
	return map_pages(backend, phys, size, dir, attrs, copy);
}

/**
 * grant_unmap() - end a mapping
 * @backend: the backend that has access
 * @addr: DMA address, from grant_map() or of a segment from grant_sg_map()
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
void grant_unmap(struct grant_backend *backend, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, unsigned long attrs)
{
	LIST_HEAD(pages);

	if (backend->slots) {
		if (grant_slot_unmap(backend, addr, size, dir, attrs))
			return;
		grant_bounce_copy_out(backend, addr, size, dir, attrs, &pages);
	}
	grant_backend_end(backend, grant_dma_ref(addr),
			  grant_dma_pages(addr, size));
	grant_bounce_free(&pages);
}
