// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend domain: one object for all of the devices that it serves.
 */

#include <linux/slab.h>

#include "backend.h"
#include "isolation.h"
#include "pool.h"

/* Protects the list of backends and each backend's list of devices. */
DEFINE_MUTEX(grant_backends_lock);
LIST_HEAD(grant_backends);

static struct grant_backend *grant_backend_find(domid_t domid)
{
	struct grant_backend *backend;

	list_for_each_entry(backend, &grant_backends, node)
		if (backend->domid == domid)
			return backend;
	return NULL;
}

static struct grant_backend *grant_backend_create(domid_t domid)
{
	struct grant_backend *backend = kzalloc(sizeof(*backend), GFP_KERNEL);

	if (!backend)
		return NULL;

	backend->domid = domid;
	backend->ranges = grant_ranges_get();
	if (!backend->ranges)
		goto free_backend;
	if (grant_held_init(&backend->held, backend->ranges->size))
		goto put_ranges;
	if (grant_isolation_strict()) {
		backend->pool = grant_pool_create(backend);
		if (!backend->pool)
			goto destroy_held;
	}

	kref_init(&backend->kref);
	INIT_LIST_HEAD(&backend->devices);
	list_add_tail(&backend->node, &grant_backends);
	return backend;

destroy_held:
	grant_held_destroy(&backend->held);
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
	backend = grant_backend_find(domid);
	if (backend)
		kref_get(&backend->kref);
	else
		backend = grant_backend_create(domid);
	mutex_unlock(&grant_backends_lock);
	return backend;
}

static void grant_backend_release(struct kref *kref)
{
	struct grant_backend *backend =
		container_of(kref, struct grant_backend, kref);

	list_del(&backend->node);
	grant_pool_destroy(backend->pool);
	grant_held_destroy(&backend->held);
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
	kref_put_mutex(&backend->kref, grant_backend_release,
		       &grant_backends_lock);
}

/* What grant_backend_end() does when a reference is in use after @ended others. */
void grant_backend_hold(struct grant_backend *backend, grant_ref_t first,
			unsigned long count, unsigned long ended)
{
	grant_ref_t end = first + count, ref;

	grant_range_split(backend->ranges, first, count);
	for (ref = first + ended; ref < end; ref++) {
		if (grant_table_end(ref, 1))
			continue;
		grant_range_free_part(backend->ranges, first, ref - first);
		grant_held_add(backend, ref);
		first = ref + 1;
	}
	grant_range_free_part(backend->ranges, first, end - first);
}
