// SPDX-License-Identifier: GPL-2.0-only
/*
 * Copies between bounce memory and memory that the kernel has no address of.
 */

#include <linux/highmem.h>
#include <linux/minmax.h>

#include "copy.h"

void grant_copy_from_highmem(void *to, phys_addr_t phys, size_t size)
{
	size_t step;

	for (; size; size -= step, phys += step, to += step) {
		step = min_t(size_t, size, PAGE_SIZE - offset_in_page(phys));
		memcpy_from_page(to, pfn_to_page(PHYS_PFN(phys)),
				 offset_in_page(phys), step);
	}
}

void grant_copy_to_highmem(phys_addr_t phys, const void *from, size_t size)
{
	size_t step;

	for (; size; size -= step, phys += step, from += step) {
		step = min_t(size_t, size, PAGE_SIZE - offset_in_page(phys));
		memcpy_to_page(pfn_to_page(PHYS_PFN(phys)),
			       offset_in_page(phys), from, step);
	}
}
