// SPDX-License-Identifier: GPL-2.0-only
/*
 * Floors: DMA ops that do nothing but copy and clear, or nothing but write grant
 * entries and end them. There is one mapping at a time.
 */
#include <linux/scatterlist.h>
#include "host.h"
#include "floor.h"

static char area[1 << 20] __aligned(PAGE_SIZE);
static u64 entries[256 + 1] __aligned(64);

static dma_addr_t copy_in(void *to, phys_addr_t phys, size_t size,
			  enum dma_data_direction dir)
{
	if (dir == DMA_FROM_DEVICE)
		memset(to, 0, size);
	else
		memcpy(to, __va(phys), size);
	return phys;
}

/* As phys stands for the address, it is known where to copy back to. */
static void copy_out(void *from, phys_addr_t phys, size_t size, enum dma_data_direction dir)
{
	if (dir == DMA_FROM_DEVICE)
		memcpy(__va(phys), from, size);
	else
		memset(from, 0, size);
}

static dma_addr_t copy_map(struct device *dev, phys_addr_t phys, size_t size,
			   enum dma_data_direction dir, unsigned long attrs)
{
	return copy_in(area, phys, size, dir);
}

static void copy_unmap(struct device *dev, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, unsigned long attrs)
{
	copy_out(area, addr, size, dir);
}

static int copy_map_sg(struct device *dev, struct scatterlist *list, int count,
		       enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	char *to = area;
	int i;

	for_each_sg(list, sg, count, i) {
		copy_in(to, sg_phys(sg), sg->length, dir);
		to += sg->length;
	}
	return 1;
}

static void copy_unmap_sg(struct device *dev, struct scatterlist *list, int count,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	char *from = area;
	int i;

	for_each_sg(list, sg, count, i) {
		copy_out(from, sg_phys(sg), sg->length, dir);
		from += sg->length;
	}
}

/* As version 1 of the table has it, little endian: flags of 16 bits, domain, frame. */
static void write_entry(unsigned int i, phys_addr_t phys)
{
	WRITE_ONCE(entries[i], GTF_permit_access | (u64)PHYS_PFN(phys) << 32);
}

static void end_entry(unsigned int i)
{
	u16 *flags = (u16 *)&entries[i], old = READ_ONCE(*flags);

	while (!sync_try_cmpxchg(flags, &old, 0))
		;
}

static dma_addr_t entries_map(struct device *dev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int count = PFN_UP(offset_in_page(phys) + size);

	for (unsigned int i = 0; i < count; i++)
		write_entry(i, phys + i * PAGE_SIZE);
	return phys;
}

static void entries_unmap(struct device *dev, dma_addr_t addr, size_t size,
			  enum dma_data_direction dir, unsigned long attrs)
{
	unsigned int count = PFN_UP(offset_in_page(addr) + size);

	for (unsigned int i = 0; i < count; i++)
		end_entry(i);
	/* As where a grant ends, before its page has another use. */
	virt_mb();
}

static int entries_map_sg(struct device *dev, struct scatterlist *list, int count,
			  enum dma_data_direction dir, unsigned long attrs)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(list, sg, count, i)
		write_entry(i, sg_phys(sg));
	return 1;
}

static void entries_unmap_sg(struct device *dev, struct scatterlist *list, int count,
			     enum dma_data_direction dir, unsigned long attrs)
{
	for (int i = 0; i < count; i++)
		end_entry(i);
	/* As where a grant ends, before its page has another use. */
	virt_mb();
}

static const struct dma_map_ops copy_ops = {
	.map_phys = copy_map,
	.unmap_phys = copy_unmap,
	.map_sg = copy_map_sg,
	.unmap_sg = copy_unmap_sg,
};

static const struct dma_map_ops entries_ops = {
	.map_phys = entries_map,
	.unmap_phys = entries_unmap,
	.map_sg = entries_map_sg,
	.unmap_sg = entries_unmap_sg,
};

bool bind_floor(struct device *dev, const char *level)
{
	if (!strcmp(level, "copy"))
		set_dma_ops(dev, &copy_ops);
	else if (!strcmp(level, "entries"))
		set_dma_ops(dev, &entries_ops);
	else
		return false;
	return true;
}

bool is_floor(struct device *dev)
{
	return get_dma_ops(dev) == &copy_ops || get_dma_ops(dev) == &entries_ops;
}
