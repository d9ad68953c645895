// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA ops that hand out grant references as DMA addresses.
 *
 * A mapping takes a run of references, grants one Xen page with each and is
 * ended by taking the access back. With strict isolation, what doesn't fill Xen
 * pages is bounced.
 *
 * Shared memory on Xen is cacheable for both sides, whatever "dma-coherent" says,
 * so there is nothing to sync but bounce memory.
 */

#include <linux/dma-map-ops.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include <linux/sizes.h>

#include "address.h"
#include "backend.h"
#include "bounce.h"
#include "buffer.h"
#include "coherent.h"
#include "device.h"
#include "dma-ops.h"
#include "ram.h"
#include "range.h"
#include "sg.h"
#include "small.h"
#include "table.h"
#include "trace.h"

static void count_failure(struct xen_grant_dma_device *gdev)
{
	this_cpu_inc(gdev->counters->failures);
}

/* A device that can't address bit 63 must not be given an address that has it. */
static bool mask_fits(struct device *dev, u64 mask)
{
	if (likely(mask & GRANT_DMA_FLAG))
		return true;

	dev_err_ratelimited(dev, "DMA mask %#llx can't hold bit 63, which marks grant references\n",
			    mask);
	return false;
}

static int grant_dma_supported(struct device *dev, u64 mask)
{
	return mask_fits(dev, mask);
}

static u64 grant_dma_get_required_mask(struct device *dev)
{
	return DMA_BIT_MASK(64);
}

/* Entries of a scatterlist that meet at the ends of Xen pages are merged. */
static unsigned long grant_dma_get_merge_boundary(struct device *dev)
{
	return XEN_PAGE_SIZE - 1;
}

static size_t grant_dma_max_mapping_size(struct device *dev)
{
	unsigned long pages = grant_range_max(dev->xen_grant_dma->backend->ranges);

	/* A buffer may begin in the middle of a page, and takes one more then. */
	return (pages - 1) << XEN_PAGE_SHIFT;
}

static size_t grant_dma_opt_mapping_size(void)
{
	return min_t(size_t, SZ_1M,
		     (size_t)(grant_table_size() / 16) << XEN_PAGE_SHIFT);
}

static dma_addr_t map_whole_pages(struct grant_backend *backend,
				  phys_addr_t phys, size_t size,
				  enum dma_data_direction dir)
{
	unsigned long pages = grant_dma_pages(phys, size);
	grant_ref_t first = grant_backend_alloc(backend, pages);

	if (unlikely(!first))
		return DMA_MAPPING_ERROR;
	grant_table_grant(first, backend->domid, XEN_PFN_DOWN(phys), pages,
			  dir == DMA_TO_DEVICE);
	return grant_dma_addr(first, xen_offset_in_page(phys));
}

static dma_addr_t grant_dma_map_page(struct device *dev, struct page *page,
				     unsigned long offset, size_t size,
				     enum dma_data_direction dir,
				     unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;
	phys_addr_t phys = page_to_phys(page) + offset;
	dma_addr_t addr;

	if (unlikely(!size || !mask_fits(dev, *dev->dma_mask) ||
		     !grant_ram_has(page)))
		goto fail;
	if (!grant_bounces(gdev->backend, page, phys, size))
		addr = map_whole_pages(gdev->backend, phys, size, dir);
	else if (grant_small_fits(dev, phys, size))
		addr = grant_small_map(dev, gdev->backend, phys, size, dir,
				       attrs);
	else
		addr = grant_bounce_map(gdev->backend, phys, size, dir, attrs);
	if (unlikely(addr == DMA_MAPPING_ERROR))
		goto fail;

	grant_device_map(gdev, grant_dma_pages(addr, size));
	trace_xen_grant_dma_map(dev, addr, size, dir);
	return addr;

fail:
	count_failure(gdev);
	return DMA_MAPPING_ERROR;
}

static void grant_dma_unmap_page(struct device *dev, dma_addr_t addr,
				 size_t size, enum dma_data_direction dir,
				 unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;

	trace_xen_grant_dma_unmap(dev, addr, size, dir);
	if (!grant_is_bounced(gdev->backend, addr, size))
		grant_backend_end(gdev->backend, grant_dma_ref(addr),
				  grant_dma_pages(addr, size));
	else if (grant_is_slot(gdev->backend, addr))
		grant_small_unmap(gdev->backend, addr, size, dir, attrs);
	else
		grant_bounce_unmap(gdev->backend, addr, size, dir, attrs);
	grant_device_unmap(gdev, grant_dma_pages(addr, size));
}

static int grant_dma_map_sg(struct device *dev, struct scatterlist *sgl,
			    int nents, enum dma_data_direction dir,
			    unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;
	struct scatterlist *seg;
	int ret = -EINVAL, i;

	if (mask_fits(dev, *dev->dma_mask))
		ret = grant_sg_map(dev, gdev->backend, sgl, nents, dir, attrs);
	if (ret < 0) {
		count_failure(gdev);
		return ret;
	}

	grant_device_map(gdev, grant_sg_mapped(sgl, ret));
	if (trace_xen_grant_dma_map_enabled())
		for_each_grant_segment(sgl, seg, ret, i)
			trace_xen_grant_dma_map(dev, sg_dma_address(seg),
						sg_dma_len(seg), dir);
	return ret;
}

static void grant_dma_unmap_sg(struct device *dev, struct scatterlist *sgl,
			       int nents, enum dma_data_direction dir,
			       unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;
	struct scatterlist *seg;
	int i;

	if (trace_xen_grant_dma_unmap_enabled())
		for_each_grant_segment(sgl, seg, nents, i)
			trace_xen_grant_dma_unmap(dev, sg_dma_address(seg),
						  sg_dma_len(seg), dir);
	grant_device_unmap(gdev, grant_sg_unmap(dev, gdev->backend, sgl, nents,
						dir, attrs));
}

