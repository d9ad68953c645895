/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of consecutive grant references.
 */

#ifndef _XEN_GRANT_DMA_RANGE_H
#define _XEN_GRANT_DMA_RANGE_H

#include <linux/types.h>

#include <xen/grant_table.h>

struct grant_backend;

int grant_range_alloc(struct grant_backend *backend, unsigned long count,
		      grant_ref_t *first);
void grant_range_free(struct grant_backend *backend, grant_ref_t first,
		      unsigned int count);
void grant_range_grant(struct grant_backend *backend, grant_ref_t first,
		       unsigned long xen_pfn, unsigned int count,
		       bool readonly);
void grant_range_end(struct grant_backend *backend, grant_ref_t first,
		     unsigned int count);
unsigned long grant_range_max(const struct grant_backend *backend);

#endif /* _XEN_GRANT_DMA_RANGE_H */
