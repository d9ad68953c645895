// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binds a device while one allocation after the other fails: that is an error, or
 * the device can do without, and when it is unbound nothing is left.
 */

#include "host.h"

#define DOMID	3

static int bind_and_unbind(const char *level)
{
	struct device dev;
	int ret = host_bind(&dev, level, DOMID, level);

	if (!ret)
		host_unbind(&dev);
	return ret;
}

/* Returns how many allocations failed, or a negative value where that went wrong. */
static int fail_each(const char *level)
{
	unsigned long pages;
	unsigned int nth;
	int ret;

	/* The grant table keeps what it grows by. */
	if (bind_and_unbind(level))
		return -1;
	pages = host_pages_used();
	for (nth = 1;; nth++) {
		host_fail_nth = nth;
		ret = bind_and_unbind(level);
		if (host_fail_nth)
			break;
		if (ret != 0 && ret != -ENOMEM)
			return -1;
		if (host_pages_used() != pages) {
			printf("# failing allocation %u loses pages\n", nth);
			return -1;
		}
	}
	host_fail_nth = 0;
	return ret ? -1 : nth - 1;
}

/* A copy takes no memory that is kept for emergencies, though reclaim itself writes by it. */
static bool leaves_emergencies(void)
{
	struct device dev;
	dma_addr_t addr;
	bool right;
	void *vaddr;

	if (host_bind(&dev, "full", DOMID, "full"))
		return false;
	vaddr = alloc_pages_exact(PAGE_SIZE, GFP_KERNEL);
	host_emergencies = 0;
	addr = dma_map_phys(&dev, virt_to_phys(vaddr), PAGE_SIZE, DMA_TO_DEVICE, 0);
	right = addr != DMA_MAPPING_ERROR && !host_emergencies;
	dma_unmap_phys(&dev, addr, PAGE_SIZE, DMA_TO_DEVICE, 0);
	free_pages_exact(vaddr, PAGE_SIZE);
	host_unbind(&dev);
	return right;
}

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;
	int failed;

	host_quiet = true;
	host_init();
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels) + 1);
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		failed = fail_each(levels[i]);
		printf("# %d allocations\n%s %u binding fails as it should, by %s\n",
		       failed, failed > 0 ? "ok" : "not ok", i + 1, levels[i]);
	}
	printf("%s %u a copy leaves memory for emergencies\n",
	       leaves_emergencies() ? "ok" : "not ok", i + 1);
	return 0;
}
