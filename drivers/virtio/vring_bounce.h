/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bounce buffers in what the rings of a virtqueue leave of their pages.
 *
 * To map a buffer takes an IOMMU operation, and the device may have to map or
 * translate its address as well. The pages of the rings are mapped for good. A
 * small buffer, such as the header or the status of a request, is copied there.
 *
 * What the device reads is kept apart from what it writes, in the pages of the
 * ring that it uses in the same way: it may have mapped the former read-only.
 */

#ifndef _VIRTIO_VRING_BOUNCE_H
#define _VIRTIO_VRING_BOUNCE_H

#include <linux/align.h>
#include <linux/bitops.h>
#include <linux/cache.h>
#include <linux/dma-mapping.h>
#include <linux/minmax.h>
#include <linux/slab.h>
#include <linux/string.h>

/* Enough for virtio-scsi's requests and for a TCP segment without data. */
#define VRING_BOUNCE_SIZE	128
#define VRING_BOUNCE_SLOTS	BITS_PER_LONG

/* So that the used ring, of 8 bytes an entry, leaves half of its page. */
#define VRING_BOUNCE_MAX_NUM	256u

/* What the device did not write, and no driver takes for a status of success. */
#define VRING_BOUNCE_UNWRITTEN	0xff

/**
 * struct vring_bounce_area - bounce buffers of one direction
 * @vaddr: the slots
 * @addr: their DMA address
 * @slots: how many there are
 * @busy: a bit for each slot in use, and for those that aren't there; drivers map
 *	without the lock of their virtqueue
 * @buffers: what the slots in use are copies of
 */
struct vring_bounce_area {
	void *vaddr;
	dma_addr_t addr;
	unsigned int slots;
	unsigned long busy;
	void *buffers[VRING_BOUNCE_SLOTS];
};

/**
 * struct vring_bounce - bounce buffers of a virtqueue
 * @for_device: for what the device reads
 * @from_device: for what it writes
 * @discard: nothing is copied back, as the buffers may have been freed
 */
struct vring_bounce {
	struct vring_bounce_area for_device;
	struct vring_bounce_area from_device;
	bool discard;
};

static inline struct vring_bounce_area *
vring_bounce_area(struct vring_bounce *bounce, enum dma_data_direction dir)
{
	if (!bounce)
		return NULL;
	if (dir == DMA_TO_DEVICE)
		return &bounce->for_device;
	return dir == DMA_FROM_DEVICE ? &bounce->from_device : NULL;
}

/* May sleep. Returns bounce buffers without slots, or NULL when out of memory. */
static inline struct vring_bounce *vring_bounce_create(void)
{
	struct vring_bounce *bounce = kzalloc(sizeof(*bounce), GFP_KERNEL);

	if (!bounce)
		return NULL;
	bounce->for_device.busy = ~0UL;
	bounce->from_device.busy = ~0UL;
	return bounce;
}

/**
 * vring_bounce_add() - set the memory for one direction
 * @bounce: what is not used yet
 * @dir: DMA_TO_DEVICE or DMA_FROM_DEVICE
 * @start: coherent memory that outlives @bounce, zero
 * @end: its end; if it is too small, there are no slots
 * @addr: the DMA address of @start
 */
static inline void vring_bounce_add(struct vring_bounce *bounce,
				    enum dma_data_direction dir,
				    void *start, void *end, dma_addr_t addr)
{
	struct vring_bounce_area *area = vring_bounce_area(bounce, dir);

	area->vaddr = PTR_ALIGN(start, L1_CACHE_BYTES);
	if (area->vaddr + VRING_BOUNCE_SIZE > end)
		return;
	area->addr = addr + (area->vaddr - start);
	area->slots = min((end - area->vaddr) / VRING_BOUNCE_SIZE,
			  VRING_BOUNCE_SLOTS);
	area->busy = ~GENMASK(area->slots - 1, 0);
}

/**
 * vring_bounce_map() - copy a buffer to a slot
 * @bounce: may be NULL
 * @buffer: the buffer, whose owner leaves it alone until it is unmapped
 * @size: bytes
 * @dir: DMA direction
 *
 * Context: Any.
 * Return: the slot's DMA address, or DMA_MAPPING_ERROR when the buffer is too
 *	large or no slot is free.
 */
static inline dma_addr_t vring_bounce_map(struct vring_bounce *bounce,
					  void *buffer, size_t size,
					  enum dma_data_direction dir)
{
	struct vring_bounce_area *area = vring_bounce_area(bounce, dir);
	unsigned long busy, slot;
	void *copy;

	if (!area || size > VRING_BOUNCE_SIZE)
		return DMA_MAPPING_ERROR;

	do {
		busy = READ_ONCE(area->busy);
		if (busy == ~0UL)
			return DMA_MAPPING_ERROR;
		slot = ffz(busy);
	} while (test_and_set_bit_lock(slot, &area->busy));

	area->buffers[slot] = buffer;
	copy = area->vaddr + slot * VRING_BOUNCE_SIZE;
	if (dir == DMA_TO_DEVICE)
		memcpy(copy, buffer, size);
	else
		memset(copy, VRING_BOUNCE_UNWRITTEN, size);
	return area->addr + slot * VRING_BOUNCE_SIZE;
}

/**
 * vring_bounce_unmap() - copy what the device wrote back, and free the slot
 * @bounce: may be NULL
 * @addr: the buffer's DMA address, which may be one that isn't a slot's
 * @size: bytes
 * @dir: DMA direction
 *
 * The buffer holds 0xff where the device wrote nothing.
 *
 * Context: Any.
 * Return: true if it was in a slot.
 */
static inline bool vring_bounce_unmap(struct vring_bounce *bounce,
				      dma_addr_t addr, size_t size,
				      enum dma_data_direction dir)
{
	struct vring_bounce_area *area = vring_bounce_area(bounce, dir);
	unsigned long slot;
	void *copy;

	if (!area || addr - area->addr >= area->slots * VRING_BOUNCE_SIZE)
		return false;

	slot = (addr - area->addr) / VRING_BOUNCE_SIZE;
	copy = area->vaddr + slot * VRING_BOUNCE_SIZE;
	if (dir == DMA_TO_DEVICE)
		memset(copy, 0, size);
	else if (!bounce->discard)
		memcpy(area->buffers[slot], copy, size);
	clear_bit_unlock(slot, &area->busy);
	return true;
}

/* Whether what is unmapped is copied back. */
static inline void vring_bounce_discard(struct vring_bounce *bounce, bool discard)
{
	if (bounce)
		bounce->discard = discard;
}

#endif /* _VIRTIO_VRING_BOUNCE_H */
