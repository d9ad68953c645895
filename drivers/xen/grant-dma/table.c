// SPDX-License-Identifier: GPL-2.0-only
/*
 * The grant table as this driver uses it.
 */

#include <kunit/static_stub.h>

#include "table.h"

/**
 * grant_table_alloc() - take consecutive references out of the grant table
 * @count: how many
 * @first: where the first of them is stored
 *
 * Context: Any. Grows the table when needed, without sleeping.
 * Return: 0, or -ENOSPC when the table has no such run.
 */
int grant_table_alloc(unsigned int count, grant_ref_t *first)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_alloc, count, first);

	return gnttab_alloc_grant_reference_seq(count, first);
}

/**
 * grant_table_free() - give back references that grant nothing
 * @first: first reference
 * @count: how many from there on
 *
 * Context: Any.
 */
void grant_table_free(grant_ref_t first, unsigned int count)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_free, first, count);

	gnttab_free_grant_reference_seq(first, count);
}

/**
 * grant_table_grant() - let a domain access a run of Xen pages
 * @first: first of as many references, from grant_table_alloc()
 * @domid: the domain
 * @xen_pfn: first page, counted in Xen pages
 * @count: how many pages
 * @readonly: refuse write access
 *
 * Context: Any.
 */
void grant_table_grant(grant_ref_t first, domid_t domid, unsigned long xen_pfn,
		       unsigned int count, bool readonly)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_grant, first, domid, xen_pfn,
				   count, readonly);

	gnttab_grant_foreign_access_run(first, domid, xen_pfn, count, readonly);
}

/**
 * grant_table_end() - end access through a run of references
 * @first: first reference; all of them grant access
 * @count: how many from there on
 *
 * Context: Any.
 * Return: how many are done: @count, or less when the other domain still has
 * the page of the reference after these mapped.
 */
unsigned int grant_table_end(grant_ref_t first, unsigned int count)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_end, first, count);

	return gnttab_end_foreign_access_run(first, count);
}

/**
 * grant_table_gfn() - the frame that a reference grants
 * @ref: reference passed to grant_table_grant() before
 *
 * Return: guest frame number, in Xen pages.
 */
unsigned long grant_table_gfn(grant_ref_t ref)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_gfn, ref);

	return gnttab_granted_frame(ref);
}

/**
 * grant_table_size() - references that the table can grow to
 *
 * Return: the number of references, for all users in this domain together.
 */
unsigned int grant_table_size(void)
{
	static unsigned int size;	/* never changes, but takes a hypercall */

	KUNIT_STATIC_STUB_REDIRECT(grant_table_size);

	if (!size)
		size = gnttab_max_references();
	return size;
}
