/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Room for small buffers in what the rings of a virtqueue leave of their pages.
 */

#ifndef _VIRTIO_VRING_ROOM_H
#define _VIRTIO_VRING_ROOM_H

#include <linux/dma-direction.h>
#include <linux/types.h>

struct vring_room;

struct vring_room *vring_room_create(void);
void vring_room_destroy(struct vring_room *room);
void vring_room_add(struct vring_room *room, enum dma_data_direction dir,
		    void *start, void *end, dma_addr_t addr);
dma_addr_t vring_room_map(struct vring_room *room, void *buffer, size_t size,
			  enum dma_data_direction dir);
bool vring_room_unmap(struct vring_room *room, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir);

#endif /* _VIRTIO_VRING_ROOM_H */
