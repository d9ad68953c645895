// SPDX-License-Identifier: GPL-2.0-only
/*
 * The DMA API's entries, as drivers call them.
 */

#include "host.h"

dma_addr_t dma_map_phys(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir, unsigned long attrs)
{
	return dev->dma_ops->map_phys(dev, phys, size, dir, attrs);
}

void dma_unmap_phys(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir, unsigned long attrs)
{
	dev->dma_ops->unmap_phys(dev, addr, size, dir, attrs);
}

unsigned int dma_map_sg_attrs(struct device *dev, struct scatterlist *sgl, int nents,
			      enum dma_data_direction dir, unsigned long attrs)
{
	int ret = dev->dma_ops->map_sg(dev, sgl, nents, dir, attrs);

	return ret < 0 ? 0 : ret;
}

void dma_unmap_sg_attrs(struct device *dev, struct scatterlist *sgl, int nents,
			enum dma_data_direction dir, unsigned long attrs)
{
	dev->dma_ops->unmap_sg(dev, sgl, nents, dir, attrs);
}

void sg_init_table(struct scatterlist *sgl, unsigned int nents)
{
	memset(sgl, 0, sizeof(*sgl) * nents);
	sg_init_marker(sgl, nents);
}

void stub_traced(void)
{
}
