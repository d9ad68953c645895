/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Copies between bounce memory and the memory that it stands for.
 *
 * Bounce memory is the backend's to read, and perhaps to write, at any time. It
 * holds a copy of what the device may read as long as that is mapped, and is zero
 * otherwise, but for what the backend itself wrote. So what is copied back and
 * was not written is zero, never a part of another mapping.
 */

#ifndef _XEN_GRANT_DMA_COPY_H
#define _XEN_GRANT_DMA_COPY_H

#include <linux/dma-mapping.h>
#include <linux/io.h>
#include <linux/string.h>
#include <linux/types.h>

void grant_copy_from_highmem(void *to, phys_addr_t phys, size_t size);
void grant_copy_to_highmem(phys_addr_t phys, const void *from, size_t size);

static inline void grant_copy_from(void *to, phys_addr_t phys, size_t size)
{
	if (IS_ENABLED(CONFIG_HIGHMEM))
		grant_copy_from_highmem(to, phys, size);
	else
		memcpy(to, phys_to_virt(phys), size);
}

static inline void grant_copy_to(phys_addr_t phys, const void *from, size_t size)
{
	if (IS_ENABLED(CONFIG_HIGHMEM))
		grant_copy_to_highmem(phys, from, size);
	else
		memcpy(phys_to_virt(phys), from, size);
}

/**
 * grant_copy_in() - fill bounce memory when a mapping begins
 * @bounce: bounce memory, zero
 * @phys: the memory that it stands for
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
static inline void grant_copy_in(void *bounce, phys_addr_t phys, size_t size,
				 enum dma_data_direction dir,
				 unsigned long attrs)
{
	if (dir != DMA_FROM_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		grant_copy_from(bounce, phys, size);
}

/**
 * grant_copy_out() - copy back and clear bounce memory when a mapping ends
 * @bounce: bounce memory
 * @phys: the memory that it stands for
 * @size: bytes
 * @dir: direction
 * @attrs: attributes of the DMA API
 *
 * Context: Any.
 */
static inline void grant_copy_out(void *bounce, phys_addr_t phys, size_t size,
				  enum dma_data_direction dir,
				  unsigned long attrs)
{
	if (dir != DMA_TO_DEVICE && !(attrs & DMA_ATTR_SKIP_CPU_SYNC))
		grant_copy_to(phys, bounce, size);
	memset(bounce, 0, size);
}

#endif /* _XEN_GRANT_DMA_COPY_H */
