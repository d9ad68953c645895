// SPDX-License-Identifier: GPL-2.0-only
/*
 * Restores the domain: what stays granted while nothing is mapped has to be granted
 * again, as it was, by a table that is new.
 */

#include "host.h"

#define DOMID	3
#define SIZE	100

static struct device dev, other;

/* Leaves a copy's page granted, which is for later buffers. */
static void map_and_unmap(struct device *device, void *buffer, enum dma_data_direction dir)
{
	dma_addr_t addr = dma_map_phys(device, virt_to_phys(buffer), SIZE, dir, 0);

	if (addr == DMA_MAPPING_ERROR)
		abort();
	dma_unmap_phys(device, addr, SIZE, dir, 0);
}

static bool granted_as(const struct grant_entry_v1 *before)
{
	grant_ref_t ref;

	for (ref = 0; ref < host_references(); ref++) {
		if (!before[ref].flags && !host_table[ref].flags)
			continue;
		if (memcmp(&before[ref], &host_table[ref], sizeof(*before))) {
			printf("# reference %u differs\n", ref);
			return false;
		}
	}
	return true;
}

static bool restore_at(const char *level)
{
	void *buffer = alloc_pages_exact(PAGE_SIZE, GFP_KERNEL);
	struct grant_entry_v1 *before;
	unsigned int count;
	bool same;

	if (host_bind(&dev, "one", DOMID, level) ||
	    host_bind(&other, "two", DOMID + 1, level))
		return false;
	map_and_unmap(&dev, buffer, DMA_TO_DEVICE);
	map_and_unmap(&dev, buffer, DMA_FROM_DEVICE);
	map_and_unmap(&other, buffer, DMA_FROM_DEVICE);

	before = malloc(host_frames * XEN_PAGE_SIZE);
	memcpy(before, host_table, host_frames * XEN_PAGE_SIZE);
	count = host_granted();
	host_restore();
	same = granted_as(before);
	printf("# %u references\n", count);

	free(before);
	free_pages_exact(buffer, PAGE_SIZE);
	host_unbind(&dev);
	host_unbind(&other);
	return count && same && !host_granted();
}

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;

	host_quiet = true;
	host_init();
	stub_initcall_backends_init();
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels));
	for (i = 0; i < ARRAY_SIZE(levels); i++)
		printf("%s %u a new table grants what the old one did, by %s\n",
		       restore_at(levels[i]) ? "ok" : "not ok", i + 1, levels[i]);
	return 0;
}
