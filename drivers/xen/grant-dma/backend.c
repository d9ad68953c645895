// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend domain: one object for all of the devices that it serves.
 */

#include <linux/slab.h>

#include "backend.h"
#include "table.h"

/* Protects the list of backends and each backend's list of devices. */
DEFINE_MUTEX(grant_backends_lock);
LIST_HEAD(grant_backends);

static void deferred_begin(struct grant_deferred *deferred)
{
	kref_get(&container_of(deferred, struct grant_backend, deferred)->kref);
}

static void deferred_end(struct grant_deferred *deferred)
{
	grant_backend_put(container_of(deferred, struct grant_backend,
				       deferred));
}

static struct grant_backend *backend_find(domid_t domid)
{
	struct grant_backend *backend;

	list_for_each_entry(backend, &grant_backends, node)
		if (backend->domid == domid)
			return backend;
	return NULL;
}

static struct grant_backend *backend_create(domid_t domid)
{
	struct grant_backend *backend = kzalloc(sizeof(*backend), GFP_KERNEL);

	if (!backend)
		return NULL;

	backend->domid = domid;
	backend->ranges = grant_ranges_get();
	if (!backend->ranges)
		goto free_backend;
	backend->deferred.domid = domid;
	backend->deferred.ranges = backend->ranges;
	backend->deferred.begin = deferred_begin;
	backend->deferred.end = deferred_end;
	if (grant_deferred_init(&backend->deferred))
		goto put_ranges;

	kref_init(&backend->kref);
	INIT_LIST_HEAD(&backend->devices);
	list_add_tail(&backend->node, &grant_backends);
	return backend;

put_ranges:
	grant_ranges_put(backend->ranges);
free_backend:
	kfree(backend);
	return NULL;
}

/**
 * grant_backend_get() - the object of a backend domain
 * @domid: its domain ID
 *
 * Context: Process context, may sleep.
 * Return: the backend, made when it is the domain's first user, or NULL when
 * out of memory. To be given back with grant_backend_put().
 */
struct grant_backend *grant_backend_get(domid_t domid)
{
	struct grant_backend *backend;

	mutex_lock(&grant_backends_lock);
	backend = backend_find(domid);
	if (backend)
		kref_get(&backend->kref);
	else
		backend = backend_create(domid);
	mutex_unlock(&grant_backends_lock);
	return backend;
}

static void backend_release(struct kref *kref)
{
	struct grant_backend *backend =
		container_of(kref, struct grant_backend, kref);

	list_del(&backend->node);
	grant_deferred_destroy(&backend->deferred);
	grant_ranges_put(backend->ranges);
	mutex_unlock(&grant_backends_lock);
	kfree(backend);
}

/**
 * grant_backend_put() - give back a backend
 * @backend: from grant_backend_get()
 *
 * Context: Process context, may sleep.
 */
void grant_backend_put(struct grant_backend *backend)
{
	kref_put_mutex(&backend->kref, backend_release, &grant_backends_lock);
}

/**
 * grant_usage_add() - count references
 * @usage: what is counted
 * @count: how many came into use, negative for those that went out of use
 *
 * Context: Any.
 */
void grant_usage_add(struct grant_usage *usage, int count)
{
	int used = atomic_add_return(count, &usage->used);
	int peak = atomic_read(&usage->peak);

	while (used > peak && !atomic_try_cmpxchg(&usage->peak, &peak, used))
		;
}

/**
 * grant_backend_alloc() - allocate references for a backend
 * @backend: the backend
 * @count: how many, at least 1
 *
 * Context: Any.
 * Return: the first reference, or 0 when there is no such range, or when the
 * backend uses so many references that were unmapped, or so far apart, that it
 * gets no more.
 */
grant_ref_t grant_backend_alloc(struct grant_backend *backend,
				unsigned int count)
{
	if (unlikely(READ_ONCE(backend->deferred.full)))
		return 0;
	return grant_range_alloc(backend->ranges, count);
}

/**
 * grant_backend_end() - end a backend's access to a range of pages, and free it
 * @backend: the backend
 * @first: first reference; all of them grant access
 * @count: how many, as allocated
 *
 * A page that the backend still has mapped is kept with its reference until it
 * lets go. The owner may free the pages as soon as this returns.
 *
 * Context: Any.
 */
void grant_backend_end(struct grant_backend *backend, grant_ref_t first,
		       unsigned int count)
{
	unsigned int ended = grant_table_end(first, count);

	if (likely(ended == count))
		grant_range_free(backend->ranges, first, count);
	else
		grant_defer(&backend->deferred, first, count, ended);
}
