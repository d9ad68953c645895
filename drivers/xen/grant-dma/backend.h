/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend domain: one object for all of the devices that it serves.
 */

#ifndef _XEN_GRANT_DMA_BACKEND_H
#define _XEN_GRANT_DMA_BACKEND_H

#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include <xen/grant_table.h>
#include <xen/interface/xen.h>

#include "held.h"
#include "range.h"
#include "table.h"
#include "usage.h"

struct grant_pool;

struct grant_backend {
	domid_t domid;
	struct kref kref;
	struct list_head node;

	struct grant_ranges *ranges;
	/* NULL unless isolation is strict. */
	struct grant_pool *pool;
	/* Of its devices, so far as they passed it on; what is held is extra. */
	struct grant_usage usage;
	struct grant_held held;

	/* Devices, and what devices that are gone counted. */
	struct list_head devices;
	u64 past_mappings;
	u64 past_failures;
};

extern struct mutex grant_backends_lock;
extern struct list_head grant_backends;

struct grant_backend *grant_backend_get(domid_t domid);
void grant_backend_put(struct grant_backend *backend);
void grant_backend_hold(struct grant_backend *backend, grant_ref_t first,
			unsigned long count, unsigned long ended);

/**
 * grant_backend_alloc() - allocate references for a backend
 * @backend: the backend
 * @count: how many, at least 1
 *
 * Context: Any.
 * Return: the first reference, or 0 when there is no such run, or when the
 * backend uses so many references that were unmapped, or so far apart, that it
 * gets no more.
 */
static inline grant_ref_t grant_backend_alloc(struct grant_backend *backend,
					      unsigned long count)
{
	if (unlikely(READ_ONCE(backend->held.full)))
		return 0;
	return grant_range_alloc(backend->ranges, count);
}

/**
 * grant_backend_end() - end a backend's access to a run of pages, and free the run
 * @backend: the backend
 * @first: first reference; all of them grant access
 * @count: how many, as allocated
 *
 * A page that the backend still has mapped is held with its reference until it
 * lets go. The owner may free the pages as soon as this returns.
 *
 * Context: Any.
 */
static inline void grant_backend_end(struct grant_backend *backend,
				     grant_ref_t first, unsigned long count)
{
	unsigned long ended = grant_table_end(first, count);

	if (likely(ended == count))
		grant_range_free(backend->ranges, first, count);
	else
		grant_backend_hold(backend, first, count, ended);
}

#endif /* _XEN_GRANT_DMA_BACKEND_H */
