// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings of scatterlists.
 *
 * Where an entry ends at the end of a Xen page and the next one begins at the start
 * of one, there is no hole between them, so they become one segment, wherever
 * their pages are in memory. A segment is a range of references, and so crosses no
 * boundary that is a multiple of its length.
 */

#include <linux/dma-mapping.h>
#include <linux/minmax.h>

#include <xen/page.h>

#include "device.h"
#include "mapping.h"
#include "sg.h"

/* Whether there is no hole between what ends at @end and an entry. */
static bool meet(unsigned int end, struct scatterlist *sg)
{
	return !xen_offset_in_page(end | sg->offset);
}

/* Most Xen pages of a segment that has several entries. */
static unsigned int max_pages(struct device *dev)
{
	return min(XEN_PFN_DOWN(dma_get_seg_boundary(dev)) + 1,
		   (unsigned long)GRANT_RANGE_MAX);
}

/* Finds the entries that can be the next segment. */
static struct grant_segment next_segment(struct device *dev,
					 struct scatterlist *sgl, int nents)
{
	unsigned int max_size = dma_get_max_seg_size(dev);
	unsigned int most = max_pages(dev), end = 0;
	struct grant_segment segment = { .sgl = sgl };
	struct scatterlist *sg;
	int left;

	for_each_grant_entry(sgl, sg, nents, left) {
		if (!sg->length)
			continue;
		if (segment.length &&
		    (!meet(end, sg) ||
		     (u64)segment.length + sg->length > max_size ||
		     segment.pages + grant_entry_pages(sg) > most))
			break;
		segment.single = segment.length ? NULL : sg;
		if (!segment.length)
			segment.offset = xen_offset_in_page(sg->offset);
		segment.length += sg->length;
		segment.pages += grant_entry_pages(sg);
		end = sg->offset + sg->length;
	}
	segment.nents = nents - left;
	segment.end = sg;
	return segment;
}

/* Whether any entry is a device's memory, which this domain can't grant. */
static bool has_device_memory(struct scatterlist *sgl, int nents)
{
	struct scatterlist *sg;
	int left;

	for_each_grant_entry(sgl, sg, nents, left)
		if (sg->length && is_zone_device_page(sg_page(sg)))
			return true;
	return false;
}

/**
 * grant_sg_pages() - the Xen pages that a mapped scatterlist has
 * @sgl: the list
 * @nents: number of its entries or of its segments
 *
 * Context: Any.
 */
unsigned int grant_sg_pages(struct scatterlist *sgl, int nents)
{
	struct scatterlist *seg;
	unsigned int pages = 0;
	int i;

	for_each_grant_segment(sgl, seg, nents, i)
		pages += grant_dma_pages(sg_dma_address(seg), sg_dma_len(seg));
	return pages;
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
 * Return: the number of segments; -EINVAL when there is nothing to map, or
 * something that can't be granted or has more than GRANT_RANGE_MAX pages; or
 * -ENOMEM when memory or references have run out, the device's own ones, too. Then
 * nothing is granted.
 */
int grant_sg_map(struct grant_device *gdev, struct scatterlist *sgl, int nents,
		 enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg = sgl, *out = sgl;
	int left = nents, segments = 0, ret;
	struct grant_segment segment;
	dma_addr_t addr;

	if (!grant_attrs_possible(attrs) || has_device_memory(sgl, nents))
		return -EINVAL;

	for (; left; left -= segment.nents, sg = segment.end) {
		segment = next_segment(gdev->dev, sg, left);
		if (!segment.length)
			break;
		ret = -EINVAL;
		if (segment.pages > GRANT_RANGE_MAX)
			goto unmap;
		addr = grant_map_segment(gdev, &segment, dir, attrs);
		ret = -ENOMEM;
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
	for_each_grant_segment(sgl, sg, segments, left)
		grant_unmap(gdev->backend, sg_dma_address(sg), sg_dma_len(sg), dir,
			    attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return ret;
}
