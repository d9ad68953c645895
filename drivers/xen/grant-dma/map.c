// SPDX-License-Identifier: GPL-2.0-only
/*
 * DMA ops that hand out grant references as DMA addresses.
 *
 * A buffer is granted; or it is bounced, as dma-iommu does for untrusted devices, where
 * other memory shares its Xen pages, where it can't be kept from reuse, where its owner
 * uses it while it is mapped, and where everything is. Shared memory on Xen is
 * cacheable for both sides, so there is nothing to sync but copies.
 *
 * Where an entry of a scatterlist ends at the end of a Xen page and the next one begins at
 * the start of one, there is no hole between them, so they become one segment, wherever
 * their pages are in memory.
 *
 * This is no IOMMU domain under dma-iommu: that reuses an address at unmap, though the
 * backend may still have the page; and bit 63 fits no page number of 32 bits.
 */

#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>

#include "grant-dma.h"

/*
 * Without a count of its own memory can't be kept from reuse by a late backend. The
 * count of CMA memory keeps only pages of files and processes, which migrate to it.
 */
static inline bool folio_must_bounce(struct folio *folio)
{
	return folio_test_slab(folio) || !folio_ref_count(folio) ||
	       (!folio_test_lru(folio) && is_migrate_cma_page(&folio->page));
}

static bool folios_must_bounce(phys_addr_t phys, size_t size)
{
	unsigned long pfn = PHYS_PFN(phys), end = PFN_UP(phys + size);
	struct folio *folio;

	for (; pfn < end; pfn = folio_pfn(folio) + folio_nr_pages(folio)) {
		folio = pfn_folio(pfn);
		if (folio_must_bounce(folio))
			return true;
	}
	return false;
}

/*
 * Whether a buffer must not be granted. Where its owner will sync what the device
 * writes, as page_pool does, it also uses the rest while that is mapped. And a range of
 * references keeps no low bits of an address but those within a Xen page.
 */
static __always_inline bool must_bounce(const struct grant_device *gdev, phys_addr_t phys,
					size_t size, enum dma_data_direction dir,
					unsigned long attrs)
{
	enum grant_isolation isolation = gdev->backend->isolation;

	if (unlikely(dma_get_min_align_mask(gdev->dev) >= XEN_PAGE_SIZE))
		return true;
	if (isolation == GRANT_ISOLATION_PAGE)
		return false;
	if (xen_offset_in_page(phys | size) || isolation == GRANT_ISOLATION_FULL ||
	    (attrs & DMA_ATTR_SKIP_CPU_SYNC && dir != DMA_TO_DEVICE))
		return true;
	return size > XEN_PAGE_SIZE ? folios_must_bounce(phys, size) :
				      folio_must_bounce(pfn_folio(PHYS_PFN(phys)));
}

/* Most Xen pages of a range, which begins at a multiple of its length. */
static inline unsigned int range_max(struct device *dev)
{
	return min_t(unsigned long, XEN_PFN_DOWN(dma_get_seg_boundary(dev)) + 1, GRANT_BLOCK);
}

/* Bytes that can always be mapped, wherever the low bits have them begin that a copy keeps. */
static inline size_t max_size(const struct grant_device *gdev)
{
	size_t before = dma_get_min_align_mask(gdev->dev) & XEN_PAGE_MASK;

	return gdev->max_size - min(before, gdev->max_size - XEN_PAGE_SIZE);
}

static inline bool mask_fits(struct device *dev, u64 mask)
{
	if (likely(mask & XEN_GRANT_DMA_FLAG))
		return true;
	dev_err_ratelimited(dev, "DMA mask %#llx can't hold bit 63, which marks grant references\n",
			    mask);
	return false;
}

/*
 * MMIO can't be granted. And any memory may have to be bounced, which a driver must not
 * forbid. All but MMIO has a struct page, see linux/dma-mapping.h.
 */
static inline bool attrs_possible(unsigned long attrs)
{
	return !(attrs & (DMA_ATTR_MMIO | DMA_ATTR_REQUIRE_COHERENT));
}

