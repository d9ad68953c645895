// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of references that a backend uses longer than their mapping lasts.
 *
 * They run on a fake table: no domain here would map a page of a test.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "backend.h"
#include "device.h"
#include "fake-table.h"
#include "test-device.h"

/* The test has a reference of its own to @backend. */
struct held_test {
	struct fake_table *table;
	struct device *dev;
	struct grant_backend *backend;
};

static int held_init(struct kunit *test)
{
	struct held_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = fake_table_create(test, FAKE_TABLE_SIZE);
	t->backend = grant_backend_get(TEST_DOMID);
	KUNIT_ASSERT_NOT_NULL(test, t->backend);
	t->dev = test_device(test, "grants", TEST_DOMID);
	return 0;
}

static void held_exit(struct kunit *test)
{
	struct held_test *t = test->priv;

	if (t && t->backend)
		grant_backend_put(t->backend);
}

static void expect_held(struct kunit *test, unsigned int count)
{
	struct held_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, t->backend->held.count, count);
	KUNIT_EXPECT_EQ(test, t->table->granted, count);
	KUNIT_EXPECT_EQ(test, !!t->table->waiting, !!count);
}

static void set_mapped(struct kunit *test, grant_ref_t first,
		       unsigned int count, bool mapped)
{
	struct held_test *t = test->priv;

	while (count--)
		t->table->entries[first++].mapped = mapped;
}

static dma_addr_t map(struct kunit *test, struct page *page, size_t size)
{
	struct held_test *t = test->priv;
	dma_addr_t addr = dma_map_page(t->dev, page, 0, size, DMA_FROM_DEVICE);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	return addr;
}

static void held_page(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct held_test *t = test->priv;
	int before = page_count(page), i;
	dma_addr_t addr, again;
	unsigned long delay;

	addr = map(test, page, 1);
	set_mapped(test, test_ref(test, addr), 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);

	/* For the device it is over. */
	test_idle(test, t->dev);
	KUNIT_EXPECT_EQ(test, page_count(page), before + 1);
	expect_held(test, 1);

	delay = t->backend->held.delay;
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		KUNIT_EXPECT_GE(test, t->backend->held.delay, delay);
		delay = t->backend->held.delay;
		expect_held(test, 1);
	}
	KUNIT_EXPECT_LE(test, delay, HZ);
	KUNIT_EXPECT_EQ(test, page_count(page), before + 1);

	/* The fake table complains of a reference that is used twice. */
	again = map(test, page, 1);
	KUNIT_EXPECT_NE(test, again, addr);
	dma_unmap_page(t->dev, again, 1, DMA_FROM_DEVICE);

	set_mapped(test, test_ref(test, addr), 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_held(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(page), before);
}

/* Memory that its owner has freed isn't free while a backend uses it. */
static void held_coherent(struct kunit *test)
{
	size_t sizes[] = { PAGE_SIZE, 4 * PAGE_SIZE,
			   (PAGE_SIZE << MAX_PAGE_ORDER) + PAGE_SIZE };
	struct held_test *t = test->priv;
	struct page *page;
	dma_addr_t addr;
	grant_ref_t ref;
	void *vaddr;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes) && sizes[i] < SZ_128M; i++) {
		vaddr = dma_alloc_coherent(t->dev, sizes[i], &addr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		vaddr += sizes[i] - PAGE_SIZE;
		page = is_vmalloc_addr(vaddr) ? vmalloc_to_page(vaddr) :
						virt_to_page(vaddr);
		vaddr -= sizes[i] - PAGE_SIZE;
		ref = test_ref(test, addr) + (sizes[i] - PAGE_SIZE) / 4096;

		set_mapped(test, ref, XEN_PFN_PER_PAGE, true);
		dma_free_coherent(t->dev, sizes[i], vaddr, addr);
		KUNIT_ASSERT_EQ(test, page_count(page), XEN_PFN_PER_PAGE);
		expect_held(test, XEN_PFN_PER_PAGE);

		/* One of the last page's references after the other. */
		get_page(page);
		set_mapped(test, ref, 1, false);
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		expect_held(test, XEN_PFN_PER_PAGE - 1);
		set_mapped(test, ref, XEN_PFN_PER_PAGE, false);
		fake_table_retry(t->table);
		expect_held(test, 0);
		KUNIT_EXPECT_EQ(test, page_count(page), 1);
		put_page(page);
	}
}

