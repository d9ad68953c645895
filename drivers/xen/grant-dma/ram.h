/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether a page can be granted: only RAM of this domain can, no MMIO and no
 * other domain's pages.
 */

#ifndef _XEN_GRANT_DMA_RAM_H
#define _XEN_GRANT_DMA_RAM_H

#include <linux/memremap.h>
#include <linux/mm.h>

/**
 * struct grant_ram - a range of RAM
 * @pfn: its first page
 * @count: number of pages
 */
struct grant_ram {
	unsigned long pfn;
	unsigned long count;
};

extern struct grant_ram grant_ram_largest;

/* Nearly all pages are in the largest range, and pfn_valid() has to look up others. */
static inline bool grant_ram_has(struct page *page)
{
	unsigned long pfn = page_to_pfn(page);

	if (likely(pfn - grant_ram_largest.pfn < grant_ram_largest.count))
		return true;
	return pfn_valid(pfn) && !is_zone_device_page(page);
}

#endif /* _XEN_GRANT_DMA_RAM_H */
