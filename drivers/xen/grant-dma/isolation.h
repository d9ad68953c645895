/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend may see beside the buffers it was given.
 */

#ifndef _XEN_GRANT_DMA_ISOLATION_H
#define _XEN_GRANT_DMA_ISOLATION_H

#include <linux/types.h>

/**
 * enum grant_isolation - levels of isolation, each with that before it
 * @GRANT_ISOLATION_PAGE: a backend sees the Xen pages that buffers touch
 * @GRANT_ISOLATION_STRICT: it sees no page of the guest that a buffer doesn't fill
 * @GRANT_ISOLATION_FULL: it sees copies of buffers only, in memory that is never
 *	used for anything else
 */
enum grant_isolation {
	GRANT_ISOLATION_PAGE,
	GRANT_ISOLATION_STRICT,
	GRANT_ISOLATION_FULL,
};

enum grant_isolation grant_isolation_level(void);
const char *grant_isolation_name(void);

#endif /* _XEN_GRANT_DMA_ISOLATION_H */
