/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How many references are in use, and how many were at most.
 */

#ifndef _XEN_GRANT_DMA_USAGE_H
#define _XEN_GRANT_DMA_USAGE_H

#include <linux/atomic.h>

struct grant_usage {
	atomic_t used;
	atomic_t peak;
};

static inline void grant_usage_add(struct grant_usage *usage, int count)
{
	int used = atomic_add_return(count, &usage->used);
	int peak = atomic_read(&usage->peak);

	while (used > peak && !atomic_try_cmpxchg(&usage->peak, &peak, used))
		;
}

#endif /* _XEN_GRANT_DMA_USAGE_H */
