/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef BIND_H
#define BIND_H

struct device;

/* Gives a device the DMA ops of the driver that is measured. */
void bind(struct device *dev, const char *level);

#endif