static void grant_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr,
					  size_t size,
					  enum dma_data_direction dir)
{
	grant_bounce_sync_for_cpu(dev->xen_grant_dma->backend, addr, size, dir);
}

static void grant_dma_sync_single_for_device(struct device *dev,
					     dma_addr_t addr, size_t size,
					     enum dma_data_direction dir)
{
	grant_bounce_sync_for_device(dev->xen_grant_dma->backend, addr, size,
				     dir);
}

static void grant_dma_sync_sg_for_cpu(struct device *dev,
				      struct scatterlist *sgl, int nents,
				      enum dma_data_direction dir)
{
	struct scatterlist *seg;
	int i;

	for_each_grant_segment(sgl, seg, nents, i)
		grant_dma_sync_single_for_cpu(dev, sg_dma_address(seg),
					      sg_dma_len(seg), dir);
}

static void grant_dma_sync_sg_for_device(struct device *dev,
					 struct scatterlist *sgl, int nents,
					 enum dma_data_direction dir)
{
	struct scatterlist *seg;
	int i;

	for_each_grant_segment(sgl, seg, nents, i)
		grant_dma_sync_single_for_device(dev, sg_dma_address(seg),
						 sg_dma_len(seg), dir);
}

static void *grant_dma_alloc(struct device *dev, size_t size,
			     dma_addr_t *handle, gfp_t gfp, unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;
	void *vaddr = NULL;

	if (size && mask_fits(dev, dev->coherent_dma_mask))
		vaddr = grant_coherent_alloc(gdev->backend, size, handle, gfp);
	if (!vaddr) {
		count_failure(gdev);
		return NULL;
	}

	grant_device_map(gdev, XEN_PFN_UP(size));
	trace_xen_grant_dma_map(dev, *handle, size, DMA_BIDIRECTIONAL);
	return vaddr;
}

static void grant_dma_free(struct device *dev, size_t size, void *vaddr,
			   dma_addr_t addr, unsigned long attrs)
{
	struct xen_grant_dma_device *gdev = dev->xen_grant_dma;

	trace_xen_grant_dma_unmap(dev, addr, size, DMA_BIDIRECTIONAL);
	grant_coherent_free(gdev->backend, size, vaddr, addr);
	grant_device_unmap(gdev, XEN_PFN_UP(size));
}

/* Here too pages have reference counts of their own, see buffer.c. */
static struct page *grant_dma_alloc_pages(struct device *dev, size_t size,
					  dma_addr_t *handle,
					  enum dma_data_direction dir,
					  gfp_t gfp)
{
	void *vaddr = grant_buffer_alloc_contiguous(size, gfp);
	struct page *page;

	if (!vaddr) {
		count_failure(dev->xen_grant_dma);
		return NULL;
	}

	page = virt_to_page(vaddr);
	*handle = grant_dma_map_page(dev, page, 0, size, dir, 0);
	if (*handle == DMA_MAPPING_ERROR) {
		grant_buffer_free(vaddr, size);
		return NULL;
	}
	return page;
}

static void grant_dma_free_pages(struct device *dev, size_t size,
				 struct page *page, dma_addr_t addr,
				 enum dma_data_direction dir)
{
	grant_dma_unmap_page(dev, addr, size, dir, 0);
	grant_buffer_free(page_address(page), size);
}

static int grant_dma_mmap(struct device *dev, struct vm_area_struct *vma,
			  void *vaddr, dma_addr_t addr, size_t size,
			  unsigned long attrs)
{
	return grant_buffer_mmap(vaddr, size, vma);
}

static int grant_dma_get_sgtable(struct device *dev, struct sg_table *sgt,
				 void *vaddr, dma_addr_t addr, size_t size,
				 unsigned long attrs)
{
	return grant_buffer_sgtable(vaddr, size, sgt);
}

/* MMIO has no frame of this domain's memory behind it that could be granted. */
static dma_addr_t grant_dma_map_resource(struct device *dev, phys_addr_t phys,
					 size_t size,
					 enum dma_data_direction dir,
					 unsigned long attrs)
{
	dev_err_ratelimited(dev, "can't grant MMIO at %pap\n", &phys);
	count_failure(dev->xen_grant_dma);
	return DMA_MAPPING_ERROR;
}

const struct dma_map_ops grant_dma_ops = {
	.alloc = grant_dma_alloc,
	.free = grant_dma_free,
	.alloc_pages_op = grant_dma_alloc_pages,
	.free_pages = grant_dma_free_pages,
	.mmap = grant_dma_mmap,
	.get_sgtable = grant_dma_get_sgtable,
	.map_page = grant_dma_map_page,
	.unmap_page = grant_dma_unmap_page,
	.map_sg = grant_dma_map_sg,
	.unmap_sg = grant_dma_unmap_sg,
	.sync_single_for_cpu = grant_dma_sync_single_for_cpu,
	.sync_single_for_device = grant_dma_sync_single_for_device,
	.sync_sg_for_cpu = grant_dma_sync_sg_for_cpu,
	.sync_sg_for_device = grant_dma_sync_sg_for_device,
	.map_resource = grant_dma_map_resource,
	.dma_supported = grant_dma_supported,
	.get_required_mask = grant_dma_get_required_mask,
	.max_mapping_size = grant_dma_max_mapping_size,
	.opt_mapping_size = grant_dma_opt_mapping_size,
	.get_merge_boundary = grant_dma_get_merge_boundary,
};
