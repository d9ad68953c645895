/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A backend domain: one object for all of the devices that it serves.
 */

#ifndef _XEN_GRANT_DMA_BACKEND_H
#define _XEN_GRANT_DMA_BACKEND_H

#include <linux/atomic.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>

#include <xen/grant_table.h>
#include <xen/interface/xen.h>

#include "deferred.h"
#include "range.h"
#include "table.h"

struct grant_slots;

/* A CPU passes on what it counted of the references in use beyond this. */
#define GRANT_USAGE_BATCH	64

/**
 * struct grant_usage - references in use
 * @used: how many
 * @peak: how many at most
 */
struct grant_usage {
	atomic_t used;
	atomic_t peak;
};

/**
 * struct grant_backend - a backend domain
 * @domid: the domain
 * @kref: its users: devices, and @deferred while anything is in there
 * @node: in the list of backends
 * @ranges: where its references are from
 * @slots: memory for copies, as long as there are devices; NULL where isolation
 *	is by page
 * @copy_all: everything is copied, not just what has to be
 * @usage: references of its devices' mappings, so far as CPUs passed them on
 * @over: it used more than its share of the references when that was last looked at
 * @deferred: what it still uses
 * @devices: its devices
 * @kept: a driver left mappings, and the backend is kept for ever
 * @past_mappings: mappings of devices that are gone
 * @past_failures: their mappings that failed
 */
struct grant_backend {
	domid_t domid;
	struct kref kref;
	struct list_head node;
	struct grant_ranges *ranges;
	struct grant_slots *slots;
	bool copy_all;
	struct grant_usage usage;
	bool over;
	struct grant_deferred deferred;
	struct list_head devices;
	bool kept;
	u64 past_mappings;
	u64 past_failures;
};

extern struct mutex grant_backends_lock;
extern struct list_head grant_backends;

struct grant_backend *grant_backend_get(domid_t domid);
void grant_backend_put(struct grant_backend *backend);
void grant_usage_add(struct grant_usage *usage, int count);
bool grant_backend_over(struct grant_backend *backend);

/**
 * grant_backend_alloc() - allocate references for a backend
 * @backend: the backend
 * @count: how many, at least 1
 *
 * Context: Any.
 * Return: the first reference, or 0 when there is no such range, when the backend
 * has its share of all references, or when it uses so many that were unmapped,
 * or so far apart, that it gets no more.
 */
static inline grant_ref_t grant_backend_alloc(struct grant_backend *backend,
					      unsigned int count)
{
	if (unlikely(READ_ONCE(backend->deferred.full)))
		return 0;
	if (unlikely(READ_ONCE(backend->over)) && grant_backend_over(backend))
		return 0;
	return grant_range_alloc(backend->ranges, count);
}

/**
 * grant_backend_end() - end a backend's access to a range of pages, and free it
 * @backend: the backend
 * @first: first reference; all of them grant access
 * @count: how many, as allocated
 * @streaming: the backend is done with them, so should have let go of them
 *
 * A page that the backend still has mapped is kept with its reference until it
 * lets go. The owner may free the pages as soon as this returns.
 *
 * Context: Any.
 */
static inline void grant_backend_end(struct grant_backend *backend,
				     grant_ref_t first, unsigned int count,
				     bool streaming)
{
	unsigned int ended = grant_table_end(first, count);

	if (likely(ended == count))
		grant_range_free(backend->ranges, first, count);
	else
		grant_defer(&backend->deferred, first, count, ended,
			    streaming);
}

#endif /* _XEN_GRANT_DMA_BACKEND_H */
