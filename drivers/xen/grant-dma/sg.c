// SPDX-License-Identifier: GPL-2.0-only
/*
 * A scatterlist laid out in one run of grant references.
 *
 * Every entry gets the Xen pages that it touches, one after the other. Where an
 * entry ends at the end of a Xen page and the next one begins at the start of
 * one, there is no hole between them in the run, so they become one segment,
 * wherever their pages are in memory.
 *
 * A device may want no segment to cross a certain boundary. Entries that would
 * are moved up to it, and the run then begins at a multiple of the boundary, so
 * that the layout doesn't depend on which references the run gets.
 */

#include <linux/dma-mapping.h>
#include <linux/math.h>

#include "address.h"
#include "backend.h"
#include "range.h"
#include "sg.h"
#include "table.h"

static unsigned long entry_pages(struct scatterlist *sg)
{
	return sg->length ? grant_dma_pages(sg_phys(sg), sg->length) : 0;
}

/* Where in the run an entry of @pages can begin when @at is the next place. */
static unsigned long entry_place(unsigned long at, unsigned long pages,
				 unsigned long boundary)
{
	if (!boundary || pages > boundary ||
	    at / boundary == (at + pages - 1) / boundary)
		return at;
	return roundup(at, boundary);
}

/**
 * grant_sg_limits() - what a device demands of its segments
 * @dev: the device
 */
struct grant_sg_limits grant_sg_limits(struct device *dev)
{
	struct grant_sg_limits limits = {
		.max_size = dma_get_max_seg_size(dev),
		.boundary = XEN_PFN_DOWN(dma_get_seg_boundary(dev)) + 1,
	};

	if (limits.boundary >= grant_table_size())
		limits.boundary = 0;
	return limits;
}

/**
 * grant_sg_pages() - length of the run that holds a scatterlist
 * @sgl: the list
 * @nents: number of its entries
 * @limits: from grant_sg_limits()
 *
 * Return: Xen pages, including the places left empty before a boundary.
 */
unsigned long grant_sg_pages(struct scatterlist *sgl, int nents,
			     const struct grant_sg_limits *limits)
{
	unsigned long at = 0, pages;
	struct scatterlist *sg;
	int i;

	for_each_sg(sgl, sg, nents, i) {
		pages = entry_pages(sg);
		if (pages)
			at = entry_place(at, pages, limits->boundary) + pages;
	}
	return at;
}

/* Whether an entry at @addr continues the segment @seg. */
static bool continues(struct scatterlist *seg, dma_addr_t addr,
		      unsigned int length, const struct grant_sg_limits *limits)
{
	dma_addr_t start = sg_dma_address(seg);
	u64 merged = (u64)sg_dma_len(seg) + length;

	if (start + sg_dma_len(seg) != addr || merged > limits->max_size)
		return false;
	return !limits->boundary ||
	       grant_dma_ref(start) / limits->boundary ==
	       grant_dma_ref(start + merged - 1) / limits->boundary;
}

/* Allocates a run for @pages, its start aligned to the boundary if there is one. */
static int alloc_run(struct grant_backend *backend, unsigned long pages,
		     unsigned long boundary, grant_ref_t *base)
{
	unsigned long slack = boundary ? boundary - 1 : 0;
	grant_ref_t first;
	int ret;

	ret = grant_range_alloc(backend, pages + slack, &first);
	if (ret)
		return ret;

	*base = boundary ? roundup(first, boundary) : first;
	grant_range_free(backend, first, *base - first);
	grant_range_free(backend, *base + pages, first + slack - *base);
	return 0;
}

/**
 * grant_sg_map() - grant a scatterlist, and set the DMA addresses in it
 * @backend: the backend that gets access
 * @sgl: the list, of entries that can be granted
 * @nents: number of its entries
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @limits: from grant_sg_limits()
 *
 * Context: Any.
 * Return: the number of segments, -EINVAL when there is nothing to map, or
 * -ENOMEM; then nothing is granted.
 */
int grant_sg_map(struct grant_backend *backend, struct scatterlist *sgl,
		 int nents, enum dma_data_direction dir,
		 const struct grant_sg_limits *limits)
{
	unsigned long total = grant_sg_pages(sgl, nents, limits);
	struct scatterlist *sg, *seg = NULL;
	unsigned long at = 0, place, pages;
	int ret, i, segments = 0;
	grant_ref_t base;
	dma_addr_t addr;

	if (!total)
		return -EINVAL;
	ret = alloc_run(backend, total, limits->boundary, &base);
	if (ret)
		return ret;

	for_each_sg(sgl, sg, nents, i) {
		phys_addr_t phys = sg_phys(sg);
		unsigned int length = sg->length;

		sg_dma_address(sg) = DMA_MAPPING_ERROR;
		sg_dma_len(sg) = 0;
		pages = entry_pages(sg);
		if (!pages)
			continue;

		place = entry_place(at, pages, limits->boundary);
		grant_range_free(backend, base + at, place - at);
		grant_range_grant(backend, base + place, XEN_PFN_DOWN(phys),
				  pages, dir == DMA_TO_DEVICE);
		addr = grant_dma_addr(base + place, xen_offset_in_page(phys));
		at = place + pages;

		if (seg && continues(seg, addr, length, limits)) {
			sg_dma_len(seg) += length;
			continue;
		}
		seg = seg ? sg_next(seg) : sgl;
		sg_dma_address(seg) = addr;
		sg_dma_len(seg) = length;
		segments++;
	}
	return segments;
}