/* Reports a driver that misuses the DMA API, once. The size may be the backend's choice. */
static __cold void report_misuse(struct grant_device *gdev, const char *fault, dma_addr_t addr,
				 size_t size)
{
	/* A console may be what unmaps, so it must not be used before that is done. */
	if (!xchg(&gdev->misused, true))
		printk_deferred("%s %s: DMA API misused: %zu bytes at %pad %s\n",
				dev_driver_string(gdev->dev), dev_name(gdev->dev),
				size, &addr, fault);
}

/* Counts a mapping that began. A statistic, which may miss a mapping. */
static inline void count_map(struct grant_device *gdev, unsigned int pages)
{
	this_cpu_add(gdev->counters->used, pages);
	raw_cpu_inc(gdev->counters->mappings);
}

static inline void count_failure(struct grant_device *gdev)
{
	this_cpu_inc(gdev->counters->failures);
}

static __always_inline dma_addr_t map_pages(struct grant_device *gdev, grant_ref_t first,
					    phys_addr_t phys, unsigned int pages,
					    enum dma_data_direction dir)
{
	dma_addr_t addr = grant_addr(first, xen_offset_in_page(phys));

	WRITE_ONCE(gdev->backend->mapped[first], pages);
	count_map(gdev, pages);
	grant_table_grant(first, gdev->backend->domid, XEN_PFN_DOWN(phys), pages,
			  dir == DMA_TO_DEVICE);
	return addr;
}

static noinline dma_addr_t map_buffer(struct grant_device *gdev, phys_addr_t phys, size_t size,
				      enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int pages = grant_pages(phys, size);
	grant_ref_t first = 0;
	dma_addr_t addr;

	if (unlikely(!size || size > GRANT_MAPPING_MAX))
		goto fail;
	if (pages <= range_max(gdev->dev) && !must_bounce(gdev, phys, size, dir, attrs))
		first = grant_refs_alloc(gdev->backend, pages);
	if (likely(first))
		return map_pages(gdev, first, phys, pages, dir);
	addr = grant_bounce_map(gdev, phys, size, dir, attrs);
	if (unlikely(addr == DMA_MAPPING_ERROR))
		goto fail;
	count_map(gdev, grant_pages(addr, size));
	return addr;

fail:
	count_failure(gdev);
	return DMA_MAPPING_ERROR;
}

static dma_addr_t grant_dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
				     enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	grant_ref_t first;

	if (unlikely(!mask_fits(dev, *dev->dma_mask) || !attrs_possible(attrs) ||
		     is_zone_device_page(pfn_to_page(PHYS_PFN(phys))))) {
		count_failure(gdev);
		return DMA_MAPPING_ERROR;
	}
	/* A page is what most buffers are, and needs no more than what the CPU has. */
	if (size == XEN_PAGE_SIZE && !xen_offset_in_page(phys) &&
	    !must_bounce(gdev, phys, XEN_PAGE_SIZE, dir, attrs)) {
		first = grant_refs_alloc_here(gdev->backend);
		if (likely(first))
			return map_pages(gdev, first, phys, 1, dir);
	}
	return map_buffer(gdev, phys, size, dir, attrs);
}

static noinline void unmap_bounced(struct grant_device *gdev, dma_addr_t addr, size_t size,
				   enum dma_data_direction dir, unsigned long attrs)
{
	size_t length = grant_bounce_unmap(gdev->backend, addr, dir, attrs);

	if (unlikely(!length)) {
		report_misuse(gdev, "are unmapped, where no mapping begins", addr, size);
		return;
	}
	this_cpu_sub(gdev->counters->used, grant_pages(addr, length));
	if (unlikely(length != size))
		report_misuse(gdev, "are unmapped, which is not all of the mapping", addr,
			      size);
}

/*
 * Ends a mapping, all of it, whatever @size says: its owner may be about to free it.
 * @late: the backend should have let go of it.
 */
static __always_inline void unmap(struct grant_device *gdev, dma_addr_t addr, size_t size,
				  enum dma_data_direction dir, unsigned long attrs, bool late)
{
	struct grant_backend *backend = gdev->backend;
	grant_ref_t first = grant_ref_of(backend, addr);
	unsigned long pages;

