// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scatterlist laid out in runs of grant references.
 *
 * Every entry gets references for the Xen pages that it touches, one entry after
 * the other. Where an entry ends at the end of a Xen page and the next one begins
 * at the start of one, there is no hole between them, so they become one segment,
 * wherever their pages are in memory. The whole list is one run.
 *
 * A device may want no segment to cross a certain boundary. Where references
 * are high enough to reach one, every segment is a run of its own, which begins
 * at a multiple of its length and so can't cross it; only an entry that has
 * more than GRANT_RANGE_CACHED pages by itself can.
 */

#include <linux/dma-mapping.h>
#include <linux/limits.h>
#include <linux/minmax.h>

#include "address.h"
#include "backend.h"
#include "range.h"
#include "sg.h"
#include "table.h"

/**
 * struct sg_limits - what a device demands of segments with several entries
 * @size: most bytes
 * @pages: most Xen pages
 * @run_each: whether every segment is a run of its own
 */
struct sg_limits {
	unsigned int size;
	unsigned long pages;
	bool run_each;
};

/**
 * struct segment - entries of a list without a hole between them
 * @entries: how many, with those that are empty
 * @length: bytes
 * @pages: Xen pages
 */
struct segment {
	unsigned int entries;
	unsigned int length;
	unsigned long pages;
};

static struct sg_limits sg_limits(struct device *dev)
{
	unsigned long boundary = XEN_PFN_DOWN(dma_get_seg_boundary(dev)) + 1;
	struct sg_limits limits = {
		.size = dma_get_max_seg_size(dev),
		.pages = ULONG_MAX,
	};

	if (boundary < grant_table_size()) {
		limits.pages = min(boundary, GRANT_RANGE_CACHED);
		limits.run_each = true;
	}
	return limits;
}

static unsigned long entry_pages(struct scatterlist *sg)
{
	return sg->length ? grant_dma_pages(sg->offset, sg->length) : 0;
}

/* Returns the Xen pages that a list touches, 0 if it can't be granted. */
static unsigned long list_pages(struct scatterlist *sgl, int nents)
{
	unsigned long pages = 0;
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		if (!grant_table_holds(sg_page(sg)))
			return 0;
		pages += entry_pages(sg);
	}
	return pages;
}

static bool joins(struct scatterlist *sg, const struct segment *seg,
		  unsigned int seg_end, const struct sg_limits *limits)
{
	return !xen_offset_in_page(seg_end) && !xen_offset_in_page(sg->offset) &&
	       (u64)seg->length + sg->length <= limits->size &&
	       seg->pages + entry_pages(sg) <= limits->pages;
}

static struct segment next_segment(struct scatterlist *sg, int nents,
				   const struct sg_limits *limits)
{
	struct segment seg = {};
	unsigned int end = 0;

	for (; seg.entries < nents; seg.entries++, sg = sg_next(sg)) {
		if (!sg->length)
			continue;
		if (seg.pages && !joins(sg, &seg, end, limits))
			break;
		seg.length += sg->length;
		seg.pages += entry_pages(sg);
		end = sg->offset + sg->length;
	}
	return seg;
}

/* Grants a segment's entries, from @sg on. Returns its DMA address. */
static dma_addr_t segment_grant(struct grant_backend *backend,
				struct scatterlist *sg,
				const struct segment *seg, grant_ref_t first,
				bool readonly)
{
	dma_addr_t addr = DMA_MAPPING_ERROR;
	unsigned int i;

	for (i = 0; i < seg->entries; i++, sg = sg_next(sg)) {
		phys_addr_t phys = sg_phys(sg);
		unsigned long pages = entry_pages(sg);

		if (!pages)
			continue;
		if (addr == DMA_MAPPING_ERROR)
			addr = grant_dma_addr(first, xen_offset_in_page(phys));
		grant_table_grant(first, backend->domid, XEN_PFN_DOWN(phys),
				  pages, readonly);
		first += pages;
	}
	return addr;
}

static unsigned long segment_pages(struct scatterlist *sg)
{
	return grant_dma_pages(sg_dma_address(sg), sg_dma_len(sg));
}

/**
 * grant_sg_mapped() - the references that a mapped scatterlist uses
 * @sgl: the list
 * @nents: number of its entries or of its segments
 */
unsigned long grant_sg_mapped(struct scatterlist *sgl, int nents)
{
	unsigned long pages = 0;
	struct scatterlist *seg;
	int i;

	for_each_grant_segment(sgl, seg, nents, i)
		pages += segment_pages(seg);
	return pages;
}

/**
 * grant_sg_map() - grant a scatterlist, and set the DMA addresses in it
 * @dev: the device, for what it demands of segments
 * @backend: the backend that gets access
 * @sgl: the list
 * @nents: number of its entries
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 *
 * Context: Any.
 * Return: the number of segments, -EINVAL when there is nothing to map or
 * something that can't be granted, or -ENOMEM; then nothing is granted.
 */
int grant_sg_map(struct device *dev, struct grant_backend *backend,
		 struct scatterlist *sgl, int nents,
		 enum dma_data_direction dir)
{
	struct sg_limits limits = sg_limits(dev);
	unsigned long total = list_pages(sgl, nents);
	struct scatterlist *sg = sgl, *out = sgl;
	int left = nents, segments = 0;
	struct segment seg;
	grant_ref_t first;

	if (!total)
		return -EINVAL;
	if (!limits.run_each &&
	    grant_range_alloc(backend->ranges, total, &first))
		return -ENOMEM;

	while (left) {
		seg = next_segment(sg, left, &limits);
		if (!seg.pages)
			break;
		if (limits.run_each &&
		    grant_range_alloc(backend->ranges, seg.pages, &first))
			goto unmap;

		sg_dma_address(out) = segment_grant(backend, sg, &seg, first,
						    dir == DMA_TO_DEVICE);
		sg_dma_len(out) = seg.length;
		out = sg_next(out);
		segments++;

		first += seg.pages;
		left -= seg.entries;
		while (seg.entries--)
			sg = sg_next(sg);
	}

	/* Where the segments end, if there are fewer of them than entries. */
	if (segments < nents)
		sg_dma_len(out) = 0;
	return segments;

unmap:
	grant_sg_unmap(dev, backend, sgl, segments);
	return -ENOMEM;
}

/**
 * grant_sg_unmap() - end access to a scatterlist
 * @dev: the device
 * @backend: the backend that has access
 * @sgl: the list, as it was mapped
 * @nents: number of its entries
 *
 * Context: Any.
 */
void grant_sg_unmap(struct device *dev, struct grant_backend *backend,
		    struct scatterlist *sgl, int nents)
{
	struct scatterlist *seg;
	int i;

	if (!sg_limits(dev).run_each) {
		grant_backend_end(backend, grant_dma_ref(sg_dma_address(sgl)),
				  grant_sg_mapped(sgl, nents));
		return;
	}
	for_each_grant_segment(sgl, seg, nents, i)
		grant_backend_end(backend, grant_dma_ref(sg_dma_address(seg)),
				  segment_pages(seg));
}
