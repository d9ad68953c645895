// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of references that a backend uses longer than their mapping lasts.
 *
 * They run on a fake table: no domain here would map a page of a test.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/jiffies.h>
#include <linux/kmsg_dump.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

/* References that one mapping of @block has. */
#define BLOCK_REFS	(SZ_1M / SZ_4K)

/**
 * struct deferred_test - what each test has
 * @table: the grant table
 * @dev: a device
 * @backend: its backend, to which the test has a reference of its own
 * @block: memory of BLOCK_REFS Xen pages
 * @before: reference count of @block
 * @log: how far the kernel log was read
 */
struct deferred_test {
	struct fake_table *table;
	struct device *dev;
	struct grant_backend *backend;
	struct page *block;
	int before;
	struct kmsg_dump_iter log;
};

/* Counts new messages that tell @what of the backend. */
static unsigned int said(struct kunit *test, const char *what)
{
	struct deferred_test *t = test->priv;
	char who[32];

	snprintf(who, sizeof(who), "domain %u ", TEST_DOMID);
	return test_said(&t->log, who, what);
}

/* Nothing new is told of the backend, but for reports of what was late. */
static void expect_silence(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	struct kmsg_dump_iter log = t->log;
	unsigned int all = said(test, "");

	t->log = log;
	KUNIT_EXPECT_EQ(test, all, said(test, "references of I/O"));
}

static int deferred_init(struct kunit *test)
{
	struct deferred_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = fake_table_create(test, FAKE_TABLE_SIZE);
	t->backend = test_backend_get(test, TEST_DOMID);
	t->dev = test_device(test, "grants", TEST_DOMID);
	t->block = test_pages(test, SZ_1M);
	t->before = page_count(t->block);
	test_said_nothing(&t->log);
	return 0;
}

static void expect_deferred(struct kunit *test, unsigned int count)
{
	struct deferred_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, t->backend->deferred, count);
	KUNIT_EXPECT_EQ(test, t->table->granted, count + test_area_pages(t->backend));
	KUNIT_EXPECT_EQ(test, !!t->table->retry, !!count);
}

static void set_mapped(struct kunit *test, grant_ref_t first,
		       unsigned int count, bool mapped)
{
	struct deferred_test *t = test->priv;

	while (count--)
		t->table->entries[first++].mapped = mapped;
}

static void deferred_exit(struct kunit *test)
{
	struct deferred_test *t = test->priv;

	if (!t || !t->backend)
		return;
	/* What a test that failed has left would spoil those after it. */
	set_mapped(test, 0, t->table->size, false);
	fake_table_retry(t->table);
	grant_backend_put(t->backend);
}

static dma_addr_t map(struct kunit *test, struct page *page, size_t size)
{
	struct deferred_test *t = test->priv;
	dma_addr_t addr = dma_map_page(t->dev, page, 0, size, DMA_FROM_DEVICE);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	return addr;
}

static void unmap(struct kunit *test, dma_addr_t addr, size_t size)
{
	struct deferred_test *t = test->priv;

	dma_unmap_page(t->dev, addr, size, DMA_FROM_DEVICE);
}

/* Has references deferred, at most BLOCK_REFS, and returns the first. */
static grant_ref_t hold(struct kunit *test, unsigned int count)
{
	struct deferred_test *t = test->priv;
	dma_addr_t addr = map(test, t->block, count * SZ_4K);
	grant_ref_t first = test_ref(test, addr);

	set_mapped(test, first, count, true);
	unmap(test, addr, count * SZ_4K);
	return first;
}

static void let_go_of_all(struct kunit *test)
{
	struct deferred_test *t = test->priv;

	set_mapped(test, 0, t->table->size, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before);
}

static void expect_mappable(struct kunit *test)
{
	struct deferred_test *t = test->priv;

	unmap(test, map(test, t->block, SZ_64K), SZ_64K);
}

static void deferred_page(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct deferred_test *t = test->priv;
	int before = page_count(page), i;
	dma_addr_t addr, again;
	unsigned long delay;

	addr = map(test, page, 1);
	set_mapped(test, test_ref(test, addr), 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);

	/* For the device it is over. */
	test_idle(test, t->dev);
	KUNIT_EXPECT_EQ(test, page_count(page), before + 1);
	expect_deferred(test, 1);

	delay = t->backend->delay;
	for (i = 0; i < 20; i++) {
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		KUNIT_EXPECT_GE(test, t->backend->delay, delay);
		delay = t->backend->delay;
		expect_deferred(test, 1);
	}
	KUNIT_EXPECT_LE(test, delay, HZ);
	KUNIT_EXPECT_EQ(test, page_count(page), before + 1);

	/* The fake table complains of a reference that is freed while it grants access. */
	grant_refs_reap(t->backend, true);
	expect_deferred(test, 1);
	/* The fake table complains of a reference that is used twice. */
	again = map(test, page, 1);
	KUNIT_EXPECT_NE(test, again, addr);
	dma_unmap_page(t->dev, again, 1, DMA_FROM_DEVICE);

	set_mapped(test, test_ref(test, addr), 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(page), before);
}

