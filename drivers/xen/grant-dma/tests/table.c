// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grant table, in a kernel whose tests may replace it.
 */

#include <kunit/static_stub.h>

#include "table.h"

/* Takes consecutive references out of the grant table, see there. */
int grant_table_alloc(unsigned int order, grant_ref_t *first)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_alloc, order, first);

	return gnttab_alloc_grant_reference_range(order, first);
}

/* Gives back references that grant nothing. */
void grant_table_free(grant_ref_t first, unsigned int count)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_free, first, count);

	gnttab_free_grant_reference_seq(first, count);
}

/* Lets a domain access consecutive Xen pages. */
void grant_table_grant(grant_ref_t first, domid_t domid, unsigned long xen_pfn,
		       unsigned int count, bool readonly)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_grant, first, domid, xen_pfn,
				   count, readonly);

	gnttab_grant_foreign_access_range(first, domid, xen_pfn, count, readonly);
}

/* Ends access, and returns for how many references before one in use. */
unsigned int grant_table_end(grant_ref_t first, unsigned int count)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_end, first, count);

	return gnttab_end_foreign_access_range(first, count);
}

/* The frame that a reference grants. */
unsigned long grant_table_gfn(grant_ref_t ref)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_gfn, ref);

	return gnttab_granted_frame(ref);
}

/* References that the table can grow to, for all users in this domain. */
unsigned int grant_table_size(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_size);

	return gnttab_max_references();
}
