// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps a buffer at each level, has the backend read and write it, and unmaps it.
 */

#include "host.h"

#define DOMID	3
#define SIZE	5000

static int failed;

#define expect(x) do {							\
	if (!(x)) {							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #x);	\
		failed = 1;						\
	}								\
} while (0)

static void once(const char *level)
{
	u8 seen[SIZE], answer[SIZE];
	struct device dev;
	dma_addr_t addr;
	u8 *buffer;

	expect(!host_bind(&dev, level, DOMID, level));
	buffer = alloc_pages_exact(SIZE, GFP_KERNEL);
	memset(buffer, 1, SIZE);
	memset(answer, 2, SIZE);
	addr = dma_map_phys(&dev, virt_to_phys(buffer), SIZE, DMA_BIDIRECTIONAL, 0);
	expect(addr != DMA_MAPPING_ERROR);
	expect(host_device_read(DOMID, addr, seen, SIZE));
	expect(seen[0] == 1 && seen[SIZE - 1] == 1);
	expect(host_device_write(DOMID, addr, answer, SIZE));
	dma_unmap_phys(&dev, addr, SIZE, DMA_BIDIRECTIONAL, 0);
	expect(buffer[0] == 2 && buffer[SIZE - 1] == 2);
	expect(!host_device_read(DOMID + 1, addr, seen, SIZE));
	free_pages_exact(buffer, SIZE);
	host_unbind(&dev);
}

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;

	host_init();
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels));
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		failed = 0;
		once(levels[i]);
		printf("%s %u a buffer is mapped once, by %s\n",
		       failed ? "not ok" : "ok", i + 1, levels[i]);
	}
	return 0;
}