	pages = likely(first < backend->size) ? READ_ONCE(backend->mapped[first]) : 0;
	if (!pages || unlikely(pages > GRANT_BLOCK)) {
		unmap_bounced(gdev, addr, size, dir, attrs);
		return;
	}
	if (unlikely(pages != grant_pages(addr, size)))
		report_misuse(gdev, "are unmapped, which is not all of the mapping", addr,
			      size);
	WRITE_ONCE(backend->mapped[first], 0);
	this_cpu_sub(gdev->counters->used, pages);
	grant_refs_end(backend, first, pages, late);
}

static void grant_dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
				 enum dma_data_direction dir, unsigned long attrs)
{
	unmap(to_grant_device(dev), addr, size, dir, attrs, true);
}

/* Lets the device or the CPU see what the other one wrote. */
static void sync_buffer(struct device *dev, dma_addr_t addr, size_t size,
			enum dma_data_direction dir, bool for_device)
{
	struct grant_device *gdev = to_grant_device(dev);

	if (unlikely(!grant_bounce_sync(gdev->backend, addr, size, dir, for_device)))
		report_misuse(gdev, "are synced, which are not all of one mapping", addr, size);
}

static void grant_dma_sync_single_for_cpu(struct device *dev, dma_addr_t addr, size_t size,
					  enum dma_data_direction dir)
{
	sync_buffer(dev, addr, size, dir, false);
}

static void grant_dma_sync_single_for_device(struct device *dev, dma_addr_t addr, size_t size,
					     enum dma_data_direction dir)
{
	sync_buffer(dev, addr, size, dir, true);
}

/**
 * struct grant_segment - entries of a scatterlist that are mapped as one
 * @sgl: the first of them that has a length
 * @length: bytes, 0 if there is nothing to map
 * @pages: Xen pages
 * @bounce: one of them must not be granted
 * @end: the entry after them
 * @left: how many entries there are from there on
 */
struct grant_segment {
	struct scatterlist *sgl;
	unsigned int length;
	unsigned int pages;
	bool bounce;
	struct scatterlist *end;
	int left;
};

