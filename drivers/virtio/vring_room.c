// SPDX-License-Identifier: GPL-2.0-only
/*
 * Room for small buffers in what the rings of a virtqueue leave of their pages.
 *
 * To map a buffer takes an IOMMU operation, and the device may have to map or
 * translate its address as well. The pages of the rings are mapped for good. A
 * small buffer, such as the header or the status of a request, is copied there.
 *
 * What the device reads is kept apart from what it writes, in the pages of the
 * ring that it uses in the same way: it may have mapped the former read-only.
 */

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "vring_room.h"

/* Enough for virtio-scsi's requests and for a TCP segment without data. */
#define SLOT_SIZE	128
#define MAX_SLOTS	BITS_PER_LONG

/* What the device did not write, and no driver takes for a status of success. */
#define UNWRITTEN	0xff

/**
 * struct vring_shelf - the room for one direction
 * @vaddr: its slots
 * @addr: their DMA address
 * @slots: how many there are
 * @busy: a bit for each slot in use, and for those that aren't there; drivers map
 *	without the lock of their virtqueue
 * @buffers: what the slots in use are copies of
 */
struct vring_shelf {
	void *vaddr;
	dma_addr_t addr;
	unsigned int slots;
	unsigned long busy;
	void *buffers[MAX_SLOTS];
};

struct vring_room {
	struct vring_shelf for_device;
	struct vring_shelf from_device;
};

static struct vring_shelf *room_shelf(struct vring_room *room,
				      enum dma_data_direction dir)
{
	if (dir == DMA_TO_DEVICE)
		return &room->for_device;
	return dir == DMA_FROM_DEVICE ? &room->from_device : NULL;
}

/**
 * vring_room_create() - a room without slots
 *
 * Context: Process context, may sleep.
 * Return: the room, or NULL when out of memory.
 */
struct vring_room *vring_room_create(void)
{
	struct vring_room *room = kzalloc(sizeof(*room), GFP_KERNEL);

	if (!room)
		return NULL;
	room->for_device.busy = ~0UL;
	room->from_device.busy = ~0UL;
	return room;
}
EXPORT_SYMBOL_GPL(vring_room_create);

/**
 * vring_room_destroy() - free a room
 * @room: the room, of which nothing is in use, or NULL
 *
 * Context: Any.
 */
void vring_room_destroy(struct vring_room *room)
{
	kfree(room);
}
EXPORT_SYMBOL_GPL(vring_room_destroy);

/**
 * vring_room_add() - give a room memory for one direction
 * @room: the room
 * @dir: DMA_TO_DEVICE or DMA_FROM_DEVICE
 * @start: coherent memory that stays as long as the room, zero
 * @end: its end; if it is too small, nothing is added
 * @addr: the DMA address of @start
 *
 * Context: Any, before the room is used.
 */
void vring_room_add(struct vring_room *room, enum dma_data_direction dir,
		    void *start, void *end, dma_addr_t addr)
{
	struct vring_shelf *shelf = room_shelf(room, dir);

	shelf->vaddr = PTR_ALIGN(start, L1_CACHE_BYTES);
	if (shelf->vaddr + SLOT_SIZE > end)
		return;
	shelf->addr = addr + (shelf->vaddr - start);
	shelf->slots = min((end - shelf->vaddr) / SLOT_SIZE, MAX_SLOTS);
	shelf->busy = ~GENMASK(shelf->slots - 1, 0);
}
EXPORT_SYMBOL_GPL(vring_room_add);

/**
 * vring_room_map() - put a buffer into a room
 * @room: the room, or NULL
 * @buffer: the buffer, whose owner leaves it alone until it is taken out
 * @size: bytes
 * @dir: DMA direction
 *
 * Context: Any.
 * Return: the DMA address, or DMA_MAPPING_ERROR when the buffer is too large or
 *	the room is full.
 */
dma_addr_t vring_room_map(struct vring_room *room, void *buffer, size_t size,
			  enum dma_data_direction dir)
{
	struct vring_shelf *shelf = room ? room_shelf(room, dir) : NULL;
	unsigned long busy, slot;

	if (!shelf || size > SLOT_SIZE)
		return DMA_MAPPING_ERROR;

	do {
		busy = READ_ONCE(shelf->busy);
		if (busy == ~0UL)
			return DMA_MAPPING_ERROR;
		slot = ffz(busy);
	} while (test_and_set_bit_lock(slot, &shelf->busy));

	shelf->buffers[slot] = buffer;
	if (dir == DMA_TO_DEVICE)
		memcpy(shelf->vaddr + slot * SLOT_SIZE, buffer, size);
	else
		memset(shelf->vaddr + slot * SLOT_SIZE, UNWRITTEN, size);
	return shelf->addr + slot * SLOT_SIZE;
}
EXPORT_SYMBOL_GPL(vring_room_map);

/**
 * vring_room_unmap() - take a buffer out of a room
 * @room: the room, or NULL
 * @addr: the buffer's DMA address, which may be one that isn't the room's
 * @size: bytes
 * @dir: DMA direction
 *
 * What the device wrote is in the buffer afterwards, 0xff where it wrote nothing.
 *
 * Context: Any.
 * Return: true if it was in the room.
 */
bool vring_room_unmap(struct vring_room *room, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir)
{
	struct vring_shelf *shelf = room ? room_shelf(room, dir) : NULL;
	unsigned long slot;
	void *copy;

	if (!shelf || addr - shelf->addr >= shelf->slots * SLOT_SIZE)
		return false;

	slot = (addr - shelf->addr) / SLOT_SIZE;
	copy = shelf->vaddr + slot * SLOT_SIZE;
	if (dir == DMA_FROM_DEVICE)
		memcpy(shelf->buffers[slot], copy, size);
	else
		memset(copy, 0, size);
	clear_bit_unlock(slot, &shelf->busy);
	return true;
}
EXPORT_SYMBOL_GPL(vring_room_unmap);

MODULE_DESCRIPTION("Room for small buffers beside virtio rings");
MODULE_LICENSE("GPL");
