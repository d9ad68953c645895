// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of devices' reserves, which they use when nothing else is left.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-mapping.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define BLOCK		SZ_1M

/* What no part of a buffer may be mistaken for. */
#define OTHER		0x5a

/**
 * struct reserve_test - what each test has
 * @table: the grant table, of which nothing is left
 * @dev: a device
 * @block: memory to map
 * @vaddr: where it is
 * @held: references that keep the device from having any, of each length one run at most
 */
struct reserve_test {
	struct fake_table *table;
	struct device *dev;
	struct page *block;
	u8 *vaddr;
	grant_ref_t held[GRANT_BLOCK_ORDER + 1];
};

static const enum grant_isolation levels[] = {
	GRANT_ISOLATION_PAGE, GRANT_ISOLATION_STRICT, GRANT_ISOLATION_FULL,
};

static void level_desc(const enum grant_isolation *level, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "level %d", *level);
}

KUNIT_ARRAY_PARAM(level, levels, level_desc);

static struct fake_table *create_table(struct kunit *test)
{
	const enum grant_isolation *level = test->param_value;

	if (!level || *level == GRANT_ISOLATION_PAGE)
		return fake_table_create(test, FAKE_TABLE_SIZE);
	return *level == GRANT_ISOLATION_STRICT ? strict_table(test) : full_table(test);
}

/* From now on there is the reserve, and nothing else. */
static void exhaust(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct grant_backend *backend = test_gdev(t->dev)->backend;
	int order;

	t->table->fail_in = 1;
	for (order = GRANT_BLOCK_ORDER; order >= 0; order--)
		t->held[order] = grant_refs_alloc(backend, BIT(order));
	KUNIT_ASSERT_EQ(test, grant_refs_alloc(backend, 1), 0);
}

static void recover(void *data)
{
	struct kunit *test = data;
	struct reserve_test *t = test->priv;
	int order;

	t->table->fail_in = 0;
	for (order = 0; order <= GRANT_BLOCK_ORDER; order++) {
		if (t->held[order])
			grant_refs_free(test_gdev(t->dev)->backend, t->held[order], BIT(order));
		t->held[order] = 0;
	}
}

static int reserve_init(struct kunit *test)
{
	struct reserve_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = create_table(test);
	t->block = test_pages(test, BLOCK);
	t->vaddr = page_address(t->block);
	t->dev = test_device(test, "grants", TEST_DOMID);
	KUNIT_ASSERT_NOT_NULL(test, test_gdev(t->dev)->reserve[GRANT_READONLY]);
	KUNIT_ASSERT_NOT_NULL(test, test_gdev(t->dev)->reserve[GRANT_WRITABLE]);
	exhaust(test);
	return kunit_add_action_or_reset(test, recover, test);
}

static struct grant_area *reserve_of(struct device *dev, enum dma_data_direction dir)
{
	return test_gdev(dev)->reserve[dir == DMA_TO_DEVICE ? GRANT_READONLY : GRANT_WRITABLE];
}

static bool in_reserve(struct kunit *test, dma_addr_t addr, enum dma_data_direction dir)
{
	struct reserve_test *t = test->priv;
	const struct grant_area *area = reserve_of(t->dev, dir);

	return test_ref(test, addr) - area->first < area->pages;
}

static dma_addr_t map(struct kunit *test, size_t start, size_t size,
		      enum dma_data_direction dir)
{
	struct reserve_test *t = test->priv;
	dma_addr_t addr = dma_map_page(t->dev, t->block, start, size, dir);

	KUNIT_ASSERT_FALSE_MSG(test, dma_mapping_error(t->dev, addr),
			       "%zu bytes at %#zx, direction %d", size, start, dir);
	KUNIT_EXPECT_TRUE(test, in_reserve(test, addr, dir));
	return addr;
}

static bool is_readonly(struct kunit *test, dma_addr_t addr)
{
	struct reserve_test *t = test->priv;

	return t->table->entries[test_ref(test, addr)].readonly;
}

/* The longest mapping of a random place. */
static size_t random_size(struct kunit *test, struct rnd_state *random, bool small)
{
	struct reserve_test *t = test->priv;

	return 1 + test_random(random, small ? SZ_16K : dma_max_mapping_size(t->dev));
}

static void to_device(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct rnd_state random;
	size_t start, size;
	dma_addr_t addr;
	int i;

	prandom_seed_state(&random, 11);
	prandom_bytes_state(&random, t->vaddr, BLOCK);
	for (i = 0; i < 200; i++) {
		size = random_size(test, &random, i % 4);
		start = test_random(&random, BLOCK - size);
		addr = map(test, start, size, DMA_TO_DEVICE);
		KUNIT_ASSERT_TRUE(test, test_shows(test, addr, size, t->vaddr + start));
		KUNIT_EXPECT_TRUE(test, is_readonly(test, addr));
		dma_unmap_page(t->dev, addr, size, DMA_TO_DEVICE);
	}
	test_idle(test, t->dev);
}

