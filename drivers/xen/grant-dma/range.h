/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of consecutive grant references.
 */

#ifndef _XEN_GRANT_DMA_RANGE_H
#define _XEN_GRANT_DMA_RANGE_H

#include <linux/types.h>

#include <xen/grant_table.h>

/*
 * Runs up to this length are cached, and begin at a multiple of their length
 * rounded up to a power of two.
 */
#define GRANT_RANGE_CACHED	256

struct grant_ranges;

struct grant_ranges *grant_ranges_get(void);
struct grant_ranges *grant_ranges_create(void);
void grant_ranges_put(struct grant_ranges *ranges);

int grant_range_alloc(struct grant_ranges *ranges, unsigned long count,
		      grant_ref_t *first);
void grant_range_free(struct grant_ranges *ranges, grant_ref_t first,
		      unsigned long count);
void grant_range_split(struct grant_ranges *ranges, grant_ref_t first,
		       unsigned long count);
void grant_range_free_part(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count);
unsigned long grant_range_max(const struct grant_ranges *ranges);

#endif /* _XEN_GRANT_DMA_RANGE_H */
