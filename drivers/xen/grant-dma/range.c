// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of consecutive grant references.
 */

#include <linux/errno.h>
#include <linux/log2.h>

#include <xen/page.h>

#include "backend.h"
#include "range.h"
#include "table.h"

/**
 * grant_range_alloc() - allocate consecutive references
 * @backend: the backend that they are for
 * @count: how many, at least 1
 * @first: where the first reference is stored
 *
 * Context: Any.
 * Return: 0, or -ENOMEM when the backend has as many references as it may
 * have, or the grant table has no such run.
 */
int grant_range_alloc(struct grant_backend *backend, unsigned long count,
		      grant_ref_t *first)
{
	if (count > backend->limit ||
	    !grant_usage_add(&backend->usage, count, backend->limit))
		return -ENOMEM;
	if (grant_table_alloc(count, first)) {
		grant_usage_sub(&backend->usage, count);
		return -ENOMEM;
	}
	return 0;
}

/**
 * grant_range_free() - free references that don't grant access
 * @backend: the backend that they are for
 * @first: first reference
 * @count: how many from there on, may be a part of what was allocated, or 0
 *
 * Context: Any.
 */
void grant_range_free(struct grant_backend *backend, grant_ref_t first,
		      unsigned int count)
{
	if (!count)
		return;
	grant_table_free(first, count);
	grant_usage_sub(&backend->usage, count);
}

/**
 * grant_range_grant() - let the backend access a run of Xen pages
 * @backend: the backend
 * @first: reference of the first page
 * @xen_pfn: first page, counted in Xen pages
 * @count: how many pages, and references
 * @readonly: refuse write access
 *
 * Context: Any.
 */
void grant_range_grant(struct grant_backend *backend, grant_ref_t first,
		       unsigned long xen_pfn, unsigned int count,
		       bool readonly)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		grant_table_grant(first + i, backend->domid,
				  pfn_to_gfn(xen_pfn + i), readonly);
}

/**
 * grant_range_end() - end the backend's access, and free the references
 * @backend: the backend
 * @first: first reference, which grants access like all of them
 * @count: how many from there on
 *
 * A page that the backend still has mapped is held with its reference until it
 * lets go. The owner may free the pages as soon as this returns.
 *
 * Context: Any.
 */
void grant_range_end(struct grant_backend *backend, grant_ref_t first,
		     unsigned int count)
{
	unsigned int ended = 0, i;

	for (i = 0; i < count; i++) {
		if (grant_table_end(first + i))
			ended++;
		else
			grant_held_add(backend, first + i);
	}
	grant_usage_sub(&backend->usage, ended);
}

/**
 * grant_range_max() - the longest run that is worth asking for
 * @backend: the backend
 *
 * Return: a number of references of which a backend can have four runs at once.
 */
unsigned long grant_range_max(const struct grant_backend *backend)
{
	return rounddown_pow_of_two(backend->limit / 4);
}
