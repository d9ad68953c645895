// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend domain: one object for all of the devices that it serves.
 */

#include <linux/cpumask.h>
#include <linux/slab.h>

#include "backend.h"

/* Protects the list of backends, each backend's list of devices, and their pools. */
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

/*
 * Each of several backends has its part, whatever buffers its devices are given and
 * whatever it does not let go of. Where all is copied, a reference in use takes
 * another one, for the copy. CPUs may have yet to pass on that some are out of use.
 */
static int budget(const struct grant_backend *backend)
{
	unsigned int backends = kref_read(&backend->ranges->kref);
	unsigned int part = backend->ranges->limit / backends;

	if (backends == 1)
		return INT_MAX;
	if (backend->copy_all)
		part /= 2;
	return part + GRANT_USAGE_BATCH * num_possible_cpus();
}

/**
 * grant_backend_over() - look whether a backend uses more than its share
 * @backend: the backend
 *
 * To be called when it came to use more. CPUs pass on what they count in batches, and
 * so late may it be found.
 *
 * Context: Any.
 * Return: whether it does, and so gets no more.
 */
bool grant_backend_over(struct grant_backend *backend)
{
	int used = atomic_read(&backend->usage.used) +
		   READ_ONCE(backend->deferred.count);
	bool over = used > budget(backend);

	WRITE_ONCE(backend->over, over);
	return over;
}
