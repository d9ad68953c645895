/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory that device and driver share.
 */

#ifndef _XEN_GRANT_DMA_COHERENT_H
#define _XEN_GRANT_DMA_COHERENT_H

#include <linux/gfp_types.h>
#include <linux/types.h>

struct grant_backend;

void *grant_memory_alloc(size_t size, gfp_t gfp);
void grant_memory_free(void *vaddr, size_t size);
void *grant_coherent_alloc(struct grant_backend *backend, size_t size,
			   dma_addr_t *addr, gfp_t gfp);
void grant_coherent_free(struct grant_backend *backend, size_t size,
			 void *vaddr, dma_addr_t addr);

#endif /* _XEN_GRANT_DMA_COHERENT_H */
