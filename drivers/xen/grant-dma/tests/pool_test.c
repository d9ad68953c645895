// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of devices' own memory, which they use when nothing else is left.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "backend.h"
#include "device.h"
#include "fake-table.h"
#include "isolation.h"
#include "pool.h"
#include "test-device.h"

#define BLOCK		SZ_1M
#define SMALL_TABLE	1024

/* What no part of a buffer may be mistaken for. */
#define OTHER		0x5a

struct pool_test {
	struct fake_table *table;
	struct device *dev;
	struct page *block;
	u8 *vaddr;
};

static struct device *device_with_pools(struct kunit *test, const char *name,
					domid_t domid)
{
	struct device *dev = test_device(test, name, domid);

	grant_device_add_pools(dev);
	return dev;
}

static struct grant_pool *pool_of(struct device *dev, enum dma_data_direction dir)
{
	return test_gdev(dev)->pools[grant_slot_use(dir)];
}

static const enum grant_isolation levels[] = {
	GRANT_ISOLATION_PAGE, GRANT_ISOLATION_STRICT, GRANT_ISOLATION_FULL,
};

static void level_desc(const enum grant_isolation *level, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "level %d", *level);
}

KUNIT_ARRAY_PARAM(level, levels, level_desc);

/* Nothing is left for the device from now on but its pools. */
static int pool_init(struct kunit *test)
{
	struct pool_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	const enum grant_isolation *level = test->param_value;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	if (!level || *level == GRANT_ISOLATION_PAGE)
		t->table = fake_table_create(test, FAKE_TABLE_SIZE);
	else if (*level == GRANT_ISOLATION_STRICT)
		t->table = strict_table(test);
	else
		t->table = full_table(test);
	t->block = test_pages(test, BLOCK);
	t->vaddr = page_address(t->block);
	t->dev = device_with_pools(test, "grants", TEST_DOMID);
	KUNIT_ASSERT_NOT_NULL(test, pool_of(t->dev, DMA_TO_DEVICE));
	KUNIT_ASSERT_NOT_NULL(test, pool_of(t->dev, DMA_FROM_DEVICE));
	t->table->fail_in = 1;
	return 0;
}

static dma_addr_t map(struct kunit *test, size_t start, size_t size,
		      enum dma_data_direction dir)
{
	struct pool_test *t = test->priv;
	dma_addr_t addr = dma_map_page(t->dev, t->block, start, size, dir);

	KUNIT_ASSERT_FALSE_MSG(test, dma_mapping_error(t->dev, addr),
			       "%zu bytes at %#zx, direction %d", size, start, dir);
	return addr;
}

/* Whether the backend finds bytes; or @value everywhere, if that is not negative. */
static bool shows(struct kunit *test, dma_addr_t addr, const u8 *bytes, int value,
		  size_t size)
{
	const u8 *view;
	size_t step;

	for (; size; size -= step, addr += step, bytes += step) {
		step = min_t(size_t, size, 4096 - (addr & 4095));
		view = test_view(test, addr);
		if (value < 0 ? memcmp(view, bytes, step) :
				!!memchr_inv(view, value, step))
			return false;
	}
	return true;
}

static void backend_writes(struct kunit *test, dma_addr_t addr, int value, size_t size)
{
	size_t step;

	for (; size; size -= step, addr += step) {
		step = min_t(size_t, size, 4096 - (addr & 4095));
		memset(test_view(test, addr), value, step);
	}
}

static bool is_readonly(struct kunit *test, dma_addr_t addr)
{
	struct pool_test *t = test->priv;

	return t->table->entries[test_ref(test, addr)].readonly;
}

static void expect_idle(struct kunit *test)
{
	struct pool_test *t = test->priv;

	test_idle(test, t->dev);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(pool_of(t->dev, DMA_TO_DEVICE)->used,
					     GRANT_POOL_MAX));
	KUNIT_EXPECT_TRUE(test, bitmap_empty(pool_of(t->dev, DMA_FROM_DEVICE)->used,
					     GRANT_POOL_MAX));
}

static void to_device(struct kunit *test)
{
	struct pool_test *t = test->priv;
	struct rnd_state random;
	size_t start, size;
	dma_addr_t addr;
	int i;

	prandom_seed_state(&random, 11);
	prandom_bytes_state(&random, t->vaddr, BLOCK);
	for (i = 0; i < 200; i++) {
		start = test_random(&random, BLOCK / 2);
		size = 1 + test_random(&random, i % 4 ? SZ_16K : SZ_256K);
		addr = map(test, start, size, DMA_TO_DEVICE);
		KUNIT_ASSERT_TRUE(test, shows(test, addr, t->vaddr + start, -1, size));
		KUNIT_EXPECT_TRUE(test, is_readonly(test, addr));
		dma_unmap_page(t->dev, addr, size, DMA_TO_DEVICE);
		/* It stays granted, so nothing may be left in it. */
		KUNIT_ASSERT_TRUE(test, shows(test, addr, NULL, 0, size));
	}
	KUNIT_EXPECT_EQ(test, pool_of(t->dev, DMA_TO_DEVICE)->mappings, 200);
	expect_idle(test);
}

