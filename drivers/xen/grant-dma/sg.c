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
#include "bounce.h"
#include "ram.h"
#include "range.h"
#include "sg.h"
#include "small.h"
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
 * struct sg_needs - what a list needs
 * @pages: Xen pages that it touches, 0 if it can't be granted
 * @bounce: whether any of it has to be copied
 */
struct sg_needs {
	unsigned long pages;
	bool bounce;
};

static struct sg_limits sg_limits(struct device *dev,
				  const struct grant_backend *backend)
{
	unsigned long boundary = XEN_PFN_DOWN(dma_get_seg_boundary(dev)) + 1;
	struct sg_limits limits = {
		.size = dma_get_max_seg_size(dev),
		.pages = ULONG_MAX,
	};

	if (boundary < backend->ranges->size) {
		limits.pages = min(boundary, GRANT_RANGE_CACHED);
		limits.run_each = true;
	}
	return limits;
}

/* As sg_next() where there is a next entry, but inline. */
static inline struct scatterlist *entry_after(struct scatterlist *sg)
{
	sg++;
	return unlikely(sg_is_chain(sg)) ? sg_chain_ptr(sg) : sg;
}

#define for_each_entry(sgl, sg, nents, left)				\
	for ((left) = (nents), (sg) = (sgl); (left);			\
	     (sg) = --(left) ? entry_after(sg) : (sg))

static unsigned long entry_pages(struct scatterlist *sg)
{
	return sg->length ? grant_dma_pages(sg->offset, sg->length) : 0;
}

static bool entry_bounces(const struct grant_backend *backend,
			  struct scatterlist *sg)
{
	return grant_bounces(backend, sg_page(sg), sg->offset, sg->length);
}

static struct sg_needs sg_needs(const struct grant_backend *backend,
				struct scatterlist *sgl, int nents)
{
	struct sg_needs needs = {};
	struct scatterlist *sg;
	int left;

	for_each_entry(sgl, sg, nents, left) {
		if (!grant_ram_has(sg_page(sg)))
			return (struct sg_needs){};
		needs.pages += entry_pages(sg);
		needs.bounce |= entry_bounces(backend, sg);
	}
	return needs;
}

/* Whether there is no hole between what ends at @end and an entry. */
static bool meet(unsigned int end, struct scatterlist *sg)
{
	return !xen_offset_in_page(end | sg->offset);
}

/* Counts the entries that the next segment can have, and their pages. */
static int next_segment(struct scatterlist *sgl, int nents,
			const struct sg_limits *limits, unsigned long *pages)
{
	struct scatterlist *sg;
	unsigned int end = 0;
	u64 length = 0;
	int left;

	*pages = 0;
	for_each_entry(sgl, sg, nents, left) {
		if (!sg->length)
			continue;
		if (*pages && (!meet(end, sg) ||
			       length + sg->length > limits->size ||
			       *pages + entry_pages(sg) > limits->pages))
			break;
		length += sg->length;
		*pages += entry_pages(sg);
		end = sg->offset + sg->length;
	}
	return nents - left;
}

static dma_addr_t entry_addr(struct scatterlist *sg, grant_ref_t first)
{
	return grant_dma_addr(first, xen_offset_in_page(sg->offset));
}

/* Ends what bounce_entries() began, for entries that the device did not see. */
static void unbounce_entries(struct grant_backend *backend, grant_ref_t first,
			     struct scatterlist *sgl, int nents,
			     enum dma_data_direction dir)
{
	struct scatterlist *sg;
	LIST_HEAD(pages);
	int left;

	for_each_entry(sgl, sg, nents, left) {
		grant_bounce_end(backend, entry_addr(sg, first), sg->length,
				 dir, DMA_ATTR_SKIP_CPU_SYNC, &pages);
		first += entry_pages(sg);
	}
	grant_bounce_free(backend, &pages);
}

/* Copies what of entries has to be copied before they can be granted. */
static int bounce_entries(struct grant_backend *backend, grant_ref_t first,
			  struct scatterlist *sgl, int nents,
			  enum dma_data_direction dir, unsigned long attrs)
{
	grant_ref_t ref = first;
	struct scatterlist *sg;
	int left;

	for_each_entry(sgl, sg, nents, left) {
		if (entry_bounces(backend, sg) &&
		    grant_bounce_begin(backend, ref, sg_phys(sg), sg->length,
				       dir, attrs)) {
			unbounce_entries(backend, first, sgl, nents - left, dir);
			return -ENOMEM;
		}
		ref += entry_pages(sg);
	}
	return 0;
}

/* Grants entries from @first on, and returns how many segments they are. */
static int grant_entries(struct grant_backend *backend, grant_ref_t first,
			 struct scatterlist *sgl, int nents, bool bounce,
			 bool readonly, unsigned int max_size,
			 struct scatterlist **out)
{
	struct scatterlist *seg = NULL, *sg;
	unsigned int pages, end = 0;
	int segments = 0, left;

