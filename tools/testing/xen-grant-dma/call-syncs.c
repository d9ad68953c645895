// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: parts of mappings are the CPU's and the device's in turn.
 */

#include "calls.h"

static bool mapping_premapped(unsigned int i)
{
	return mapping_is(i) && mappings[i].kind == SINGLE && mappings[i].premapped;
}

/*
 * A driver passes on the length that the device names. Where a copy was to be synced
 * beyond its end, that must be said, once for each time that the device is bound.
 */
static void sync_single(struct fuzz_mapping *m, size_t offset, size_t size, bool for_device)
{
	struct fuzz_device *device = &devices[m->device];
	const struct dma_map_ops *ops = device->dev.dma_ops;
	dma_addr_t addr = m->model[0].addr + offset;
	bool lies = offset + size > m->size;
	bool beyond = lies && oracle_copied(&m->model[0], offset) &&
		m->dir != (for_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE);
	unsigned int before = messages().misuses;

	if (for_device)
		ops->sync_single_for_device(&device->dev, addr, size, m->dir);
	else
		ops->sync_single_for_cpu(&device->dev, addr, size, m->dir);
	oracle_synced(&m->model[0], offset, size, for_device);
	if (messages().misuses != before && !lies)
		oracle_violation("a right sync is called a misuse");
	if (messages().misuses == before && beyond && !device->misused)
		oracle_violation("a sync goes on beyond its mapping: %zu bytes of %zu",
				 offset + size, m->size);
	device->misused |= messages().misuses != before;
}

static void sync_list(struct fuzz_mapping *m, bool for_device)
{
	struct device *dev = &devices[m->device].dev;
	unsigned int before = messages().misuses, i;

	if (for_device)
		dev->dma_ops->sync_sg_for_device(dev, m->sgl, m->nents, m->dir);
	else
		dev->dma_ops->sync_sg_for_cpu(dev, m->sgl, m->nents, m->dir);
	for (i = 0; i < m->segments; i++)
		oracle_synced(&m->model[i], 0, m->model[i].size, for_device);
	if (messages().misuses != before)
		oracle_violation("a right sync is called a misuse");
}

static bool draw_sync(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, true))
		return false;
	draw_part(a, mappings[a->mapping].size ?: 1);
	if (!calls_random(10))
		a->size = 1 + calls_random(calls_random(3) ? 10000 : 2000000);
	return true;
}

static void run_sync(const struct call_args *a, bool for_device)
{
	struct fuzz_mapping *m = &mappings[a->mapping];

	if (!mapping_is(a->mapping) || m->kind == COHERENT)
		return;
	if (m->kind == LIST)
		sync_list(m, for_device);
	else if (a->offset < m->size && a->size)
		sync_single(m, a->offset, a->size, for_device);
}

static void run_sync_cpu(const struct call_args *a)
{
	run_sync(a, false);
}

static void run_sync_device(const struct call_args *a)
{
	run_sync(a, true);
}

static bool draw_give(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_premapped, true))
		return false;
	draw_part(a, mappings[a->mapping].size);
	return true;
}

/* A part of what was mapped before goes into a ring. */
static void run_give(const struct call_args *a)
{
	struct fuzz_mapping *m = &mappings[a->mapping];

	if (!mapping_premapped(a->mapping) || a->offset >= m->size)
		return;
	oracle_gave(&m->model[0], a->offset, a->size);
}

const struct call sync_calls[] = {
	{ "sync_cpu", "mapping offset size", 10, draw_sync, run_sync_cpu },
	{ "sync_device", "mapping offset size", 6, draw_sync, run_sync_device },
	{ "give", "mapping offset size", 3, draw_give, run_give },
	{ }
};
