/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device's own memory for copies, for when nothing is left for it elsewhere.
 */

#ifndef _XEN_GRANT_DMA_POOL_H
#define _XEN_GRANT_DMA_POOL_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct grant_backend;
struct grant_slot_page;

/* Xen pages that a pool has at least, and at most. */
#define GRANT_POOL_MIN		16
#define GRANT_POOL_MAX		256

/*
 * Those that are left for a request's small parts, and for a buffer that begins in the
 * middle of a page, beside a mapping of the greatest length.
 */
#define GRANT_POOL_SMALL	4

/**
 * struct grant_pool - memory for copies, granted as long as the device is bound
 * @backend: to whom
 * @first: its first reference
 * @count: its Xen pages, a power of two
 * @lock: protects what follows, up to @mappings
 * @used: a bit for each page
 * @mappings: how many were made in it
 * @pages: the pages, a slot each
 */
struct grant_pool {
	struct grant_backend *backend;
	grant_ref_t first;
	unsigned int count;
	spinlock_t lock;	/* used, mappings */
	DECLARE_BITMAP(used, GRANT_POOL_MAX);
	u64 mappings;
	struct grant_slot_page *pages[];
};

struct grant_pool *grant_pool_create(struct grant_backend *backend, bool readonly);
void grant_pool_destroy(struct grant_pool *pool);
grant_ref_t grant_pool_alloc(struct grant_pool *pool, unsigned int count);
void grant_pool_free(struct grant_pool *pool, grant_ref_t first,
		     unsigned int count);

#endif /* _XEN_GRANT_DMA_POOL_H */