static void from_device(struct kunit *test)
{
	struct pool_test *t = test->priv;
	struct rnd_state random;
	size_t start, size, kept;
	dma_addr_t addr;
	int i;

	prandom_seed_state(&random, 12);
	for (i = 0; i < 200; i++) {
		start = 1 + test_random(&random, BLOCK / 2);
		size = 1 + test_random(&random, i % 4 ? SZ_16K : SZ_256K);
		memset(t->vaddr, OTHER, BLOCK);
		addr = map(test, start, size, DMA_FROM_DEVICE);
		KUNIT_EXPECT_FALSE(test, is_readonly(test, addr));
		KUNIT_ASSERT_TRUE(test, shows(test, addr, NULL, 0xff, size));
		backend_writes(test, addr, 1, size);
		/* The CPU may look at the first part before the end. */
		kept = size / 2;
		dma_sync_single_for_cpu(t->dev, addr, kept, DMA_FROM_DEVICE);
		KUNIT_ASSERT_NULL(test, memchr_inv(t->vaddr + start, 1, kept));
		backend_writes(test, addr, 2, size);
		dma_unmap_page(t->dev, addr, size, DMA_FROM_DEVICE);
		KUNIT_ASSERT_NULL(test, memchr_inv(t->vaddr + start, 1, kept));
		KUNIT_ASSERT_NULL(test, memchr_inv(t->vaddr + start + kept, 2,
						   size - kept));
		KUNIT_ASSERT_EQ(test, t->vaddr[start - 1], OTHER);
		KUNIT_ASSERT_EQ(test, t->vaddr[start + size], OTHER);
	}
	expect_idle(test);
}

/* Entries that meet are one segment here too. */
static void lists(struct kunit *test)
{
	static const enum dma_data_direction dirs[] = { DMA_TO_DEVICE, DMA_FROM_DEVICE };
	static const size_t parts[] = { 5000, 8192, 4096, 100 };
	struct pool_test *t = test->priv;
	struct scatterlist sgl[ARRAY_SIZE(parts)];
	struct rnd_state random;
	size_t at[ARRAY_SIZE(parts)], size = 0;
	dma_addr_t addr;
	int i, j;

	prandom_seed_state(&random, 13);
	prandom_bytes_state(&random, t->vaddr, BLOCK);
	sg_init_table(sgl, ARRAY_SIZE(sgl));
	for (i = 0; i < ARRAY_SIZE(sgl); i++) {
		at[i] = (i ^ 1) * SZ_64K + (i ? 0 : 8192 - 5000);
		sg_set_page(&sgl[i], t->block, parts[i], at[i]);
		size += parts[i];
	}
	for (j = 0; j < ARRAY_SIZE(dirs); j++) {
		KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, ARRAY_SIZE(sgl), dirs[j]), 1);
		KUNIT_EXPECT_EQ(test, sg_dma_len(sgl), size);
		addr = sg_dma_address(sgl);
		for (i = 0; dirs[j] == DMA_TO_DEVICE && i < ARRAY_SIZE(sgl); i++) {
			KUNIT_EXPECT_TRUE(test, shows(test, addr, t->vaddr + at[i], -1,
						      parts[i]));
			addr += parts[i];
		}
		if (dirs[j] == DMA_FROM_DEVICE)
			backend_writes(test, addr, 3, size);
		dma_unmap_sg(t->dev, sgl, ARRAY_SIZE(sgl), dirs[j]);
	}
	for (i = 0; i < ARRAY_SIZE(sgl); i++)
		KUNIT_EXPECT_NULL(test, memchr_inv(t->vaddr + at[i], 3, parts[i]));
	expect_idle(test);
}