/* Memory that its owner has freed isn't free while a backend uses it. */
static void deferred_coherent(struct kunit *test)
{
	size_t sizes[] = { PAGE_SIZE, 4 * PAGE_SIZE, SZ_1M };
	struct deferred_test *t = test->priv;
	struct page *page;
	dma_addr_t addr;
	grant_ref_t ref;
	void *vaddr;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		vaddr = dma_alloc_coherent(t->dev, sizes[i], &addr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		page = virt_to_page(vaddr + sizes[i] - PAGE_SIZE);
		ref = test_ref(test, addr) + (sizes[i] - PAGE_SIZE) / 4096;

		set_mapped(test, ref, XEN_PFN_PER_PAGE, true);
		dma_free_coherent(t->dev, sizes[i], vaddr, addr);
		KUNIT_ASSERT_EQ(test, page_count(page), XEN_PFN_PER_PAGE);
		expect_deferred(test, XEN_PFN_PER_PAGE);

		/* One of the last page's references after the other. */
		get_page(page);
		set_mapped(test, ref, 1, false);
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		expect_deferred(test, XEN_PFN_PER_PAGE - 1);
		set_mapped(test, ref, XEN_PFN_PER_PAGE, false);
		fake_table_retry(t->table);
		expect_deferred(test, 0);
		KUNIT_EXPECT_EQ(test, page_count(page), 1);
		put_page(page);
	}
}

/* A backend that lets go of a scatterlist bit by bit, in random order. */
static void deferred_list(struct kunit *test)
{
	/* One less than the references of the range. */
	const unsigned int pages = SZ_64K / 4096 - 1;
	struct page *block = test_pages(test, SZ_64K);
	struct deferred_test *t = test->priv;
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
	expect_deferred(test, hweight_long(left));

	for (tries = 0; left && tries < 1000; tries++) {
		ref = test_random(&random, pages);
		if (!__test_and_clear_bit(ref, &left))
			continue;
		set_mapped(test, first + ref, 1, false);
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
		expect_deferred(test, hweight_long(left));
		KUNIT_EXPECT_EQ(test, page_count(block),
				before + hweight_long(left));
	}
	KUNIT_EXPECT_EQ(test, left, 0);
}

/* The backend's object stays until the last reference is back. */
static void deferred_without_device(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct deferred_test *t = test->priv;
	dma_addr_t addr = map(test, page, PAGE_SIZE);
	grant_ref_t ref = test_ref(test, addr);

	set_mapped(test, ref, XEN_PFN_PER_PAGE, true);
	dma_unmap_page(t->dev, addr, PAGE_SIZE, DMA_FROM_DEVICE);
	kunit_device_unregister(test, t->dev);
	expect_deferred(test, XEN_PFN_PER_PAGE);

	grant_backend_put(t->backend);
	t->backend = NULL;
	KUNIT_EXPECT_NOT_NULL(test, test_backend(TEST_DOMID));
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_NOT_NULL(test, test_backend(TEST_DOMID));

	set_mapped(test, ref, XEN_PFN_PER_PAGE, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID));
	KUNIT_EXPECT_EQ(test, t->table->used, 0);
}

/* A driver that is bound again finds the backend, and what it still uses. */
static void deferred_over_rebind(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct deferred_test *t = test->priv;
	dma_addr_t addr = map(test, page, 1), again;

	set_mapped(test, test_ref(test, addr), 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);
	device_release_driver(t->dev);
	KUNIT_ASSERT_EQ(test, device_attach(t->dev), 1);
	test_setup(test, t->dev, TEST_DOMID);
	KUNIT_EXPECT_PTR_EQ(test, test_gdev(t->dev)->backend, t->backend);

	again = map(test, page, 1);
	KUNIT_EXPECT_TRUE(test, test_resolves(test, again, page_to_phys(page), 1));
	dma_unmap_page(t->dev, again, 1, DMA_FROM_DEVICE);
	expect_deferred(test, 1);

	set_mapped(test, test_ref(test, addr), 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_deferred(test, 0);
}

/* Pages without a count of their own: the reference alone can be deferred. */
static void deferred_tail(struct kunit *test)
{
	struct page *pages = alloc_pages(GFP_KERNEL, 1);
	struct deferred_test *t = test->priv;
	grant_ref_t ref;
	dma_addr_t addr;

	KUNIT_ASSERT_NOT_NULL(test, pages);
	t->table->uncounted = true;
	addr = map(test, pages + 1, 1);
	ref = test_ref(test, addr);
	set_mapped(test, ref, 1, true);
	dma_unmap_page(t->dev, addr, 1, DMA_FROM_DEVICE);
	expect_deferred(test, 1);
	KUNIT_EXPECT_EQ(test, page_count(pages + 1), 0);

	set_mapped(test, ref, 1, false);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(pages + 1), 0);
	__free_pages(pages, 1);
}

