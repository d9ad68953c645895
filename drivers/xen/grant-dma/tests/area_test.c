// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the areas for bounced buffers: when there are some, and for whom.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define BLOCK		SZ_1M
#define MANY		1000
#define SMALL		900

/**
 * struct area_test - what each test has
 * @table: the grant table
 * @dev: a device
 * @backend: its backend
 * @reserved: pages of the device's reserve
 * @vaddr: memory to map
 * @addrs: mappings
 */
struct area_test {
	struct fake_table *table;
	struct device *dev;
	struct grant_backend *backend;
	unsigned int reserved;
	u8 *vaddr;
	dma_addr_t addrs[MANY];
};

static int area_init(struct kunit *test)
{
	struct area_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = strict_table(test);
	t->dev = test_device(test, "areas", TEST_DOMID);
	t->backend = test_gdev(t->dev)->backend;
	t->reserved = test_area_pages(t->backend);
	t->vaddr = page_address(test_pages(test, BLOCK));
	return 0;
}

/* Pages of areas that all devices of the backend share. */
static unsigned int pages(struct area_test *t)
{
	return test_area_pages(t->backend) - t->reserved;
}

/* Does what the worker does after the delay. */
static void reap(struct area_test *t)
{
	t->backend->reap.work.func(&t->backend->reap.work);
}

static dma_addr_t map(struct kunit *test, size_t start, size_t size,
		      enum dma_data_direction dir, unsigned long attrs)
{
	struct area_test *t = test->priv;
	dma_addr_t addr = dma_map_single_attrs(t->dev, t->vaddr + start, size, dir, attrs);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	return addr;
}

static void unmap(struct kunit *test, dma_addr_t addr, size_t size,
		  enum dma_data_direction dir)
{
	struct area_test *t = test->priv;

	dma_unmap_single(t->dev, addr, size, dir);
}

static void map_many(struct kunit *test)
{
	struct area_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++)
		t->addrs[i] = map(test, i * 1024, SMALL, DMA_FROM_DEVICE, 0);
}

static void unmap_many(struct kunit *test)
{
	struct area_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++)
		unmap(test, t->addrs[i], SMALL, DMA_FROM_DEVICE);
}

/* Once there is an area, nothing is granted or ended any more. */
static void no_grant_operation(struct kunit *test)
{
	struct area_test *t = test->priv;
	unsigned int granted;
	dma_addr_t addr;
	int i;

	addr = map(test, 0, SMALL, DMA_TO_DEVICE, 0);
	KUNIT_EXPECT_EQ(test, pages(t), GRANT_AREA_MIN);
	granted = t->table->granted;
	t->table->fail_in = 1;
	for (i = 0; i < 100; i++) {
		unmap(test, addr, SMALL, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, t->table->granted, granted);
		addr = map(test, 0, SMALL, DMA_TO_DEVICE, 0);
		KUNIT_EXPECT_EQ(test, t->table->granted, granted);
		KUNIT_EXPECT_EQ(test, pages(t), GRANT_AREA_MIN);
	}
	unmap(test, addr, SMALL, DMA_TO_DEVICE);
}

/* Areas become larger as there are more of them. */
static void areas_grow(struct kunit *test)
{
	struct area_test *t = test->priv;
	const unsigned int needed = MANY * 4 / 16;
	const struct grant_area *area;
	unsigned int count = 0;
	grant_ref_t ref;

	migrate_disable();
	map_many(test);
	KUNIT_EXPECT_GE(test, pages(t), needed);
	KUNIT_EXPECT_LE(test, pages(t), needed * 5 / 4);
	for (ref = 0; ref < t->backend->size; ref += GRANT_AREA_MIN) {
		area = rcu_dereference_raw(t->backend->area[ref / GRANT_AREA_MIN]);
		count += area && area->first == ref && area->kind == GRANT_WRITABLE;
	}
	KUNIT_EXPECT_LE(test, count, needed / GRANT_AREA_MIN * 4 / 5);
	unmap_many(test);
	migrate_enable();
}

/* What is free twice in a row goes back to the kernel, cleared; what is in use stays. */
static void unused_goes_back(struct kunit *test)
{
	struct area_test *t = test->priv;
	dma_addr_t kept = map(test, 0, SMALL, DMA_FROM_DEVICE, 0);
	unsigned int all;
	struct page *page;
	int i;

	migrate_disable();
	t->table->reap = false;
	map_many(test);
	KUNIT_EXPECT_TRUE(test, t->table->reap);
	all = pages(t);
	page = virt_to_page(test_view(test, t->addrs[MANY - 1]));
	KUNIT_EXPECT_PTR_NE(test, page, virt_to_page(test_view(test, kept)));
	get_page(page);
	for (i = 0; i < 3; i++)
		reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), all);

	unmap_many(test);
	reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), all);
	map_many(test);
	reap(t);
	unmap_many(test);
	reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), all);
	KUNIT_EXPECT_FALSE(test, test_all(page_address(page), 0, PAGE_SIZE));
	reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), GRANT_AREA_MIN);
	KUNIT_EXPECT_EQ(test, t->table->granted, t->reserved + GRANT_AREA_MIN);
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_TRUE(test, test_all(page_address(page), 0, PAGE_SIZE));
	put_page(page);

	/* The rest of an area that was looked at is still to be had. */
	KUNIT_EXPECT_TRUE(test, test_sees(test, kept, SMALL, TEST_UNWRITTEN));
	t->table->fail_in = 1;
	for (i = 0; i < GRANT_AREA_MIN; i++)
		t->addrs[i] = map(test, i * 1024, SMALL, DMA_FROM_DEVICE, 0);
	KUNIT_EXPECT_EQ(test, pages(t), GRANT_AREA_MIN);
	while (i--)
		unmap(test, t->addrs[i], SMALL, DMA_FROM_DEVICE);
	unmap(test, kept, SMALL, DMA_FROM_DEVICE);
	reap(t);
	reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
	KUNIT_EXPECT_EQ(test, t->table->granted, t->reserved);
	migrate_enable();
}

