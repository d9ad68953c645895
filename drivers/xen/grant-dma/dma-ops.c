// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA ops that hand out grant references as DMA addresses.
 *
 * Shared memory on Xen is cacheable for both sides, whatever "dma-coherent" says,
 * so there is nothing to sync but copies.
 */

#include <linux/dma-map-ops.h>
#include <linux/gfp.h>
#include <linux/io.h>
#include <linux/minmax.h>
#include <linux/mm.h>

#include <xen/page.h>

#include "backend.h"
#include "device.h"
#include "dma-ops.h"
#include "mapping.h"
#include "pool.h"
#include "sg.h"
#include "table.h"
#include "trace.h"

static int grant_dma_supported(struct device *dev, u64 mask)
{
	return grant_device_mask_fits(dev, mask);
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

/* What fits the pools beside a request's small parts can always be done. */
static size_t grant_dma_max_mapping_size(struct device *dev)
{
	struct grant_device *gdev = to_grant_device(dev);
	unsigned int pages = GRANT_POOL_MAX, use;

	for (use = 0; use < GRANT_SLOT_USES; use++)
		if (gdev->pools[use])
			pages = min(pages, gdev->pools[use]->count);
	return (pages - GRANT_POOL_SMALL) << XEN_PAGE_SHIFT;
}

static int grant_dma_map_sg(struct device *dev, struct scatterlist *sgl,
			    int nents, enum dma_data_direction dir,
			    unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	struct scatterlist *seg;
	int ret = -EINVAL, i;

	if (grant_device_mask_fits(dev, *dev->dma_mask))
		ret = grant_sg_map(gdev, sgl, nents, dir, attrs);
	if (ret < 0) {
		grant_device_count_failure(gdev);
		return ret;
	}

	grant_device_count(gdev, grant_sg_pages(sgl, ret));
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
	struct scatterlist *seg;
	int i;

	for_each_grant_segment(sgl, seg, nents, i)
		grant_dma_unmap_phys(dev, sg_dma_address(seg), sg_dma_len(seg),
				     dir, attrs);
}

static void sync(struct device *dev, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir, bool for_device)
{
	struct grant_device *gdev = to_grant_device(dev);

	if (unlikely(!grant_sync(gdev->backend, addr, size, dir, for_device)))
		grant_device_misused(gdev, "are synced, which are not all of one mapping",
				     addr, size);
}

static void grant_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr,
					  size_t size,
					  enum dma_data_direction dir)
{
	sync(dev, addr, size, dir, false);
}

static void grant_dma_sync_single_for_device(struct device *dev,
					     dma_addr_t addr, size_t size,
					     enum dma_data_direction dir)
{
	sync(dev, addr, size, dir, true);
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

/*
 * Memory that device and driver share is zeroed, contiguous, and shares no Xen page
 * with anything else. In memory and among DMA addresses it is aligned to its size
 * rounded up to a power of two. Each of its pages has a reference count of its own, so
 * that one that the backend still uses outlives the memory that it was part of.
 */
static void *memory_alloc(size_t size, gfp_t gfp)
{
	if (!size || size > GRANT_RANGE_MAX << XEN_PAGE_SHIFT ||
	    get_order(size) > MAX_PAGE_ORDER)
		return NULL;
	return alloc_pages_exact(size, (gfp & ~__GFP_COMP) | __GFP_ZERO);
}

static void *grant_dma_alloc(struct device *dev, size_t size,
			     dma_addr_t *addr, gfp_t gfp, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	grant_ref_t first = 0;
	unsigned int pages;
	void *vaddr = NULL;

	/* Then its DMA address is aligned to pages of the kernel, as promised. */
	size = PAGE_ALIGN(size);
	pages = XEN_PFN_UP(size);
	if (grant_device_mask_fits(dev, dev->coherent_dma_mask))
		vaddr = memory_alloc(size, gfp);
	if (vaddr)
		first = grant_backend_alloc(gdev->backend, pages);
	if (!first)
		goto fail;

	grant_table_grant(first, gdev->backend->domid,
			  XEN_PFN_DOWN(virt_to_phys(vaddr)), pages, false);
	*addr = grant_dma_addr(first, 0);
	grant_device_count(gdev, pages);
	trace_xen_grant_dma_map(dev, *addr, size, DMA_BIDIRECTIONAL);
	return vaddr;

fail:
	if (vaddr)
		free_pages_exact(vaddr, size);
	grant_device_count_failure(gdev);
	return NULL;
}

static void grant_dma_free(struct device *dev, size_t size, void *vaddr,
			   dma_addr_t addr, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	unsigned int pages;

	size = PAGE_ALIGN(size);
	pages = XEN_PFN_UP(size);
	trace_xen_grant_dma_unmap(dev, addr, size, DMA_BIDIRECTIONAL);
	grant_backend_end(gdev->backend, xen_grant_dma_ref(addr), pages, false);
	free_pages_exact(vaddr, size);
	grant_device_count(gdev, -(int)pages);
}

static struct page *grant_dma_alloc_pages(struct device *dev, size_t size,
					  dma_addr_t *addr,
					  enum dma_data_direction dir,
					  gfp_t gfp)
{
	void *vaddr = memory_alloc(size, gfp);
	struct page *page;

	if (!vaddr) {
		grant_device_count_failure(to_grant_device(dev));
		return NULL;
	}

	page = virt_to_page(vaddr);
	*addr = grant_dma_map_phys(dev, page_to_phys(page), size, dir, 0);
	if (*addr == DMA_MAPPING_ERROR) {
		free_pages_exact(vaddr, size);
		return NULL;
	}
	return page;
}

static void grant_dma_free_pages(struct device *dev, size_t size,
				 struct page *page, dma_addr_t addr,
				 enum dma_data_direction dir)
{
	grant_dma_unmap_phys(dev, addr, size, dir, 0);
	free_pages_exact(page_address(page), size);
}

const struct dma_map_ops grant_dma_ops = {
	.alloc = grant_dma_alloc,
	.free = grant_dma_free,
	.alloc_pages_op = grant_dma_alloc_pages,
	.free_pages = grant_dma_free_pages,
	.mmap = dma_common_mmap,
	.get_sgtable = dma_common_get_sgtable,
	.map_phys = grant_dma_map_phys,
	.unmap_phys = grant_dma_unmap_phys,
	.map_sg = grant_dma_map_sg,
	.unmap_sg = grant_dma_unmap_sg,
	.sync_single_for_cpu = grant_dma_sync_single_for_cpu,
	.sync_single_for_device = grant_dma_sync_single_for_device,
	.sync_sg_for_cpu = grant_dma_sync_sg_for_cpu,
	.sync_sg_for_device = grant_dma_sync_sg_for_device,
	.dma_supported = grant_dma_supported,
	.get_required_mask = grant_dma_get_required_mask,
	.max_mapping_size = grant_dma_max_mapping_size,
	.get_merge_boundary = grant_dma_get_merge_boundary,
};
