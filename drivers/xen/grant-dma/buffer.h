/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory for coherent allocations.
 */

#ifndef _XEN_GRANT_DMA_BUFFER_H
#define _XEN_GRANT_DMA_BUFFER_H

#include <linux/dma-direction.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct grant_backend;
struct sg_table;
struct vm_area_struct;

void *grant_buffer_alloc_contiguous(size_t size, gfp_t gfp);
void *grant_buffer_alloc(size_t size, gfp_t gfp);
void grant_buffer_free(void *vaddr, size_t size);
void grant_buffer_grant(struct grant_backend *backend, grant_ref_t first,
			void *vaddr, size_t size);
int grant_buffer_mmap(void *vaddr, size_t size, struct vm_area_struct *vma);
int grant_buffer_sgtable(void *vaddr, size_t size, struct sg_table *sgt);

#endif /* _XEN_GRANT_DMA_BUFFER_H */