/* Buffers that stay mapped, as page_pool's do, keep no area of those that come and go. */
static void long_lived_are_apart(struct kunit *test)
{
	struct area_test *t = test->priv;
	dma_addr_t kept[32];
	int i;

	for (i = 0; i < ARRAY_SIZE(kept); i++) {
		kept[i] = map(test, i * SZ_4K, SMALL, DMA_FROM_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
		t->addrs[i] = map(test, i * SZ_4K, SZ_2K, DMA_FROM_DEVICE, 0);
	}
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		unmap(test, t->addrs[i], SZ_2K, DMA_FROM_DEVICE);
	reap(t);
	reap(t);
	KUNIT_EXPECT_EQ(test, pages(t), GRANT_AREA_MIN);
	for (i = 0; i < ARRAY_SIZE(kept); i++)
		unmap(test, kept[i], SMALL, DMA_FROM_DEVICE);
}

/* A domain that was restored has a new grant table, in which nothing is granted. */
static void granted_again(struct kunit *test)
{
	struct area_test *t = test->priv;
	unsigned int granted;
	dma_addr_t in, out;
	int i;

	in = map(test, 0, SMALL, DMA_FROM_DEVICE, 0);
	out = map(test, 0, SMALL, DMA_TO_DEVICE, 0);
	unmap(test, in, SMALL, DMA_FROM_DEVICE);
	unmap(test, out, SMALL, DMA_TO_DEVICE);
	granted = t->table->granted;
	KUNIT_EXPECT_EQ(test, granted, t->reserved + 2 * GRANT_AREA_MIN);
	fake_table_restore(t->table);
	/* The second time the table is the old one, as none was restored. */
	for (i = 0; i < 2; i++) {
		grant_areas_regrant(t->backend);
		t->table->restored = false;
		KUNIT_EXPECT_EQ(test, t->table->granted, granted);
		KUNIT_EXPECT_TRUE(test, t->table->entries[test_ref(test, out)].readonly);
		KUNIT_EXPECT_FALSE(test, t->table->entries[test_ref(test, in)].readonly);
		KUNIT_EXPECT_EQ(test, t->table->entries[test_ref(test, in)].domid, TEST_DOMID);
	}
	in = map(test, 0, SMALL, DMA_FROM_DEVICE, 0);
	KUNIT_EXPECT_TRUE(test, test_sees(test, in, SMALL, TEST_UNWRITTEN));
	unmap(test, in, SMALL, DMA_FROM_DEVICE);
}

/* kexec: nothing is granted any more, but for what the backend has mapped. */
static void all_ends_at_shutdown(struct kunit *test)
{
	struct area_test *t = test->priv;
	dma_addr_t copy = map(test, 0, SMALL, DMA_FROM_DEVICE, 0);
	dma_addr_t pages = map(test, SZ_4K, SZ_16K, DMA_FROM_DEVICE, 0);
	dma_addr_t late = map(test, SZ_64K, SZ_4K, DMA_FROM_DEVICE, 0);
	struct fake_entry *entries = t->table->entries;
	grant_ref_t refs[] = {
		test_ref(test, copy), test_ref(test, pages) + 1, test_ref(test, late),
	};
	int i;

	entries[refs[2]].mapped = true;
	unmap(test, late, SZ_4K, DMA_FROM_DEVICE);
	entries[refs[0]].mapped = true;
	entries[refs[1]].mapped = true;
	KUNIT_EXPECT_EQ(test, grant_backend_end(t->backend), 3);
	KUNIT_EXPECT_EQ(test, t->table->granted, 3);
	for (i = 0; i < ARRAY_SIZE(refs); i++)
		entries[refs[i]].mapped = false;
	t->table->restored = true;
	KUNIT_EXPECT_EQ(test, grant_backend_end(t->backend), 0);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);

	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	unmap(test, copy, SMALL, DMA_FROM_DEVICE);
	unmap(test, pages, SZ_16K, DMA_FROM_DEVICE);
}

