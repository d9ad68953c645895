/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies of what must not be granted itself: parts of a buffer that share a Xen page
 * with other memory of the guest, and memory of a slab.
 */

#ifndef _XEN_GRANT_DMA_BOUNCE_H
#define _XEN_GRANT_DMA_BOUNCE_H

#include <linux/dma-direction.h>
#include <linux/list.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct device;
struct grant_backend;

bool grant_bounce_needed(const struct grant_backend *backend, phys_addr_t phys,
			 size_t size);

bool grant_slot_fits(struct device *dev, phys_addr_t phys, size_t size);
dma_addr_t grant_slot_map(struct device *dev, struct grant_backend *backend,
			  phys_addr_t phys, size_t size,
			  enum dma_data_direction dir, unsigned long attrs);
bool grant_slot_unmap(struct grant_backend *backend, dma_addr_t addr,
		      size_t size, enum dma_data_direction dir,
		      unsigned long attrs);

int grant_bounce_copy_in(struct grant_backend *backend, grant_ref_t first,
			 phys_addr_t phys, size_t size,
			 enum dma_data_direction dir, unsigned long attrs);
void grant_bounce_forget(struct grant_backend *backend, grant_ref_t first,
			 unsigned int count);
void grant_bounce_grant(struct grant_backend *backend, grant_ref_t first,
			phys_addr_t phys, size_t size, bool readonly);
void grant_bounce_copy_out(struct grant_backend *backend, dma_addr_t addr,
			   size_t size, enum dma_data_direction dir,
			   unsigned long attrs, struct list_head *pages);
void grant_bounce_free(struct list_head *pages);

void grant_bounce_sync_for_cpu(struct grant_backend *backend, dma_addr_t addr,
			       size_t size, enum dma_data_direction dir);
void grant_bounce_sync_for_device(struct grant_backend *backend,
				  dma_addr_t addr, size_t size,
				  enum dma_data_direction dir);

#endif /* _XEN_GRANT_DMA_BOUNCE_H */
