/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices that have no ops use memory directly. */
static inline const struct dma_map_ops *get_arch_dma_ops(void)
{
	return NULL;
}
