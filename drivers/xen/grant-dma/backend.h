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

struct grant_slots;

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
 * @slots: memory for copies, as long as there are devices; NULL unless
 *	isolation is strict
 * @usage: references of its devices' mappings, so far as CPUs passed them on
 * @deferred: what it still uses
 * @devices: its devices
 * @past_mappings: mappings of devices that are gone
 * @past_failures: their mappings that failed
 */
struct grant_backend {
	domid_t domid;
	struct kref kref;
	struct list_head node;
	struct grant_ranges *ranges;
	struct grant_slots *slots;
	struct grant_usage usage;
	struct grant_deferred deferred;
	struct list_head devices;
	u64 past_mappings;
	u64 past_failures;
};

extern struct mutex grant_backends_lock;
extern struct list_head grant_backends;

struct grant_backend *grant_backend_get(domid_t domid);
void grant_backend_put(struct grant_backend *backend);
void grant_usage_add(struct grant_usage *usage, int count);

grant_ref_t grant_backend_alloc(struct grant_backend *backend,
				unsigned int count);
void grant_backend_end(struct grant_backend *backend, grant_ref_t first,
		       unsigned int count);

#endif /* _XEN_GRANT_DMA_BACKEND_H */
