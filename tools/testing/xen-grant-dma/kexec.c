// SPDX-License-Identifier: GPL-2.0-only
/*
 * Starts another kernel: of what backends have, they keep what they use at that moment,
 * which is reported. A shutdown that ends the domain ends no grants before.
 */

#include <linux/scatterlist.h>
#include <xen/grant-dma.h>

#include "host.h"

#define DOMID	3
#define PAGES	3

static struct device dev;
static struct page *buffer, *other;
static struct scatterlist sgl[2];

static dma_addr_t map(size_t offset, size_t size)
{
	dma_addr_t addr = dma_map_phys(&dev, page_to_phys(buffer) + offset, size,
				       DMA_FROM_DEVICE, 0);

	if (addr == DMA_MAPPING_ERROR)
		abort();
	return addr;
}

/*
 * A list's segment, whole pages, a copy; and references that are deferred, one of which
 * the backend let go of, but no worker has ended.
 */
static bool shut_down_at(const char *level)
{
	dma_addr_t pages, part, late, gone;
	unsigned int before, messages;
	unsigned long pfn;
	bool ok;

	if (host_bind(&dev, level, DOMID, level))
		return false;
	pages = map(0, PAGES * PAGE_SIZE);
	part = map(100, 200);
	late = map(0, PAGE_SIZE);
	gone = map(0, PAGE_SIZE);
	sg_init_table(sgl, ARRAY_SIZE(sgl));
	sg_set_page(&sgl[0], buffer, PAGE_SIZE, 0);
	sg_set_page(&sgl[1], other, PAGE_SIZE, 0);
	if (dma_map_sg_attrs(&dev, sgl, ARRAY_SIZE(sgl), DMA_TO_DEVICE, 0) != 1)
		abort();
	host_map_grant(xen_grant_dma_ref(pages) + 1, DOMID, false, &pfn);
	host_map_grant(xen_grant_dma_ref(late), DOMID, false, &pfn);
	host_map_grant(xen_grant_dma_ref(gone), DOMID, false, &pfn);
	dma_unmap_phys(&dev, late, PAGE_SIZE, DMA_FROM_DEVICE, 0);
	dma_unmap_phys(&dev, gone, PAGE_SIZE, DMA_FROM_DEVICE, 0);
	host_unmap_grant(xen_grant_dma_ref(gone), false);

	before = host_granted();
	host_shut_down(false);
	ok = host_granted() == before;
	messages = host_messages;
	host_shut_down(true);
	ok &= host_granted() == 2 && host_messages == messages + 1;
	printf("# %u references before, %u after\n", before, host_granted());

	host_unmap_grant(xen_grant_dma_ref(pages) + 1, false);
	host_unmap_grant(xen_grant_dma_ref(late), false);
	dma_unmap_phys(&dev, pages, PAGES * PAGE_SIZE, DMA_FROM_DEVICE, 0);
	dma_unmap_phys(&dev, part, 200, DMA_FROM_DEVICE, 0);
	dma_unmap_sg_attrs(&dev, sgl, ARRAY_SIZE(sgl), DMA_TO_DEVICE, 0);
	host_unbind(&dev);
	host_run_works(true);
	return ok && !host_granted();
}

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;

	host_quiet = true;
	host_init();
	stub_initcall_backends_init();
	buffer = alloc_pages(GFP_KERNEL | __GFP_COMP, 2);
	other = alloc_pages(GFP_KERNEL, 0);
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels));
	for (i = 0; i < ARRAY_SIZE(levels); i++)
		printf("%s %u the next kernel's memory is granted to nobody, by %s\n",
		       shut_down_at(levels[i]) ? "ok" : "not ok", i + 1, levels[i]);
	return 0;
}