/* A request of the greatest size, in the middle of pages, with its header and status. */
static void greatest_request(struct kunit *test)
{
	struct pool_test *t = test->priv;
	size_t most = dma_max_mapping_size(t->dev);
	dma_addr_t header, data, status;
	int i;

	KUNIT_ASSERT_LT(test, most + 1, BLOCK - SZ_8K);
	for (i = 0; i < 3; i++) {
		header = map(test, BLOCK - SZ_4K, 16, DMA_TO_DEVICE);
		status = map(test, BLOCK - 1, 1, DMA_FROM_DEVICE);
		data = map(test, 4095, most, i ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
		dma_unmap_page(t->dev, status, 1, DMA_FROM_DEVICE);
		dma_unmap_page(t->dev, header, 16, DMA_TO_DEVICE);
		dma_unmap_page(t->dev, data, most, i ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	}
	expect_idle(test);
}

/* A buffer finds its place between others, or none. */
static void between_others(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int count = pool_of(t->dev, DMA_FROM_DEVICE)->count, i;
	dma_addr_t addr, *others;

	others = kunit_kcalloc(test, count, sizeof(*others), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, others);
	for (i = 0; i < count; i++)
		others[i] = map(test, i * SZ_4K, SZ_4K, DMA_FROM_DEVICE);
	for (i = 0; i < 8; i += 2)
		dma_unmap_page(t->dev, others[i], SZ_4K, DMA_FROM_DEVICE);
	addr = dma_map_page(t->dev, t->block, 0, SZ_8K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(t->dev, addr));
	dma_unmap_page(t->dev, others[5], SZ_4K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, map(test, 0, SZ_8K + SZ_4K, DMA_FROM_DEVICE), others[4]);
	dma_unmap_page(t->dev, others[4], SZ_8K + SZ_4K, DMA_FROM_DEVICE);
	for (i = 0; i < count; i++)
		if (i >= 8 || i == 1 || i == 3 || i == 7)
			dma_unmap_page(t->dev, others[i], SZ_4K, DMA_FROM_DEVICE);
	expect_idle(test);
}

/* What a device never gets back, as a network does, does not keep it from sending. */
static void directions_apart(struct kunit *test)
{
	struct pool_test *t = test->priv;
	size_t most = dma_max_mapping_size(t->dev);
	dma_addr_t *received, addr;
	int count = 0;

	received = kunit_kcalloc(test, GRANT_POOL_MAX, sizeof(*received), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, received);
	for (;;) {
		addr = dma_map_page(t->dev, t->block, count % GRANT_POOL_MAX * SZ_4K,
				    1500, DMA_FROM_DEVICE);
		if (dma_mapping_error(t->dev, addr))
			break;
		KUNIT_ASSERT_LT(test, count, GRANT_POOL_MAX);
		received[count++] = addr;
	}
	KUNIT_EXPECT_EQ(test, count, pool_of(t->dev, DMA_FROM_DEVICE)->count);
	KUNIT_EXPECT_EQ(test, grant_device_counters(test_gdev(t->dev)).failures, 1);

	addr = map(test, 0, most, DMA_TO_DEVICE);
	dma_unmap_page(t->dev, addr, most, DMA_TO_DEVICE);
	while (count--)
		dma_unmap_page(t->dev, received[count], 1500, DMA_FROM_DEVICE);
	expect_idle(test);
}

/* An unmap that is wrong ends nothing, and reaches no other mapping. */
static void misuse(struct kunit *test)
{
	struct pool_test *t = test->priv;
	dma_addr_t addr, other;

	memset(t->vaddr, OTHER, BLOCK);
	addr = map(test, 0, SZ_16K, DMA_FROM_DEVICE);
	other = map(test, SZ_16K, SZ_16K, DMA_FROM_DEVICE);
	backend_writes(test, other, 1, SZ_16K);

	test_raw_unmap(t->dev, addr + SZ_4K, SZ_4K, DMA_FROM_DEVICE);
	t->dev->dma_ops->sync_single_for_cpu(t->dev, addr, SZ_32K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_NULL(test, memchr_inv(t->vaddr + SZ_16K, OTHER, SZ_16K));
	KUNIT_EXPECT_EQ(test, grant_device_counters(test_gdev(t->dev)).used, 8);

	dma_unmap_page(t->dev, addr, SZ_16K, DMA_FROM_DEVICE);
	test_raw_unmap(t->dev, addr, SZ_16K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, grant_device_counters(test_gdev(t->dev)).used, 4);
	dma_unmap_page(t->dev, other, SZ_16K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_NULL(test, memchr_inv(t->vaddr + SZ_16K, 1, SZ_16K));
	expect_idle(test);
}

/* Copies are for when nothing else is left, not before and not after. */
static void only_then(struct kunit *test)
{
	struct pool_test *t = test->priv;
	struct grant_pool *pool = pool_of(t->dev, DMA_TO_DEVICE);
	dma_addr_t addr;

	addr = map(test, 0, SZ_4K, DMA_TO_DEVICE);
	dma_unmap_page(t->dev, addr, SZ_4K, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, pool->mappings, 1);

	t->table->fail_in = 0;
	addr = map(test, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(t->block), SZ_4K));
	dma_unmap_page(t->dev, addr, SZ_4K, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, pool->mappings, 1);
}

/* References are there, but no memory for copies. */
static void without_memory(struct kunit *test)
{
	struct pool_test *t = test->priv;
	dma_addr_t addr;

	kunit_device_unregister(test, t->dev);
	t->table->fail_in = 0;
	t->table = strict_table(test);
	t->dev = device_with_pools(test, "copies", TEST_DOMID);
	t->table->no_memory_in = 1;
	memset(t->vaddr, OTHER, BLOCK);
	/* The page between could be granted, but what is around it must be copied. */
	addr = map(test, 100, SZ_8K, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, shows(test, addr, NULL, OTHER, SZ_8K));
	dma_unmap_page(t->dev, addr, SZ_8K, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, pool_of(t->dev, DMA_TO_DEVICE)->mappings, 1);
	expect_idle(test);
}

static void granted_again(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int granted = t->table->granted;
	struct grant_pool *pool = pool_of(t->dev, DMA_TO_DEVICE);

	KUNIT_EXPECT_EQ(test, granted, pool->count +
			pool_of(t->dev, DMA_FROM_DEVICE)->count);
	memset(t->table->entries, 0, t->table->size * sizeof(*t->table->entries));
	t->table->granted = 0;
	t->table->restored = true;
	grant_slot_pages_regrant(pool->backend);
	KUNIT_EXPECT_EQ(test, t->table->granted, granted);
	KUNIT_EXPECT_TRUE(test, t->table->entries[pool->first].readonly);
}

static void gone_with_device(struct kunit *test)
{
	struct pool_test *t = test->priv;
	dma_addr_t addr = map(test, 0, SZ_8K, DMA_TO_DEVICE);
	struct grant_backend *backend = grant_backend_get(TEST_DOMID);
	grant_ref_t ref = test_ref(test, addr);

	dma_unmap_page(t->dev, addr, SZ_8K, DMA_TO_DEVICE);
	kunit_device_unregister(test, t->dev);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	/* Others may have these references now. */
	KUNIT_EXPECT_NULL(test, grant_ref_page(backend->ranges, ref));
	KUNIT_EXPECT_EQ(test, atomic_read(&backend->ranges->pooled), 0);
	grant_backend_put(backend);
	KUNIT_EXPECT_EQ(test, t->table->used, 0);
}

/* A backend that has a page mapped keeps it, and only it, until it lets go. */
static void kept_by_backend(struct kunit *test)
{
	struct pool_test *t = test->priv;
	grant_ref_t ref = pool_of(t->dev, DMA_TO_DEVICE)->first + 3;
	struct page *page;

	page = pfn_to_page(gfn_to_pfn(t->table->entries[ref].gfn) >>
			   (PAGE_SHIFT - XEN_PAGE_SHIFT));
	get_page(page);
	t->table->entries[ref].mapped = true;
	kunit_device_unregister(test, t->dev);
	KUNIT_EXPECT_GT(test, t->table->granted, 0);
	KUNIT_EXPECT_GT(test, page_count(page), 1);

	t->table->entries[ref].mapped = false;
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
}

/* With a small table, devices that come late have no pools, but can work. */
static void small_table(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int pooled = 0;
	struct device *dev;
	dma_addr_t addr;
	char name[8];
	int i;

	kunit_device_unregister(test, t->dev);
	t->table = fake_table_create(test, SMALL_TABLE);
	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "dev%d", i);
		dev = device_with_pools(test, name, TEST_DOMID);
		KUNIT_EXPECT_GE(test, dma_max_mapping_size(dev), SZ_32K);
		if (pool_of(dev, DMA_TO_DEVICE))
			pooled += pool_of(dev, DMA_TO_DEVICE)->count;
		if (pool_of(dev, DMA_FROM_DEVICE))
			pooled += pool_of(dev, DMA_FROM_DEVICE)->count;
	}
	KUNIT_EXPECT_EQ(test, pooled, SMALL_TABLE / 4 * 3 / 4);
	KUNIT_EXPECT_NULL(test, pool_of(dev, DMA_FROM_DEVICE));
	t->dev = dev;
	addr = map(test, 0, SZ_128K, DMA_TO_DEVICE);
	dma_unmap_page(dev, addr, SZ_128K, DMA_TO_DEVICE);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(to_device, level_gen_params),
	KUNIT_CASE_PARAM(from_device, level_gen_params),
	KUNIT_CASE_PARAM(lists, level_gen_params),
	KUNIT_CASE_PARAM(greatest_request, level_gen_params),
	KUNIT_CASE(between_others),
	KUNIT_CASE(directions_apart),
	KUNIT_CASE(misuse),
	KUNIT_CASE(only_then),
	KUNIT_CASE(without_memory),
	KUNIT_CASE(granted_again),
	KUNIT_CASE(gone_with_device),
	KUNIT_CASE(kept_by_backend),
	KUNIT_CASE(small_table),
	{}
};

static struct kunit_suite pool_suite = {
	.name = "xen_grant_dma_pool",
	.init = pool_init,
	.test_cases = pool_cases,
};

kunit_test_suite(pool_suite);