/* Thousands, let go in random order while others come and go. */
static void deferred_many(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	unsigned int left = 0, tries, at, i;
	struct rnd_state random;
	grant_ref_t *refs;

	refs = kunit_kcalloc(test, 5000, sizeof(*refs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, refs);
	while (left < 5000) {
		unsigned int count = min(5000 - left, BLOCK_REFS);
		grant_ref_t first = hold(test, count);

		while (count--)
			refs[left++] = first++;
	}

	prandom_seed_state(&random, 7);
	for (tries = 0; left && tries < 100; tries++) {
		expect_deferred(test, left);
		KUNIT_ASSERT_EQ(test, page_count(t->block), t->before + left);
		for (i = 0; i < 500 && left; i++) {
			at = test_random(&random, left--);
			swap(refs[at], refs[left]);
			set_mapped(test, refs[left], 1, false);
		}
		/* The fake table complains of a reference that is used twice. */
		expect_mappable(test);
		if (tries < 5)
			refs[left++] = hold(test, 1);
		KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	}
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before);
}

/**
 * struct stress - what a thread has that makes references to be deferred
 * @test: the test
 * @faults: mappings that failed
 * @done: set at its end
 */
struct stress {
	struct kunit *test;
	unsigned int faults;
	struct completion done;
};

static int hold_random(void *data)
{
	struct stress *stress = data;
	struct deferred_test *t = stress->test->priv;
	unsigned int round, pages;
	struct rnd_state random;
	dma_addr_t addr;

	/* So that the table's stubs are in force here too. */
	current->kunit_test = stress->test;
	prandom_seed_state(&random, 8);
	for (round = 0; round < 3000; round++) {
		pages = 1 + test_random(&random, 8);
		addr = dma_map_page(t->dev, t->block, 0, pages * SZ_4K,
				    DMA_FROM_DEVICE);
		if (dma_mapping_error(t->dev, addr)) {
			stress->faults++;
			continue;
		}
		set_mapped(stress->test, test_ref(stress->test, addr), pages, true);
		unmap(stress->test, addr, pages * SZ_4K);
		cond_resched();
	}
	current->kunit_test = NULL;
	complete(&stress->done);
	return 0;
}

/* References are added while the worker is at it. */
static void deferred_stress(struct kunit *test)
{
	struct stress stress = { .test = test };
	struct deferred_test *t = test->priv;
	struct task_struct *worker;
	struct rnd_state random;
	unsigned int other;
	bool done;
	int i;

	init_completion(&stress.done);
	worker = kthread_create(hold_random, &stress, "grant-stress");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, worker);
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	if (other < nr_cpu_ids)
		kthread_bind(worker, other);
	wake_up_process(worker);

	prandom_seed_state(&random, 9);
	do {
		done = completion_done(&stress.done);
		/* Not all, so that there is always something to do. */
		for (i = 0; i < t->table->size / 8; i++)
			set_mapped(test, test_random(&random, t->table->size), 1,
				   false);
		fake_table_retry(t->table);
		cond_resched();
	} while (!done);

	KUNIT_EXPECT_EQ(test, stress.faults, 0);
	set_mapped(test, 0, t->table->size, false);
	fake_table_retry(t->table);
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before);
}

/* A try, long after the last one or in the same moment. */
static void try_again(struct kunit *test, bool long_after)
{
	struct deferred_test *t = test->priv;

	t->backend->next_mark = jiffies + (long_after ? 0 : 3600 * HZ);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
}