	for_each_entry(sgl, sg, nents, left) {
		if (!sg->length)
			continue;

		pages = entry_pages(sg);
		if (bounce)
			grant_bounce_grant(backend, first, sg_phys(sg),
					   sg->length, readonly);
		else
			grant_table_grant(first, backend->domid,
					  XEN_PFN_DOWN(sg_phys(sg)), pages,
					  readonly);
		if (seg && meet(end, sg) &&
		    (u64)sg_dma_len(seg) + sg->length <= max_size) {
			sg_dma_len(seg) += sg->length;
		} else {
			seg = *out;
			*out = sg_next(seg);
			sg_dma_address(seg) = entry_addr(sg, first);
			sg_dma_len(seg) = sg->length;
			segments++;
		}
		first += pages;
		end = sg->offset + sg->length;
	}
	return segments;
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

/* A single entry may be small enough to take no reference. */
static int map_small(struct device *dev, struct grant_backend *backend,
		     struct scatterlist *sg, enum dma_data_direction dir,
		     unsigned long attrs)
{
	dma_addr_t addr = grant_small_map(dev, backend, sg_phys(sg), sg->length,
					  dir, attrs);

	if (addr == DMA_MAPPING_ERROR)
		return -ENOMEM;
	sg_dma_address(sg) = addr;
	sg_dma_len(sg) = sg->length;
	return 1;
}

/**
 * grant_sg_map() - grant a scatterlist, and set the DMA addresses in it
 * @dev: the device, for what it demands of segments
 * @backend: the backend that gets access
 * @sgl: the list
 * @nents: number of its entries
 * @dir: direction; the backend may only read for DMA_TO_DEVICE
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: the number of segments, -EINVAL when there is nothing to map or
 * something that can't be granted, or -ENOMEM; then nothing is granted.
 */
int grant_sg_map(struct device *dev, struct grant_backend *backend,
		 struct scatterlist *sgl, int nents,
		 enum dma_data_direction dir, unsigned long attrs)
{
	struct sg_limits limits = sg_limits(dev, backend);
	struct sg_needs needs = sg_needs(backend, sgl, nents);
	struct scatterlist *sg = sgl, *out = sgl;
	int entries, left = nents, segments = 0;
	unsigned long pages = needs.pages;
	grant_ref_t first;

	if (!pages)
		return -EINVAL;
	if (nents == 1 && needs.bounce &&
	    grant_small_fits(dev, sg_phys(sgl), sgl->length))
		return map_small(dev, backend, sgl, dir, attrs);

	while (left) {
		entries = left;
		if (limits.run_each)
			entries = next_segment(sg, left, &limits, &pages);
		if (!pages)
			break;
		first = grant_backend_alloc(backend, pages);
		if (!first)
			goto unmap;
		if (limits.run_each && pages <= GRANT_RANGE_CACHED &&
		    !grant_range_is_aligned(first, pages))
			goto free_range;
		if (needs.bounce &&
		    bounce_entries(backend, first, sg, entries, dir, attrs))
			goto free_range;
		segments += grant_entries(backend, first, sg, entries,
					  needs.bounce, dir == DMA_TO_DEVICE,
					  limits.size, &out);

		left -= entries;
		while (left && entries--)
			sg = entry_after(sg);
	}

	/* Where the segments end, if there are fewer of them than entries. */
	if (segments < nents)
		sg_dma_len(out) = 0;
	return segments;

free_range:
	grant_range_free(backend->ranges, first, pages);
unmap:
	if (segments)
		grant_sg_unmap(dev, backend, sgl, segments, dir,
			       attrs | DMA_ATTR_SKIP_CPU_SYNC);
	return -ENOMEM;
}

/* Any page of a segment may be a copy: slab memory always is. */
static bool segment_is_bounced(const struct grant_backend *backend,
			       struct scatterlist *seg)
{
	grant_ref_t ref = grant_dma_ref(sg_dma_address(seg));
	grant_ref_t end = ref + segment_pages(seg);

	if (!backend->pool)
		return false;
	for (; ref < end; ref++)
		if (backend->ranges->bounces[ref])
			return true;
	return false;
}

/* Returns how many references all segments use together. */
static unsigned long unbounce_segments(struct grant_backend *backend,
				       struct scatterlist *sgl, int nents,
				       enum dma_data_direction dir,
				       unsigned long attrs,
				       struct list_head *bounces)
{
	unsigned long pages = 0;
	struct scatterlist *seg;
	int i;

	for_each_grant_segment(sgl, seg, nents, i) {
		pages += segment_pages(seg);
		if (segment_is_bounced(backend, seg))
			grant_bounce_end(backend, sg_dma_address(seg),
					 sg_dma_len(seg), dir, attrs, bounces);
	}
	return pages;
}

/**
 * grant_sg_unmap() - end access to a scatterlist
 * @dev: the device
 * @backend: the backend that has access
 * @sgl: the list, as it was mapped
 * @nents: number of its entries
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 * Return: the references that it used.
 */
unsigned long grant_sg_unmap(struct device *dev, struct grant_backend *backend,
			     struct scatterlist *sgl, int nents,
			     enum dma_data_direction dir, unsigned long attrs)
{
	dma_addr_t addr = sg_dma_address(sgl);
	struct scatterlist *seg;
	unsigned long pages;
	LIST_HEAD(bounces);
	int i;

	if (grant_is_bounced(backend, addr, sg_dma_len(sgl)) &&
	    grant_is_slot(backend, addr)) {
		grant_small_unmap(backend, addr, sg_dma_len(sgl), dir, attrs);
		return 1;
	}

	pages = unbounce_segments(backend, sgl, nents, dir, attrs, &bounces);
	if (!sg_limits(dev, backend).run_each)
		grant_backend_end(backend, grant_dma_ref(addr), pages);
	else
		for_each_grant_segment(sgl, seg, nents, i)
			grant_backend_end(backend,
					  grant_dma_ref(sg_dma_address(seg)),
					  segment_pages(seg));
	grant_bounce_free(backend, &bounces);
	return pages;
}
