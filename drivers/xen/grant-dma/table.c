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
 * grant_table_grant() - let a domain access one Xen page
 * @ref: reference from grant_table_alloc()
 * @domid: the domain
 * @gfn: guest frame number of the Xen page
 * @readonly: refuse write access
 *
 * Context: Any.
 */
void grant_table_grant(grant_ref_t ref, domid_t domid, unsigned long gfn,
		       bool readonly)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_grant, ref, domid, gfn, readonly);

	gnttab_grant_foreign_access_ref(ref, domid, gfn, readonly);
}

/**
 * grant_table_end() - end access through a reference, and give it back
 * @ref: reference that grants access
 *
 * Context: Any.
 * Return: true when done, false when the other domain still has it mapped; then
 * nothing was given back.
 */
bool grant_table_end(grant_ref_t ref)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_table_end, ref);

	return gnttab_try_end_foreign_access(ref);
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