/* One message, however many references are deferred, however long. */
static void deferred_reported(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 100, 5000 };
	unsigned int count, left;
	char what[64];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		count = counts[i];
		for (left = count; left; left -= min(left, BLOCK_REFS))
			hold(test, min(left, BLOCK_REFS));
		try_again(test, true);
		for (j = 0; j < 5; j++)
			try_again(test, false);
		expect_silence(test);

		try_again(test, true);
		snprintf(what, sizeof(what), "still uses %u references", count);
		KUNIT_EXPECT_EQ(test, said(test, what), 1);
		hold(test, 1);
		for (j = 0; j < 10; j++)
			try_again(test, j & 1);
		expect_silence(test);
		let_go_of_all(test);
	}
	expect_silence(test);
}

/* A backend that always takes a moment is all right. */
static void deferred_a_moment(struct kunit *test)
{
	grant_ref_t last = hold(test, 1), ref;
	int i;

	for (i = 0; i < 10; i++) {
		ref = hold(test, 1);
		set_mapped(test, last, 1, false);
		try_again(test, true);
		expect_deferred(test, 1);
		last = ref;
	}
	let_go_of_all(test);
	expect_silence(test);
}

/* Reports end as they begin when a little is always deferred, but never for long. */
static void deferred_reported_again(struct kunit *test)
{
	grant_ref_t last = hold(test, 1);
	int i;

	for (i = 0; i < 2; i++) {
		try_again(test, true);
		try_again(test, true);
		KUNIT_EXPECT_EQ(test, said(test, "still uses 1 references"), 1);

		set_mapped(test, last, 1, false);
		last = hold(test, 1);
		try_again(test, true);
		expect_deferred(test, 1);
	}
	let_go_of_all(test);
}

/* What the worker says if enough time has passed since the last report, or not. */
static void expect_report(struct kunit *test, bool time_passed, unsigned int count)
{
	struct deferred_test *t = test->priv;
	unsigned long before = jiffies;
	char what[64];

	t->backend->next_report = jiffies + (time_passed ? 0 : 3600 * HZ);
	try_again(test, false);
	if (!count) {
		KUNIT_EXPECT_EQ(test, said(test, "references of I/O"), 0);
		return;
	}
	snprintf(what, sizeof(what), "still used %u references of I/O", count);
	KUNIT_EXPECT_EQ(test, said(test, what), 1);
	KUNIT_EXPECT_TRUE(test, time_after_eq(t->backend->next_report, before + 2 * HZ));
}

/* A page of I/O that is in use at its end is reported, and summed; a ring may be. */
static void deferred_late(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	dma_addr_t addr;
	void *vaddr;

	vaddr = dma_alloc_coherent(t->dev, SZ_4K, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	set_mapped(test, test_ref(test, addr), 1, true);
	dma_free_coherent(t->dev, SZ_4K, vaddr, addr);
	expect_report(test, true, 0);
	KUNIT_EXPECT_EQ(test, t->backend->late, 0);

	hold(test, 3);
	/* Not by who unmaps, who may be a console. */
	KUNIT_EXPECT_EQ(test, said(test, "references of I/O"), 0);
	expect_report(test, true, 3);
	hold(test, 2);
	expect_report(test, false, 0);
	hold(test, 2);
	expect_report(test, true, 4);
	expect_report(test, true, 0);
	KUNIT_EXPECT_EQ(test, t->backend->late, 7);
	let_go_of_all(test);
	KUNIT_EXPECT_EQ(test, t->backend->late, 7);
}

/* A report is not lost that waits for its time when all is over. */
static void deferred_late_is_told_at_last(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	int i;

	for (i = 0; i < 2; i++) {
		hold(test, 1);
		t->backend->next_report = jiffies + 3600 * HZ;
		let_go_of_all(test);
		KUNIT_EXPECT_EQ(test, said(test, "references of I/O"), 0);
		if (i)
			break;
		/* By the other worker ... */
		t->backend->next_report = jiffies;
		t->backend->reap.work.func(&t->backend->reap.work);
		KUNIT_EXPECT_EQ(test, said(test, "still used 1 references of I/O"), 1);
	}
	/* ... or when the backend goes. */
	kunit_device_unregister(test, t->dev);
	grant_backend_put(t->backend);
	t->backend = NULL;
	KUNIT_EXPECT_EQ(test, said(test, "still used 1 references of I/O"), 1);
}

/* Whether the backend can have so many references in one run. */
static bool can_have(struct kunit *test, unsigned int count)
{
	struct deferred_test *t = test->priv;
	grant_ref_t first = grant_refs_alloc(t->backend, count);

	if (first)
		grant_refs_free(t->backend, first, count);
	return first;
}

/* The device of another backend gets the longest run there is, and goes. */
static void expect_long_run(struct kunit *test, struct device *other)
{
	struct deferred_test *t = test->priv;
	dma_addr_t addr = dma_map_page(other, t->block, 0, SZ_1M, DMA_TO_DEVICE);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(other, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(t->block), SZ_1M));
	dma_unmap_page(other, addr, SZ_1M, DMA_TO_DEVICE);
	kunit_device_unregister(test, other);
}