static void gone_with_last_device(struct kunit *test)
{
	struct area_test *t = test->priv;
	struct device *one = test_device(test, "one", TEST_DOMID - 1);
	struct device *two = test_device(test, "two", TEST_DOMID - 1);
	struct grant_backend *backend = test_backend_get(test, TEST_DOMID - 1);
	dma_addr_t addr = dma_map_single(one, t->vaddr, SMALL, DMA_TO_DEVICE);
	unsigned int granted = t->table->granted;

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(one, addr));
	dma_unmap_single(one, addr, SMALL, DMA_TO_DEVICE);
	kunit_device_unregister(test, one);
	/* A reserve is the device's own. */
	KUNIT_EXPECT_EQ(test, t->table->granted, granted - t->reserved);
	kunit_device_unregister(test, two);
	KUNIT_EXPECT_EQ(test, t->table->granted, t->reserved);
	KUNIT_EXPECT_EQ(test, test_area_pages(backend), 0);
	grant_backend_put(backend);
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID - 1));
}

static long unmap_many_here(void *data)
{
	/* So that the table's stubs are in force here too. */
	current->kunit_test = data;
	unmap_many(data);
	current->kunit_test = NULL;
	return 0;
}

/* What is freed on one CPU serves another. */
static void freed_on_other_cpu(struct kunit *test)
{
	struct area_test *t = test->priv;
	unsigned int other, all = 0;
	int round;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is just one CPU");
	migrate_disable();
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	for (round = 0; round < 10; round++) {
		map_many(test);
		all = all ?: pages(t);
		KUNIT_EXPECT_EQ(test, pages(t), all);
		KUNIT_ASSERT_EQ(test, work_on_cpu(other, unmap_many_here, test), 0);
	}
	migrate_enable();
}

#define WORKERS		3
#define ROUNDS		10000
#define HOLD		2	/* so few that areas are often free */

/* A buffer of a worker, which nobody else's bytes are in. */
struct buffer {
	u8 *bytes;
	size_t size;	/* 0 if it is not mapped */
	dma_addr_t addr;
};

static bool begin(struct kunit *test, struct buffer *buffer, size_t size, u8 value)
{
	struct area_test *t = test->priv;

	memset(buffer->bytes, value, size);
	buffer->addr = dma_map_single(t->dev, buffer->bytes, size, DMA_BIDIRECTIONAL);
	if (dma_mapping_error(t->dev, buffer->addr))
		return false;
	buffer->size = size;
	return test_sees(test, buffer->addr, size, value);
}

/* Others may have written to it meanwhile, if two have the same units. */
static bool end(struct kunit *test, struct buffer *buffer, u8 value)
{
	bool right = test_sees(test, buffer->addr, buffer->size, value);

	test_writes(test, buffer->addr, buffer->size, ~value);
	unmap(test, buffer->addr, buffer->size, DMA_BIDIRECTIONAL);
	right &= test_all(buffer->bytes, ~value, buffer->size);
	buffer->size = 0;
	return right;
}

static unsigned int work(struct kunit *test, unsigned int me)
{
	struct area_test *t = test->priv;
	struct buffer buffers[HOLD] = {}, *buffer;
	unsigned int faults = 0, round, i;
	struct rnd_state random;
	bool right;

	prandom_seed_state(&random, me);
	for (i = 0; i < HOLD; i++)
		buffers[i].bytes = t->vaddr + ((me - 1) * HOLD + i) * SZ_16K + 1;
	for (round = 0; round < ROUNDS + HOLD; round++) {
		i = round < ROUNDS ? test_random(&random, HOLD) : round - ROUNDS;
		buffer = &buffers[i];
		if (buffer->size)
			right = end(test, buffer, me * HOLD + i);
		else if (round < ROUNDS)
			right = begin(test, buffer, 1 + test_random(&random, round & 1 ? SZ_1K :
								    SZ_16K - 1), me * HOLD + i);
		else
			right = true;
		faults += !right;
		cond_resched();
	}
	return faults;
}

static void reap_all(struct kunit *test)
{
	struct area_test *t = test->priv;

	grant_areas_reap(t->backend, true);
	grant_refs_reap(t->backend, true);
}

/* Nobody gets what somebody else has, though areas go all the time. */
static void areas_stress(struct kunit *test)
{
	struct area_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, test_workers(test, WORKERS, work, reap_all), 0);
	test_idle(test, t->dev);
	grant_areas_reap(t->backend, true);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
}

static struct kunit_case area_cases[] = {
	KUNIT_CASE(no_grant_operation),
	KUNIT_CASE(areas_grow),
	KUNIT_CASE(unused_goes_back),
	KUNIT_CASE(long_lived_are_apart),
	KUNIT_CASE(granted_again),
	KUNIT_CASE(all_ends_at_shutdown),
	KUNIT_CASE(gone_with_last_device),
	KUNIT_CASE(freed_on_other_cpu),
	KUNIT_CASE(areas_stress),
	{ }
};

static struct kunit_suite area_suite = {
	.name = "xen_grant_dma_area",
	.init = area_init,
	.test_cases = area_cases,
};

kunit_test_suite(area_suite);