/* As sg_next() where there is a next entry, but inline. */
static inline struct scatterlist *entry_after(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

/* The entries of a segment, with the bytes that are left of it. */
#define for_each_entry(segment, sg, left)				\
	for ((left) = (segment)->length, (sg) = (segment)->sgl; (left);	\
	     (left) -= (sg)->length, (sg) = (left) ? entry_after(sg) : (sg))

/* The segments of a list that is mapped. */
#define for_each_segment(sgl, sg, nents, i)				\
	for ((i) = 0, (sg) = (sgl); (i) < (nents) && sg_dma_len(sg);	\
	     (i)++, (sg) = sg_next(sg))

/* Finds the entries that can be the next segment. False if one can't be mapped. */
static __always_inline bool next_segment(struct grant_device *gdev, struct scatterlist *sg,
					 int left, enum dma_data_direction dir,
					 unsigned long attrs, struct grant_segment *segment)
{
	size_t most = min(dma_get_max_seg_size(gdev->dev), max_size(gdev));
	unsigned int max_pages = range_max(gdev->dev), pages;
	size_t mask = dma_get_min_align_mask(gdev->dev) | (XEN_PAGE_SIZE - 1);
	phys_addr_t phys, end = 0;

	*segment = (struct grant_segment) {};
	for (; left; sg = --left ? entry_after(sg) : sg) {
		if (!sg->length)
			continue;
		phys = sg_phys(sg);
		pages = grant_pages(phys, sg->length);
		/* What begins a Xen page in the middle of a segment keeps its low bits, too. */
		if (segment->length &&
		    (xen_offset_in_page(end) || (end ^ phys) & mask ||
		     (size_t)segment->length + sg->length > most ||
		     segment->pages + pages > max_pages))
			break;
		if (is_zone_device_page(sg_page(sg)) || sg->length > GRANT_MAPPING_MAX)
			return false;
		if (!segment->length) {
			segment->sgl = sg;
			segment->bounce = pages > max_pages;
		}
		segment->length += sg->length;
		segment->pages += pages;
		segment->bounce |= must_bounce(gdev, phys, sg->length, dir, attrs);
		end = phys + sg->length;
	}
	segment->end = sg;
	segment->left = left;
	return true;
}

static dma_addr_t bounce_segment(struct grant_device *gdev, const struct grant_segment *segment,
				 enum dma_data_direction dir, unsigned long attrs)
{
	phys_addr_t phys = sg_phys(segment->sgl);
	struct scatterlist *sg;
	unsigned int left;
	dma_addr_t addr;

	if (segment->sgl->length == segment->length)
		return grant_bounce_map(gdev, phys, segment->length, dir, attrs);
	addr = grant_bounce_alloc(gdev, phys, segment->length, dir, attrs);
	if (addr == DMA_MAPPING_ERROR)
		return addr;
	for_each_entry(segment, sg, left)
		grant_bounce_fill(gdev->backend, addr + segment->length - left, sg_phys(sg),
				  sg->length, left, left == segment->length, dir, attrs);
	return addr;
}

static void grant_entries(struct grant_backend *backend, grant_ref_t ref,
			  const struct grant_segment *segment, bool readonly)
{
	struct scatterlist *sg;
	unsigned int left, pages;

	for_each_entry(segment, sg, left) {
		if (!sg->length)
			continue;
		pages = grant_pages(sg->offset, sg->length);
		grant_table_grant(ref, backend->domid, XEN_PFN_DOWN(sg_phys(sg)), pages, readonly);
		ref += pages;
	}
}

static dma_addr_t map_segment(struct grant_device *gdev, const struct grant_segment *segment,
			      enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_backend *backend = gdev->backend;
	grant_ref_t first = 0;
	dma_addr_t addr;

	if (!segment->bounce)
		first = grant_refs_alloc(backend, segment->pages);
	if (likely(first)) {
		grant_entries(backend, first, segment, dir == DMA_TO_DEVICE);
		WRITE_ONCE(backend->mapped[first], segment->pages);
		addr = grant_addr(first, xen_offset_in_page(segment->sgl->offset));
	} else {
		addr = bounce_segment(gdev, segment, dir, attrs);
		if (addr == DMA_MAPPING_ERROR)
			return addr;
	}
	count_map(gdev, grant_pages(addr, segment->length));
	return addr;
}

static void grant_dma_unmap_sg(struct device *dev, struct scatterlist *sgl, int nents,
			       enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_segment(sgl, sg, nents, i)
		grant_dma_unmap_phys(dev, sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
}

/*
 * A walk over the entries of a segment decides whether they are granted or bounced, a
 * second one does it.
 */
static int grant_dma_map_sg(struct device *dev, struct scatterlist *sgl, int nents,
			    enum dma_data_direction dir, unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	struct scatterlist *sg = sgl, *out = sgl;
	int left = nents, segments = 0, ret = -EINVAL;
	struct grant_segment segment;
	dma_addr_t addr;

	if (!attrs_possible(attrs) || !mask_fits(dev, *dev->dma_mask))
		goto fail;
	for (; left; left = segment.left, sg = segment.end) {
		ret = -EINVAL;
		if (!next_segment(gdev, sg, left, dir, attrs, &segment))
			goto unmap;
		if (!segment.length)
			break;
		ret = -ENOMEM;
		addr = map_segment(gdev, &segment, dir, attrs);
		if (addr == DMA_MAPPING_ERROR)
			goto unmap;
		if (segments++)
			out = sg_next(out);
		sg_dma_address(out) = addr;
		sg_dma_len(out) = segment.length;
	}
	if (!segments)
		goto fail;
	/* Where the segments end, if there are fewer of them than entries. */
	if (segments < nents)
		sg_dma_len(sg_next(out)) = 0;
	return segments;

unmap:
	grant_dma_unmap_sg(dev, sgl, segments, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
fail:
	count_failure(gdev);
	return ret;
}

static void sync_sg(struct device *dev, struct scatterlist *sgl, int nents,
		    enum dma_data_direction dir, bool for_device)
{
	struct scatterlist *sg;
	int i;

	for_each_segment(sgl, sg, nents, i)
		sync_buffer(dev, sg_dma_address(sg), sg_dma_len(sg), dir, for_device);
}

static void grant_dma_sync_sg_for_cpu(struct device *dev, struct scatterlist *sgl, int nents,
				      enum dma_data_direction dir)
{
	sync_sg(dev, sgl, nents, dir, false);
}

static void grant_dma_sync_sg_for_device(struct device *dev, struct scatterlist *sgl, int nents,
					 enum dma_data_direction dir)
{
	sync_sg(dev, sgl, nents, dir, true);
}

/*
 * Memory that device and driver share is zeroed, contiguous, and shares no Xen page
 * with anything else. Each of its pages has a count of its own, so that one that the
 * backend still uses outlives the memory that it was part of.
 */
static void *memory_alloc(size_t size, gfp_t gfp)
{
	if (!size || size > GRANT_MAPPING_MAX || get_order(size) > MAX_PAGE_ORDER)
		return NULL;
	return alloc_pages_exact(size, (gfp & ~__GFP_COMP) | __GFP_ZERO);
}

static void *grant_dma_alloc(struct device *dev, size_t size, dma_addr_t *addr, gfp_t gfp,
			     unsigned long attrs)
{
	struct grant_device *gdev = to_grant_device(dev);
	unsigned int pages = XEN_PFN_UP(PAGE_ALIGN(size));
	grant_ref_t first;
	void *vaddr;

	vaddr = mask_fits(dev, dev->coherent_dma_mask) ? memory_alloc(size, gfp) : NULL;
	if (!vaddr)
		goto fail;
	first = grant_refs_alloc(gdev->backend, pages);
	if (!first)
		goto free;
	*addr = map_pages(gdev, first, virt_to_phys(vaddr), pages, DMA_BIDIRECTIONAL);
	return vaddr;

free:
	free_pages_exact(vaddr, size);
fail:
	count_failure(gdev);
	return NULL;
}

/* A backend may let go of the rings some time after the reset. */
static void grant_dma_free(struct device *dev, size_t size, void *vaddr, dma_addr_t addr,
			   unsigned long attrs)
{
	unmap(to_grant_device(dev), addr, PAGE_ALIGN(size), DMA_BIDIRECTIONAL, 0, false);
	free_pages_exact(vaddr, size);
}

static struct page *grant_dma_alloc_pages(struct device *dev, size_t size, dma_addr_t *addr,
					  enum dma_data_direction dir, gfp_t gfp)
{
	void *vaddr = memory_alloc(size, gfp);

	if (!vaddr) {
		count_failure(to_grant_device(dev));
		return NULL;
	}
	*addr = grant_dma_map_phys(dev, virt_to_phys(vaddr), size, dir, 0);
	if (*addr != DMA_MAPPING_ERROR)
		return virt_to_page(vaddr);
	free_pages_exact(vaddr, size);
	return NULL;
}

static void grant_dma_free_pages(struct device *dev, size_t size, struct page *page,
				 dma_addr_t addr, enum dma_data_direction dir)
{
	grant_dma_unmap_phys(dev, addr, size, dir, 0);
	free_pages_exact(page_address(page), size);
}

static int grant_dma_supported(struct device *dev, u64 mask)
{
	return mask_fits(dev, mask);
}

static u64 grant_dma_get_required_mask(struct device *dev)
{
	return DMA_BIT_MASK(64);
}

/* Entries of a scatterlist that meet there are merged, as none loses low bits that way. */
static unsigned long grant_dma_get_merge_boundary(struct device *dev)
{
	return dma_get_min_align_mask(dev) | (XEN_PAGE_SIZE - 1);
}

static size_t grant_dma_max_mapping_size(struct device *dev)
{
	return max_size(to_grant_device(dev));
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
