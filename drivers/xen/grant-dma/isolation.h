/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a backend may see beside the buffers it was given.
 */

#ifndef _XEN_GRANT_DMA_ISOLATION_H
#define _XEN_GRANT_DMA_ISOLATION_H

#include <linux/types.h>

bool grant_isolation_strict(void);
const char *grant_isolation_name(void);

#endif /* _XEN_GRANT_DMA_ISOLATION_H */
