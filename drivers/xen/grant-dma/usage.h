/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many references are in use, and how many were at most.
 */

#ifndef _XEN_GRANT_DMA_USAGE_H
#define _XEN_GRANT_DMA_USAGE_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

struct grant_usage {
	atomic_t used;
	atomic_t peak;
};

/* Adds nothing and returns false when more than @limit would be in use. */
static inline bool grant_usage_add(struct grant_usage *usage,
				   unsigned int count, unsigned int limit)
{
	int used = atomic_add_return(count, &usage->used);
	int peak = atomic_read(&usage->peak);

	if (unlikely(used > limit)) {
		atomic_sub(count, &usage->used);
		return false;
	}
	while (used > peak && !atomic_try_cmpxchg(&usage->peak, &peak, used))
		;
	return true;
}

static inline void grant_usage_sub(struct grant_usage *usage,
				   unsigned int count)
{
	atomic_sub(count, &usage->used);
}

#endif /* _XEN_GRANT_DMA_USAGE_H */