static void from_device(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct rnd_state random;
	size_t start, size, synced;
	dma_addr_t addr;
	int i;

	prandom_seed_state(&random, 12);
	for (i = 0; i < 200; i++) {
		size = random_size(test, &random, i % 4);
		start = 1 + test_random(&random, BLOCK - size - 2);
		memset(t->vaddr + start - 1, OTHER, size + 2);
		addr = map(test, start, size, DMA_FROM_DEVICE);
		KUNIT_EXPECT_FALSE(test, is_readonly(test, addr));
		KUNIT_ASSERT_TRUE(test, test_sees(test, addr, size, TEST_UNWRITTEN));
		test_writes(test, addr, size, 1);
		/* The CPU may look at the first part before the end. */
		synced = size / 2;
		dma_sync_single_for_cpu(t->dev, addr, synced, DMA_FROM_DEVICE);
		KUNIT_ASSERT_TRUE(test, test_all(t->vaddr + start, 1, synced));
		KUNIT_ASSERT_TRUE(test, test_all(t->vaddr + start + synced, OTHER, size - synced));
		dma_unmap_page(t->dev, addr, size, DMA_FROM_DEVICE);
		KUNIT_ASSERT_TRUE(test, test_all(t->vaddr + start, 1, size));
		KUNIT_ASSERT_EQ(test, t->vaddr[start - 1], OTHER);
		KUNIT_ASSERT_EQ(test, t->vaddr[start + size], OTHER);
	}
	test_idle(test, t->dev);
}

/* Entries that meet are one segment here too. */
static void lists(struct kunit *test)
{
	static const enum dma_data_direction dirs[] = { DMA_TO_DEVICE, DMA_FROM_DEVICE };
	static const size_t parts[] = { 5000, 8192, 4096, 100 };
	struct reserve_test *t = test->priv;
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
		KUNIT_EXPECT_TRUE(test, in_reserve(test, addr, dirs[j]));
		for (i = 0; dirs[j] == DMA_TO_DEVICE && i < ARRAY_SIZE(sgl); i++) {
			KUNIT_EXPECT_TRUE(test, test_shows(test, addr, parts[i],
							   t->vaddr + at[i]));
			addr += parts[i];
		}
		if (dirs[j] == DMA_FROM_DEVICE)
			test_writes(test, addr, size, 3);
		dma_unmap_sg(t->dev, sgl, ARRAY_SIZE(sgl), dirs[j]);
	}
	for (i = 0; i < ARRAY_SIZE(sgl); i++)
		KUNIT_EXPECT_TRUE(test, test_all(t->vaddr + at[i], 3, parts[i]));
	test_idle(test, t->dev);
}

