/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef FLOOR_H
#define FLOOR_H

struct device;

/* False: there is no such level. */
bool bind_floor(struct device *dev, const char *level);
bool is_floor(struct device *dev);

#endif
