// SPDX-License-Identifier: GPL-2.0-only
/*
 * Memory for coherent allocations.
 *
 * References make any pages one range for the backend, so a buffer for which
 * there are no contiguous pages is put together with vmalloc. Every page has a
 * reference count of its own, whichever way it was allocated: a page that the
 * backend still uses can outlive the buffer.
 */

#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/vmalloc.h>

#include <xen/page.h>

#include "backend.h"
#include "buffer.h"
#include "table.h"

static struct page *buffer_page(void *vaddr)
{
	return is_vmalloc_addr(vaddr) ? vmalloc_to_page(vaddr) :
					virt_to_page(vaddr);
}

/**
 * grant_buffer_alloc_contiguous() - allocate zeroed, contiguous memory
 * @size: bytes
 * @gfp: flags of the DMA API's caller
 *
 * Context: As @gfp says.
 * Return: its address, at the start of a page, or NULL.
 */
void *grant_buffer_alloc_contiguous(size_t size, gfp_t gfp)
{
	if (!size || get_order(size) > MAX_PAGE_ORDER)
		return NULL;
	if (size <= PAGE_SIZE)
		return (void *)get_zeroed_page(gfp);
	return alloc_pages_exact(size, gfp | __GFP_ZERO);
}

/**
 * grant_buffer_alloc() - allocate zeroed memory
 * @size: bytes
 * @gfp: flags of the DMA API's caller
 *
 * Context: As @gfp says. Memory is contiguous where @gfp doesn't allow to sleep.
 * Return: its address, at the start of a page, or NULL.
 */
void *grant_buffer_alloc(size_t size, gfp_t gfp)
{
	void *vaddr;

	if (size <= PAGE_SIZE || !gfpflags_allow_blocking(gfp))
		return grant_buffer_alloc_contiguous(size, gfp);

	vaddr = grant_buffer_alloc_contiguous(size, gfp | __GFP_NORETRY |
						    __GFP_NOWARN);
	return vaddr ?: __vmalloc(size, gfp | __GFP_ZERO);
}

/**
 * grant_buffer_free() - free memory from grant_buffer_alloc()
 * @vaddr: its address
 * @size: bytes, as allocated
 *
 * Context: As for dma_free_coherent().
 */
void grant_buffer_free(void *vaddr, size_t size)
{
	if (is_vmalloc_addr(vaddr))
		vfree(vaddr);
	else
		free_pages_exact(vaddr, size);
}

/**
 * grant_buffer_grant() - let a backend read and write a buffer
 * @backend: the backend
 * @first: the first of as many references as the buffer has Xen pages
 * @vaddr: the buffer
 * @size: bytes
 *
 * Context: Any.
 */
void grant_buffer_grant(struct grant_backend *backend, grant_ref_t first,
			void *vaddr, size_t size)
{
	size_t piece = is_vmalloc_addr(vaddr) ? PAGE_SIZE : size;
	size_t offset;

	for (offset = 0; offset < size; offset += piece) {
		piece = min(piece, size - offset);
		grant_table_grant(first + XEN_PFN_DOWN(offset), backend->domid,
				  page_to_xen_pfn(buffer_page(vaddr + offset)),
				  XEN_PFN_UP(piece), false);
	}
}

/**
 * grant_buffer_mmap() - map a buffer into user space
 * @vaddr: the buffer
 * @size: bytes
 * @vma: where, with the first page of the buffer in vm_pgoff
 *
 * Context: Process context, mmap lock held for writing.
 * Return: 0, -ENXIO when the buffer is too short, or an error of
 * vm_insert_page().
 */
int grant_buffer_mmap(void *vaddr, size_t size, struct vm_area_struct *vma)
{
	unsigned long pages = PFN_UP(size), at = vma->vm_pgoff;
	unsigned long user;
	int ret = 0;

	if (at >= pages || vma_pages(vma) > pages - at)
		return -ENXIO;

	for (user = vma->vm_start; !ret && user < vma->vm_end;
	     user += PAGE_SIZE, at++)
		ret = vm_insert_page(vma, user,
				     buffer_page(vaddr + at * PAGE_SIZE));
	return ret;
}

/**
 * grant_buffer_sgtable() - describe a buffer by a scatterlist
 * @vaddr: the buffer
 * @size: bytes
 * @sgt: where the list is allocated
 *
 * Context: Process context, may sleep.
 * Return: 0 or -ENOMEM.
 */
int grant_buffer_sgtable(void *vaddr, size_t size, struct sg_table *sgt)
{
	struct scatterlist *sg;
	size_t offset = 0;
	unsigned int i;
	int ret;

	ret = sg_alloc_table(sgt, PFN_UP(size), GFP_KERNEL);
	if (ret)
		return ret;

	for_each_sgtable_sg(sgt, sg, i) {
		sg_set_page(sg, buffer_page(vaddr + offset),
			    min_t(size_t, size - offset, PAGE_SIZE), 0);
		offset += PAGE_SIZE;
	}
	return 0;
}