/* A request of the greatest size, in the middle of pages, with its header and status. */
static void greatest_request(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	size_t most = dma_max_mapping_size(t->dev);
	dma_addr_t header, data, status;
	int i;

	KUNIT_ASSERT_GT(test, most, 0);
	KUNIT_ASSERT_LT(test, most, BLOCK - SZ_8K);
	for (i = 0; i < 3; i++) {
		header = map(test, BLOCK - SZ_4K, 16, DMA_TO_DEVICE);
		status = map(test, BLOCK - 1, 1, DMA_FROM_DEVICE);
		data = map(test, 4095, most, i ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
		dma_unmap_page(t->dev, status, 1, DMA_FROM_DEVICE);
		dma_unmap_page(t->dev, header, 16, DMA_TO_DEVICE);
		dma_unmap_page(t->dev, data, most, i ? DMA_TO_DEVICE : DMA_FROM_DEVICE);
	}
	test_idle(test, t->dev);
}

/* The device's boundary and alignment are kept here, too. */
static void limits_are_kept(struct kunit *test)
{
	static const unsigned int limits[] = { SZ_4K, SZ_16K, SZ_64K };
	struct reserve_test *t = test->priv;
	unsigned int start, limit, i;
	size_t size, most;
	dma_addr_t addr;

	for (i = 0; i < ARRAY_SIZE(limits); i++) {
		limit = limits[i];
		size = min_t(size_t, limit, dma_max_mapping_size(t->dev));
		for (start = 0; start < SZ_32K; start += 1000) {
			dma_set_seg_boundary(t->dev, limit - 1);
			addr = map(test, start, size, DMA_TO_DEVICE);
			KUNIT_EXPECT_EQ_MSG(test, (addr ^ (addr + size - 1)) >> ilog2(limit), 0,
					    "%zu bytes at %pad", size, &addr);
			dma_unmap_page(t->dev, addr, size, DMA_TO_DEVICE);
			dma_set_seg_boundary(t->dev, U32_MAX);

			dma_set_min_align_mask(t->dev, limit - 1);
			addr = map(test, start, 100, DMA_TO_DEVICE);
			KUNIT_EXPECT_EQ(test, addr & (limit - 1), start & (limit - 1));
			dma_unmap_page(t->dev, addr, 100, DMA_TO_DEVICE);

			most = dma_max_mapping_size(t->dev);
			addr = map(test, limit - 1, most, DMA_TO_DEVICE);
			dma_unmap_page(t->dev, addr, most, DMA_TO_DEVICE);
			dma_set_min_align_mask(t->dev, 0);
		}
	}
	test_idle(test, t->dev);
}

/* What a device never gets back, as a network does, does not keep it from sending. */
static void directions_apart(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	size_t most = dma_max_mapping_size(t->dev);
	unsigned int units = reserve_of(t->dev, DMA_FROM_DEVICE)->words * BITS_PER_LONG;
	dma_addr_t *received, addr;
	int count = 0;

	received = kunit_kcalloc(test, units, sizeof(*received), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, received);
	for (;;) {
		addr = dma_map_page(t->dev, t->block, count * SZ_2K % BLOCK, 1500,
				    DMA_FROM_DEVICE);
		if (dma_mapping_error(t->dev, addr))
			break;
		KUNIT_ASSERT_LT(test, count, units);
		received[count++] = addr;
	}
	/* 1,500 bytes have six units, aligned to eight. */
	KUNIT_EXPECT_EQ(test, count, units / 8);
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).failures, 1);

	addr = map(test, 0, most, DMA_TO_DEVICE);
	dma_unmap_page(t->dev, addr, most, DMA_TO_DEVICE);
	while (count--)
		dma_unmap_page(t->dev, received[count], 1500, DMA_FROM_DEVICE);
	test_idle(test, t->dev);
}

/* Four segments, of three entries that fill no page and one that does. */
static int map_four(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct scatterlist sgl[4];
	int segments;

	memset(t->vaddr, OTHER, BLOCK);
	sg_init_table(sgl, 4);
	sg_set_page(&sgl[0], t->block, 5000, 100);
	sg_set_page(&sgl[1], t->block, SZ_8K, SZ_16K - 10);
	sg_set_page(&sgl[2], t->block, SZ_4K + 1, SZ_32K);
	sg_set_page(&sgl[3], t->block, SZ_4K, SZ_64K);
	segments = dma_map_sg(t->dev, sgl, 4, DMA_BIDIRECTIONAL);
	if (segments)
		dma_unmap_sg(t->dev, sgl, 4, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_all(t->vaddr, OTHER, BLOCK));
	return segments;
}

/* However much of the reserve is left: it is enough, or nothing is left mapped. */
static void reserve_runs_out(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct grant_area *area = reserve_of(t->dev, DMA_FROM_DEVICE);
	unsigned int pages = area->pages, done = 0, i;
	int segments;

	for (i = 0; i < pages; i++)
		KUNIT_ASSERT_EQ(test, grant_bits_take(area->used, area->words, 16), i * 16);
	for (i = 0; i < pages; i++) {
		segments = map_four(test);
		KUNIT_EXPECT_TRUE(test, segments == 4 || (!segments && !done));
		done += !!segments;
		KUNIT_EXPECT_EQ(test, test_counters(t->dev).used, 0);
		KUNIT_EXPECT_EQ(test, test_units_used(test_gdev(t->dev)->backend),
				(pages - i) * 16);
		grant_area_give(area, i * 16, 16);
	}
	KUNIT_EXPECT_GT(test, done, 0);
	KUNIT_EXPECT_LT(test, done, pages);
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).failures, pages - done);
	test_idle(test, t->dev);
}

/* An unmap that is wrong ends nothing, and reaches no other mapping. */
static void misuse(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	dma_addr_t addr, other;

	memset(t->vaddr, OTHER, BLOCK);
	addr = map(test, 0, SZ_16K, DMA_FROM_DEVICE);
	other = map(test, SZ_16K, SZ_16K, DMA_FROM_DEVICE);
	test_writes(test, other, SZ_16K, 1);

	test_raw_unmap(t->dev, addr + SZ_4K, SZ_4K, DMA_FROM_DEVICE);
	test_raw_sync(t->dev, addr, SZ_32K, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_TRUE(test, test_all(t->vaddr + SZ_16K, OTHER, SZ_16K));
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).used, 8);

	dma_unmap_page(t->dev, addr, SZ_16K, DMA_FROM_DEVICE);
	test_raw_unmap(t->dev, addr, SZ_16K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).used, 4);
	dma_unmap_page(t->dev, other, SZ_16K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_all(t->vaddr + SZ_16K, 1, SZ_16K));
	test_idle(test, t->dev);
}