/* A backend that lets go of a scatterlist bit by bit, in random order. */
static void held_list(struct kunit *test)
{
	/* One less than the references of the run. */
	const unsigned int pages = SZ_64K / 4096 - 1;
	struct page *block = test_pages(test, SZ_64K);
	struct held_test *t = test->priv;
	int before = page_count(block);
	unsigned long left, ref, tries;
	struct scatterlist sg[2];
	struct rnd_state random;
	grant_ref_t first;

	prandom_seed_state(&random, 6);
	sg_init_table(sg, 2);
	sg_set_page(&sg[0], block, SZ_32K, 0);
	sg_set_page(&sg[1], block, SZ_32K - SZ_4K, SZ_32K);
	KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sg, 2, DMA_FROM_DEVICE), 1);
	first = test_ref(test, sg_dma_address(sg));

	left = 0x5ff5;
	for_each_set_bit(ref, &left, pages)
		set_mapped(test, first + ref, 1, true);
	dma_unmap_sg(t->dev, sg, 2, DMA_FROM_DEVICE);
	expect_held(test, hweight_long(left));

	for (tries = 0; left && tries < 1000; tries++) {
		ref = test_random(&random, pages);
		if (!__test_and_clear_bit(ref, &left))
			continue;
		set_mapped(test, first + ref, 1, false);
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		expect_held(test, hweight_long(left));
		KUNIT_EXPECT_EQ(test, page_count(block),
				before + hweight_long(left));
	}
	KUNIT_EXPECT_EQ(test, left, 0);
}

/* The backend's object stays until the last reference is back. */
static void held_without_device(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct held_test *t = test->priv;
	dma_addr_t addr = map(test, page, PAGE_SIZE);
	grant_ref_t ref = test_ref(test, addr);

	set_mapped(test, ref, XEN_PFN_PER_PAGE, true);
	dma_unmap_page(t->dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);
	kunit_device_unregister(test, t->dev);
	expect_held(test, XEN_PFN_PER_PAGE);

	grant_backend_put(t->backend);
	t->backend = NULL;
	KUNIT_EXPECT_TRUE(test, test_backend_exists(TEST_DOMID));
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_TRUE(test, test_backend_exists(TEST_DOMID));

	set_mapped(test, ref, XEN_PFN_PER_PAGE, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_FALSE(test, test_backend_exists(TEST_DOMID));
	KUNIT_EXPECT_EQ(test, t->table->used, 0);
}

/* A driver that is bound again finds the backend, and what it still uses. */
static void held_over_rebind(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct held_test *t = test->priv;
	dma_addr_t addr = map(test, page, 1), again;

	set_mapped(test, test_ref(test, addr), 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);
	device_release_driver(t->dev);
	KUNIT_ASSERT_EQ(test, device_attach(t->dev), 1);
	KUNIT_ASSERT_EQ(test, grant_device_create(t->dev, TEST_DOMID), 0);
	KUNIT_EXPECT_PTR_EQ(test, t->dev->xen_grant_dma->backend, t->backend);

	again = map(test, page, 1);
	KUNIT_EXPECT_TRUE(test, test_resolves(test, again, page_to_phys(page), 1));
	dma_unmap_page(t->dev, again, 1, DMA_FROM_DEVICE);
	expect_held(test, 1);

	set_mapped(test, test_ref(test, addr), 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_held(test, 0);
}

/* Pages without a count of their own: the reference alone can be held. */
static void held_tail(struct kunit *test)
{
	struct page *pages = alloc_pages(GFP_KERNEL, 1);
	struct held_test *t = test->priv;
	grant_ref_t ref;
	dma_addr_t addr;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	addr = map(test, pages + 1, 1);
	ref = test_ref(test, addr);
	set_mapped(test, ref, 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);
	expect_held(test, 1);
	KUNIT_EXPECT_EQ(test, page_count(pages + 1), 0);
	__free_pages(pages, 1);

	set_mapped(test, ref, 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_held(test, 0);
}

static struct kunit_case held_cases[] = {
	KUNIT_CASE(held_page),
	KUNIT_CASE(held_coherent),
	KUNIT_CASE(held_list),
	KUNIT_CASE(held_without_device),
	KUNIT_CASE(held_over_rebind),
	KUNIT_CASE(held_tail),
	{}
};

static struct kunit_suite held_suite = {
	.name = "xen_grant_dma_held",
	.init = held_init,
	.exit = held_exit,
	.test_cases = held_cases,
};

kunit_test_suite(held_suite);
