/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The grant table as this driver uses it. Nothing else here touches it, so a
 * test without Xen replaces just these functions.
 */

#ifndef _XEN_GRANT_DMA_TABLE_H
#define _XEN_GRANT_DMA_TABLE_H

#include <linux/types.h>

#include <xen/grant_table.h>

#include "../grant-run.h"

#ifdef CONFIG_XEN_GRANT_DMA_KUNIT_TEST
int grant_table_alloc(unsigned int count, grant_ref_t *first);
void grant_table_free(grant_ref_t first, unsigned int count);
void grant_table_grant(grant_ref_t first, domid_t domid, unsigned long xen_pfn,
		       unsigned int count, bool readonly);
unsigned int grant_table_end(grant_ref_t first, unsigned int count);
unsigned long grant_table_gfn(grant_ref_t ref);
unsigned int grant_table_size(void);
#else
#define grant_table_alloc	gnttab_alloc_grant_reference_seq
#define grant_table_free	gnttab_free_grant_reference_seq
#define grant_table_grant	gnttab_grant_run
#define grant_table_end		gnttab_end_run
#define grant_table_gfn		gnttab_granted_frame
#define grant_table_size	gnttab_max_references
#endif

#endif /* _XEN_GRANT_DMA_TABLE_H */