/* It is for when nothing else is left, not before and not after. */
static void only_then(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	dma_addr_t addr;

	addr = map(test, 0, SZ_4K, DMA_TO_DEVICE);
	dma_unmap_page(t->dev, addr, SZ_4K, DMA_TO_DEVICE);

	recover(test);
	addr = dma_map_page(t->dev, t->block, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(t->block), SZ_4K));
	dma_unmap_page(t->dev, addr, SZ_4K, DMA_TO_DEVICE);
	/* Unaligned, to be copied to an area. */
	addr = dma_map_page(t->dev, t->block, 1, SZ_1M - 1, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_FALSE(test, in_reserve(test, addr, DMA_TO_DEVICE));
	dma_unmap_page(t->dev, addr, SZ_1M - 1, DMA_TO_DEVICE);
	test_idle(test, t->dev);
}

static void granted_again(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	unsigned int granted = t->table->granted;
	struct grant_area *area = reserve_of(t->dev, DMA_TO_DEVICE);
	struct grant_area *written = reserve_of(t->dev, DMA_FROM_DEVICE);

	KUNIT_EXPECT_EQ(test, granted, area->pages + written->pages);
	fake_table_restore(t->table);
	grant_areas_regrant(area->backend);
	t->table->restored = false;
	KUNIT_EXPECT_EQ(test, t->table->granted, granted);
	KUNIT_EXPECT_TRUE(test, t->table->entries[area->first].readonly);
	KUNIT_EXPECT_FALSE(test, t->table->entries[written->first].readonly);
}

/* A backend that has a page mapped keeps it, and only it, until it lets go. */
static void kept_by_backend(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct grant_area *area = reserve_of(t->dev, DMA_TO_DEVICE);
	struct fake_entry *entry = &t->table->entries[area->first + 3];
	struct page *page = xen_pfn_to_page(gfn_to_pfn(entry->gfn));

	recover(test);
	get_page(page);
	entry->mapped = true;
	kunit_device_unregister(test, t->dev);
	KUNIT_EXPECT_EQ(test, t->table->granted, 1);
	KUNIT_EXPECT_EQ(test, page_count(page), 2);
	KUNIT_EXPECT_EQ(test, test_area_pages(test_backend(TEST_DOMID)), 0);

	entry->mapped = false;
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	put_page(page);
	KUNIT_EXPECT_EQ(test, t->table->used, 0);
}

/* With a small table, devices that come late have none, but can work. */
static void small_table(struct kunit *test)
{
	struct reserve_test *t = test->priv;
	struct fake_table *table;
	unsigned int without = 0, i;
	struct device *dev;
	dma_addr_t addr;
	char name[8];

	recover(test);
	kunit_device_unregister(test, t->dev);
	table = fake_table_create(test, 512);
	for (i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "dev%d", i);
		dev = test_device(test, name, TEST_DOMID);
		/* The block layer takes no device that can't do a page of the kernel's. */
		KUNIT_EXPECT_GE(test, dma_max_mapping_size(dev), max_t(size_t, SZ_32K, PAGE_SIZE));
		without += !reserve_of(dev, DMA_TO_DEVICE) || !reserve_of(dev, DMA_FROM_DEVICE);
		addr = dma_map_page(dev, t->block, 0, SZ_4K, DMA_TO_DEVICE);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
		dma_unmap_page(dev, addr, SZ_4K, DMA_TO_DEVICE);
	}
	/* One reference was taken for the mappings, so there are 191 for 16 each. */
	KUNIT_EXPECT_EQ(test, without, 12 - 191 / 16 / 2);
	KUNIT_EXPECT_LE(test, table->used, 512 / 4 * 3 / 2);
}

static struct kunit_case reserve_cases[] = {
	KUNIT_CASE_PARAM(to_device, level_gen_params),
	KUNIT_CASE_PARAM(from_device, level_gen_params),
	KUNIT_CASE_PARAM(lists, level_gen_params),
	KUNIT_CASE_PARAM(greatest_request, level_gen_params),
	KUNIT_CASE_PARAM(limits_are_kept, level_gen_params),
	KUNIT_CASE_PARAM(reserve_runs_out, level_gen_params),
	KUNIT_CASE(directions_apart),
	KUNIT_CASE(misuse),
	KUNIT_CASE(only_then),
	KUNIT_CASE(granted_again),
	KUNIT_CASE(kept_by_backend),
	KUNIT_CASE(small_table),
	{}
};

static struct kunit_suite reserve_suite = {
	.name = "xen_grant_dma_reserve",
	.init = reserve_init,
	.test_cases = reserve_cases,
};

kunit_test_suite(reserve_suite);
