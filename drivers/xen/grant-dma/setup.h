/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which devices get grants.
 */

#ifndef _XEN_GRANT_DMA_SETUP_H
#define _XEN_GRANT_DMA_SETUP_H

#include <linux/types.h>

#include <xen/interface/xen.h>

struct device;

bool grant_setup_done(const struct device *dev);
bool grant_setup_refused(const struct device *dev);
void grant_setup(struct device *dev, domid_t domid);
bool grant_virtio_wanted(bool described, bool pv, bool initial, bool force);

#endif /* _XEN_GRANT_DMA_SETUP_H */
