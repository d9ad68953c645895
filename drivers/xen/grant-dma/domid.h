/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * This domain's own domain ID.
 */

#ifndef _XEN_GRANT_DMA_DOMID_H
#define _XEN_GRANT_DMA_DOMID_H

#include <xen/interface/xen.h>

domid_t grant_own_domid(void);

#endif /* _XEN_GRANT_DMA_DOMID_H */