/* What it holds it lacks, up to its budget; its devices have their reserve, others all. */
static void deferred_up_to_budget(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	struct device *other = test_device(test, "others", TEST_DOMID - 1);
	unsigned int count = 0, length;
	dma_addr_t addr;

	for (length = BLOCK_REFS; length; length /= 2)
		for (; can_have(test, length); count += length)
			hold(test, length);
	KUNIT_EXPECT_EQ(test, t->backend->deferred, count);
	KUNIT_EXPECT_GT(test, count, FAKE_TABLE_SIZE / 4);
	KUNIT_EXPECT_EQ(test, t->backend->taken, grant_refs_budget(t->backend));

	/* Copied, as it is not granted. */
	addr = map(test, t->block, SZ_32K);
	KUNIT_EXPECT_PTR_NE(test, test_view(test, addr), page_address(t->block));
	unmap(test, addr, SZ_32K);
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(t->dev, SZ_4K, &addr, GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, t->backend->deferred, count);

	expect_long_run(test, other);

	let_go_of_all(test);
	addr = map(test, t->block, SZ_64K);
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(t->block), SZ_64K));
	unmap(test, addr, SZ_64K);
}

/* One reference of each long run would leave no such run, but to it alone. */
static void deferred_spread(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	struct device *other = test_device(test, "others", TEST_DOMID - 1);
	unsigned int count;
	dma_addr_t addr;

	for (count = 0; can_have(test, BLOCK_REFS); count++) {
		addr = map(test, t->block, SZ_1M);
		set_mapped(test, test_ref(test, addr) + count, 1, true);
		unmap(test, addr, SZ_1M);
	}
	KUNIT_EXPECT_GT(test, count, 0);
	KUNIT_EXPECT_LE(test, count, FAKE_TABLE_SIZE / 4 * 3 / 2 / BLOCK_REFS);
	KUNIT_EXPECT_EQ(test, t->backend->deferred, count);
	expect_long_run(test, other);
	let_go_of_all(test);
}

/* It is over before anything had to be kept for it. */
static void deferred_not_at_all(struct kunit *test)
{
	struct deferred_test *t = test->priv;
	dma_addr_t addr = map(test, t->block, SZ_16K);

	t->table->entries[test_ref(test, addr) + 1].refusals = 1;
	unmap(test, addr, SZ_16K);
	expect_deferred(test, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before);
	KUNIT_EXPECT_EQ(test, said(test, ""), 0);
}

/* A table that is new since the domain was restored no longer tells which page it was. */
static void deferred_restored(struct kunit *test)
{
	struct deferred_test *t = test->priv;

	hold(test, 3);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before + 3);
	fake_table_restore(t->table);
	KUNIT_EXPECT_TRUE(test, fake_table_retry(t->table));
	KUNIT_EXPECT_EQ(test, t->backend->deferred, 0);
	KUNIT_EXPECT_EQ(test, page_count(t->block), t->before);
	grant_areas_regrant(t->backend);
	t->table->restored = false;
	expect_deferred(test, 0);
	expect_mappable(test);
}

static struct kunit_case deferred_cases[] = {
	KUNIT_CASE(deferred_page),
	KUNIT_CASE(deferred_coherent),
	KUNIT_CASE(deferred_list),
	KUNIT_CASE(deferred_without_device),
	KUNIT_CASE(deferred_over_rebind),
	KUNIT_CASE(deferred_tail),
	KUNIT_CASE(deferred_many),
	KUNIT_CASE(deferred_stress),
	KUNIT_CASE(deferred_reported),
	KUNIT_CASE(deferred_reported_again),
	KUNIT_CASE(deferred_a_moment),
	KUNIT_CASE(deferred_late),
	KUNIT_CASE(deferred_late_is_told_at_last),
	KUNIT_CASE(deferred_up_to_budget),
	KUNIT_CASE(deferred_spread),
	KUNIT_CASE(deferred_restored),
	KUNIT_CASE(deferred_not_at_all),
	{}
};

static struct kunit_suite deferred_suite = {
	.name = "xen_grant_dma_deferred",
	.init = deferred_init,
	.exit = deferred_exit,
	.test_cases = deferred_cases,
};

kunit_test_suite(deferred_suite);
