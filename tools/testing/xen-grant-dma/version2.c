// SPDX-License-Identifier: GPL-2.0-only
/*
 * Maps buffers with a grant table of version 2: what its entries say, and what is
 * kept while Xen says that they are in use.
 */

#include <xen/grant-dma.h>

#include "host.h"

#define DOMID	3
#define PAGES	3
#define SIZE	(PAGES * PAGE_SIZE)

static struct device dev;
static int failed, results;

#define expect(x) do {							\
	if (!(x)) {							\
		printf("# %s:%d: %s\n", __FILE__, __LINE__, #x);	\
		failed = 1;						\
	}								\
} while (0)

static void result(const char *name)
{
	printf("%s %d %s\n", failed ? "not ok" : "ok", ++results, name);
	failed = 0;
}

static union grant_entry_v2 *entry(dma_addr_t addr, unsigned int page)
{
	return (union grant_entry_v2 *)host_table + xen_grant_dma_ref(addr) + page;
}

static void expect_entries(dma_addr_t addr, void *buffer, u16 flags)
{
	unsigned int i;

	for (i = 0; i < PAGES; i++) {
		expect(entry(addr, i)->hdr.flags == flags);
		expect(!flags || entry(addr, i)->hdr.domid == DOMID);
		expect(!flags || entry(addr, i)->full_page.frame ==
		       PHYS_PFN(virt_to_phys(buffer)) + i);
	}
}

static void map_and_unmap(void *buffer, enum dma_data_direction dir, u16 flags)
{
	dma_addr_t addr = dma_map_phys(&dev, virt_to_phys(buffer), SIZE, dir, 0);

	expect_entries(addr, buffer, flags);
	dma_unmap_phys(&dev, addr, SIZE, dir, 0);
	expect_entries(addr, buffer, 0);
}

/* The second of three pages; no entry may be valid then. */
static void hold_one(void *buffer)
{
	struct page *page = virt_to_page(buffer + PAGE_SIZE);
	dma_addr_t addr = dma_map_phys(&dev, virt_to_phys(buffer), SIZE,
				       DMA_FROM_DEVICE, 0);
	grant_status_t *status = &host_status[xen_grant_dma_ref(addr) + 1];

	*status = GTF_writing;
	dma_unmap_phys(&dev, addr, SIZE, DMA_FROM_DEVICE, 0);
	expect_entries(addr, buffer, 0);
	expect(page_count(page) == 2);
	host_run_works(true);
	expect(page_count(page) == 2);
	*status = GTF_reading;
	host_run_works(true);
	expect(page_count(page) == 2);
	*status = 0;
	host_run_works(true);
	expect(page_count(page) == 1);
	expect(page_count(virt_to_page(buffer)) == 1);
}

int main(void)
{
	void *buffer;

	host_quiet = true;
	host_version = 2;
	host_init();
	printf("KTAP version 1\n1..3\n");
	expect(!host_bind(&dev, "version2", DOMID, "page"));
	buffer = alloc_pages_exact(SIZE, GFP_KERNEL);
	map_and_unmap(buffer, DMA_TO_DEVICE, GTF_permit_access | GTF_readonly);
	result("the device may only read what goes to it");
	map_and_unmap(buffer, DMA_FROM_DEVICE, GTF_permit_access);
	result("the device may write what comes from it");
	hold_one(buffer);
	result("a page in use is kept");
	free_pages_exact(buffer, SIZE);
	host_unbind(&dev);
	return 0;
}
