// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of scatterlists.
 *
 * Where an entry ends at the end of a Xen page and the next one begins at the start of
 * one, there is no hole between them, so they become one segment, wherever their pages
 * are in memory. A first walk over its entries decides whether they are granted or
 * bounced, a second one does it.
 */

#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "grant-dma.h"

/**
 * struct grant_segment - entries of a scatterlist that are mapped as one
 * @sgl: the first of them that has a length
 * @nents: how many, from there on
 * @length: bytes, 0 if there is nothing to map
 * @pages: Xen pages
 * @bounce: one of them must not be granted
 * @end: the entry after them
 * @left: how many entries there are from there on
 */
struct grant_segment {
	struct scatterlist *sgl;
	int nents;
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

#define for_each_entry(sgl, sg, nents, left)				\
	for ((left) = (nents), (sg) = (sgl); (left);			\
	     (sg) = --(left) ? entry_after(sg) : (sg))

/* The segments of a list that is mapped. */
#define for_each_segment(sgl, sg, nents, i)				\
	for ((i) = 0, (sg) = (sgl); (i) < (nents) && sg_dma_len(sg);	\
	     (i)++, (sg) = sg_next(sg))

/* Finds the entries that can be the next segment. False if one can't be mapped. */
static __always_inline bool next_segment(struct grant_device *gdev, struct scatterlist *sgl,
					 int nents, enum dma_data_direction dir,
					 unsigned long attrs, struct grant_segment *segment)
{
	size_t max_size = min(dma_get_max_seg_size(gdev->dev), gdev->max_size);
	unsigned int max_pages = grant_range_max(gdev->dev), pages, end = 0;
	struct scatterlist *sg;
	int left;

	*segment = (struct grant_segment) {};
	for_each_entry(sgl, sg, nents, left) {
		if (!sg->length)
			continue;
		pages = grant_pages(sg->offset, sg->length);
		if (segment->length &&
		    (xen_offset_in_page(end | sg->offset) ||
		     (size_t)segment->length + sg->length > max_size ||
		     segment->pages + pages > max_pages))
			break;
		if (is_zone_device_page(sg_page(sg)) || sg->length > GRANT_MAPPING_MAX)
			return false;
		if (!segment->length) {
			segment->sgl = sg;
			segment->nents = left;
			segment->bounce = pages > max_pages;
		}
		segment->length += sg->length;
		segment->pages += pages;
		segment->bounce |= grant_must_bounce(gdev, sg_phys(sg), sg->length, dir, attrs);
		end = sg->offset + sg->length;
	}
	segment->nents -= left;
	segment->end = sg;
	segment->left = left;
	return true;
}

static dma_addr_t bounce_segment(struct grant_device *gdev, const struct grant_segment *segment,
				 enum dma_data_direction dir, unsigned long attrs)
{
	phys_addr_t phys = sg_phys(segment->sgl);
	unsigned int left = segment->length;
	struct scatterlist *sg;
	dma_addr_t addr;
	int n;

	if (segment->sgl->length == segment->length)
		return grant_bounce_map(gdev, phys, segment->length, dir, attrs);
	addr = grant_bounce_alloc(gdev, phys, segment->length, dir, attrs);
	if (addr == DMA_MAPPING_ERROR)
		return addr;
	for_each_entry(segment->sgl, sg, segment->nents, n) {
		if (!sg->length)
			continue;
		grant_bounce_fill(gdev->backend, addr + segment->length - left, sg_phys(sg),
				  sg->length, left, left == segment->length, dir, attrs);
		left -= sg->length;
	}
	return addr;
}

static void grant_segment_pages(struct grant_backend *backend, grant_ref_t ref,
				const struct grant_segment *segment, bool readonly)
{
	struct scatterlist *sg;
	unsigned int pages;
	int left;

	for_each_entry(segment->sgl, sg, segment->nents, left) {
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
		grant_segment_pages(backend, first, segment, dir == DMA_TO_DEVICE);
		WRITE_ONCE(backend->mapped[first], segment->pages);
		addr = grant_addr(first, xen_offset_in_page(segment->sgl->offset));
	} else {
		addr = bounce_segment(gdev, segment, dir, attrs);
		if (addr == DMA_MAPPING_ERROR)
			return addr;
	}
	grant_count_map(gdev, grant_pages(addr, segment->length));
	return addr;
}

/**
 * grant_sg_map() - map a scatterlist, and set the DMA addresses in it
 * @gdev: the device
 * @sgl: the list
 * @nents: number of its entries
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: the number of segments; -EINVAL when there is nothing to map, or something
 * that can't be mapped; or -ENOMEM when memory or references have run out, the device's
 * reserve, too. Then nothing is mapped.
 */
int grant_sg_map(struct grant_device *gdev, struct scatterlist *sgl, int nents,
		 enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg = sgl, *out = sgl;
	int left = nents, segments = 0, ret;
	struct grant_segment segment;
	dma_addr_t addr;

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
		return -EINVAL;
	/* Where the segments end, if there are fewer of them than entries. */
	if (segments < nents)
		sg_dma_len(sg_next(out)) = 0;
	return segments;

unmap:
	grant_sg_unmap(gdev->dev, sgl, segments, dir, attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return ret;
}

/* DMA ops of a list that is mapped: those of each segment. */
void grant_sg_unmap(struct device *dev, struct scatterlist *sgl, int nents,
		    enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_segment(sgl, sg, nents, i)
		grant_unmap(to_grant_device(dev), sg_dma_address(sg), sg_dma_len(sg), dir, attrs);
}

static void sync_sg(struct device *dev, struct scatterlist *sgl, int nents,
		    enum dma_data_direction dir, bool for_device)
{
	struct scatterlist *sg;
	int i;

	for_each_segment(sgl, sg, nents, i)
		grant_sync(to_grant_device(dev), sg_dma_address(sg), sg_dma_len(sg), dir,
			   for_device);
}

void grant_sg_sync_for_cpu(struct device *dev, struct scatterlist *sgl, int nents,
			   enum dma_data_direction dir)
{
	sync_sg(dev, sgl, nents, dir, false);
}

void grant_sg_sync_for_device(struct device *dev, struct scatterlist *sgl, int nents,
			      enum dma_data_direction dir)
{
	sync_sg(dev, sgl, nents, dir, true);
}
