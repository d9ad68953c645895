// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of grant references, of what each backend may have of them, and of backends.
 */

#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/cpumask.h>
#include <linux/dma-mapping.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <xen/page.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define RUNS		64

struct run {
	grant_ref_t first;
	unsigned int count;	/* 0 for none */
	unsigned long frame;
	bool granted;
};

KUNIT_DEFINE_ACTION_WRAPPER(put_backend, grant_backend_put, struct grant_backend *);

/* A backend without devices, until the end of the test. */
static struct grant_backend *get_backend(struct kunit *test, domid_t domid)
{
	struct grant_backend *backend = test_backend_get(test, domid);

	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_backend, backend), 0);
	return backend;
}

/* Does what the worker does after the delay. */
static void reap(struct grant_backend *backend)
{
	backend->reap.work.func(&backend->reap.work);
}

/* Short runs are as frequent as long ones. */
static unsigned int random_count(struct rnd_state *random)
{
	return 1 + test_random(random, test_random(random, 2) ? 8 : GRANT_BLOCK);
}

static void new_run(struct kunit *test, struct grant_backend *backend,
		    struct page *block, struct run *runs,
		    struct run *run, struct rnd_state *random)
{
	struct run *other;

	run->count = random_count(random);
	run->first = grant_refs_alloc(backend, run->count);
	KUNIT_ASSERT_NE(test, run->first, 0);
	for (other = runs; other < runs + RUNS; other++)
		KUNIT_ASSERT_TRUE_MSG(test, other == run || !other->count ||
				      other->first >= run->first + run->count ||
				      run->first >= other->first + other->count,
				      "%u at %#x and %u at %#x overlap", run->count,
				      run->first, other->count, other->first);
	KUNIT_ASSERT_TRUE_MSG(test,
			      IS_ALIGNED(run->first, roundup_pow_of_two(run->count)),
			      "%u at %#x", run->count, run->first);

	run->granted = test_random(random, 4);
	if (!run->granted)
		return;
	run->frame = page_to_xen_pfn(block) + test_random(random, GRANT_BLOCK - run->count + 1);
	grant_table_grant(run->first, backend->domid, run->frame, run->count,
			  test_random(random, 2));
}

static void end_run(struct grant_backend *backend, struct run *run)
{
	if (run->granted)
		grant_refs_end(backend, run->first, run->count, false);
	else
		grant_refs_free(backend, run->first, run->count);
	run->count = 0;
}

/* Runs come and go, and those that are left are what they were. */
static void runs_are_apart(struct kunit *test)
{
	struct grant_backend *backend;
	struct rnd_state random;
	struct run *runs, *run;
	struct page *block;
	unsigned int i;
	int round;

	table_of_param(test);
	block = test_pages(test, GRANT_MAPPING_MAX);
	backend = get_backend(test, TEST_DOMID);
	runs = kunit_kcalloc(test, RUNS, sizeof(*runs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, runs);
	prandom_seed_state(&random, 3);

	for (round = 0; round < 4000; round++) {
		run = &runs[test_random(&random, RUNS)];
		if (run->count)
			end_run(backend, run);
		else
			new_run(test, backend, block, runs, run, &random);
		if (round % 64)
			continue;

		for (run = runs; run < runs + RUNS; run++)
			for (i = 0; run->granted && i < run->count; i++)
				KUNIT_ASSERT_EQ_MSG(test,
						    gfn_to_pfn(grant_table_gfn(run->first + i)),
						    run->frame + i, "round %d", round);
	}

	for (run = runs; run < runs + RUNS; run++)
		if (run->count)
			end_run(backend, run);
}

/* Allocates runs until there is no more, and returns how many there were. */
static unsigned int take_all(struct grant_backend *backend, unsigned int count,
			     grant_ref_t *list)
{
	unsigned int taken = 0;

	while ((list[taken] = grant_refs_alloc(backend, count)))
		taken++;
	return taken;
}

static void free_all(struct grant_backend *backend, unsigned int count,
		     const grant_ref_t *list, unsigned int taken)
{
	while (taken--)
		grant_refs_free(backend, list[taken], count);
}

static grant_ref_t *create_list(struct kunit *test, struct fake_table *table)
{
	grant_ref_t *list = kunit_kcalloc(test, table->size + 1, sizeof(*list), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, list);
	return list;
}

/* Somebody else can have as many references as this. */
static void expect_free(struct kunit *test, unsigned int count)
{
	grant_ref_t *refs = kunit_kcalloc(test, count, sizeof(*refs), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, refs);
	for (i = 0; i < count; i++)
		KUNIT_ASSERT_EQ(test, grant_table_alloc(0, &refs[i]), 0);
	while (i--)
		grant_table_free(refs[i], 1);
}

/*
 * A backend that is alone has all of its budget, into whatever runs it was cut
 * before, and leaves others as much, and Xen's drivers a quarter.
 */
static void budget_is_had_as_any_runs(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 256, 2, 32, 1, 64, 3, 1 };
	struct fake_table *table = fake_table_create(test, 2048);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);
	const unsigned int limit = table->size / 4 * 3, budget = limit / 2;
	grant_ref_t *list = create_list(test, table);
	unsigned int taken, i;

	KUNIT_EXPECT_EQ(test, grant_refs_budget(backend), budget);
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		taken = take_all(backend, counts[i], list);
		KUNIT_EXPECT_EQ_MSG(test, taken, budget / roundup_pow_of_two(counts[i]),
				    "runs of %u", counts[i]);
		KUNIT_EXPECT_EQ(test, table->used, backend->taken);
		KUNIT_EXPECT_LE(test, table->used, budget);
		expect_free(test, table->size / 4 + budget - 8);
		free_all(backend, counts[i], list, taken);
	}
}

/* Nobody takes so much that one that comes later gets nothing: half of what is left. */
static void budgets_are_halves_of_what_is_left(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	unsigned int limit = table->size / 4 * 3, taken[2], i;
	struct grant_backend *backends[2];
	grant_ref_t *lists[2];

	for (i = 0; i < 2; i++) {
		backends[i] = get_backend(test, TEST_DOMID - i);
		lists[i] = create_list(test, table);
		taken[i] = take_all(backends[i], 1, lists[i]);
		KUNIT_EXPECT_EQ(test, taken[i], limit >> (i + 1));
	}
	/* What one gives back both may have. */
	free_all(backends[0], 1, lists[0], taken[0]);
	KUNIT_EXPECT_EQ(test, grant_refs_budget(backends[1]), limit / 4);
	grant_refs_reap(backends[0], true);
	KUNIT_EXPECT_EQ(test, grant_refs_budget(backends[1]), limit / 2);
	free_all(backends[1], 1, lists[1], taken[1]);
}

/* What a device can do with what its backend may have. */
static void expect_works(struct kunit *test, struct device *dev)
{
	struct page *page = test_pages(test, SZ_64K);
	struct grant_device *gdev = test_gdev(dev);
	dma_addr_t addr;

	KUNIT_EXPECT_NOT_NULL(test, gdev->reserve[GRANT_READONLY]);
	KUNIT_EXPECT_NOT_NULL(test, gdev->reserve[GRANT_WRITABLE]);
	addr = dma_map_page(dev, page, 0, SZ_32K, DMA_FROM_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	dma_unmap_page(dev, addr, SZ_32K, DMA_FROM_DEVICE);
	addr = dma_map_page(dev, page, 0, SZ_4K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(page), SZ_4K));
	dma_unmap_page(dev, addr, SZ_4K, DMA_TO_DEVICE);
}

/* What it can do when nothing is left: as much as it was told that it can. */
static void expect_reserve_works(struct kunit *test, struct device *dev)
{
	size_t most = dma_max_mapping_size(dev);
	struct page *page = test_pages(test, SZ_2M);
	dma_addr_t addr = dma_map_page(dev, page, 1, most, DMA_FROM_DEVICE);

	KUNIT_EXPECT_GE(test, most, SZ_32K);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	dma_unmap_page(dev, addr, most, DMA_FROM_DEVICE);
}

static const unsigned int table_sizes[] = { 512, 1024, FAKE_TABLE_SIZE };

static void size_desc(const unsigned int *size, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "table of %u", *size);
}

KUNIT_ARRAY_PARAM(size, table_sizes, size_desc);

/* A hostile backend binds first, and a second one then, and both take all they get. */
static void later_backends_work(struct kunit *test)
{
	static const char * const names[] = { "first", "second", "third" };
	struct fake_table *table;
	struct grant_backend *backends[ARRAY_SIZE(names)];
	unsigned int taken[ARRAY_SIZE(names)], i;
	grant_ref_t *lists[ARRAY_SIZE(names)];
	struct device *dev;

	table = fake_table_create(test, *(const unsigned int *)test->param_value);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		dev = test_device(test, names[i], TEST_DOMID - i);
		expect_works(test, dev);
		backends[i] = test_gdev(dev)->backend;
		lists[i] = create_list(test, table);
		taken[i] = take_all(backends[i], 1, lists[i]);
		KUNIT_EXPECT_GT(test, taken[i], 0);
		expect_reserve_works(test, dev);
	}
	expect_free(test, table->size / 4 - 8);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		free_all(backends[i], 1, lists[i], taken[i]);
}

static void table_fails(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);

	table->fail_in = 1;
	KUNIT_EXPECT_EQ(test, grant_refs_alloc(backend, 1), 0);
	KUNIT_EXPECT_EQ(test, grant_refs_alloc(backend, 256), 0);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	KUNIT_EXPECT_EQ(test, backend->taken, 0);
}

/* A table that has no whole block left gives parts of blocks. */
static void parts_of_blocks(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, 2048);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);
	grant_ref_t *list = create_list(test, table), ref;
	unsigned int taken;

	/* Another driver has the middle of each block. */
	for (ref = GRANT_BLOCK / 2; ref < table->size; ref += GRANT_BLOCK)
		bitmap_set(table->allocated, ref, 1);
	taken = take_all(backend, 64, list);
	KUNIT_EXPECT_EQ(test, taken, table->size / 4 * 3 / 2 / 64);
	KUNIT_EXPECT_EQ(test, grant_refs_alloc(backend, 256), 0);
	free_all(backend, 64, list, taken);
	reap(backend);
	reap(backend);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	for (ref = GRANT_BLOCK / 2; ref < table->size; ref += GRANT_BLOCK)
		bitmap_clear(table->allocated, ref, 1);
}

/* A table that has grown since the backend was met has references beyond its end. */
static void table_grows_beyond(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, 1024);
	struct grant_backend *backend;

	table->size = 512;
	backend = get_backend(test, TEST_DOMID);
	table->size = 1024;
	table->next = 512;
	KUNIT_EXPECT_EQ(test, grant_refs_alloc(backend, 1), 0);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	KUNIT_EXPECT_EQ(test, backend->taken, 0);
}

/* A reference that comes and goes stays the backend's, however often it does. */
static void references_are_kept(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);
	grant_ref_t first;
	int i;

	for (i = 0; i < 4096; i++) {
		first = grant_refs_alloc(backend, 1);
		KUNIT_ASSERT_NE(test, first, 0);
		grant_refs_free(backend, first, 1);
		table->fail_in = 1;
	}
}

/* What is free twice in a row goes back, and nothing else. */
static void unused_goes_back(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);
	grant_ref_t *list = create_list(test, table), kept;
	unsigned int taken, i;

	KUNIT_EXPECT_FALSE(test, table->reap);
	kept = grant_refs_alloc(backend, 1);
	KUNIT_EXPECT_TRUE(test, table->reap);
	for (i = 0; i < 2; i++) {
		taken = take_all(backend, 32, list);
		reap(backend);
		reap(backend);
		KUNIT_EXPECT_GE(test, table->used, taken * 32);
		free_all(backend, 32, list, taken);
		reap(backend);
		KUNIT_EXPECT_GE(test, table->used, taken * 32);
		/* In use meanwhile, so it is not idle. */
		taken = take_all(backend, 32, list);
		reap(backend);
		free_all(backend, 32, list, taken);
		reap(backend);
		KUNIT_EXPECT_GE(test, table->used, taken * 32);
		reap(backend);
		KUNIT_EXPECT_EQ(test, table->used, GRANT_BLOCK);
	}
	grant_refs_free(backend, kept, 1);
	table->reap = false;
	reap(backend);
	KUNIT_EXPECT_TRUE(test, table->reap);
	table->reap = false;
	reap(backend);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	KUNIT_EXPECT_EQ(test, backend->taken, 0);
	KUNIT_EXPECT_FALSE(test, table->reap);
}

struct handover {
	struct kunit *test;
	struct grant_backend *backend;
	unsigned int length;
	unsigned int count;
	grant_ref_t list[512];
};

static long free_here(void *data)
{
	struct handover *handover = data;

	/* So that the table's stubs are in force here too. */
	current->kunit_test = handover->test;
	free_all(handover->backend, handover->length, handover->list, handover->count);
	current->kunit_test = NULL;
	return 0;
}

/* What is freed on one CPU serves another, without the table's help. */
static void freed_on_other_cpu(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct handover *handover = kunit_kzalloc(test, sizeof(*handover), GFP_KERNEL);
	unsigned int other, i;
	int round;

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is just one CPU");
	KUNIT_ASSERT_NOT_NULL(test, handover);
	handover->test = test;
	handover->backend = get_backend(test, TEST_DOMID);
	handover->length = 3;
	handover->count = 100;
	migrate_disable();
	for (round = 0; round < 3; round++) {
		for (i = 0; i < handover->count; i++) {
			handover->list[i] = grant_refs_alloc(handover->backend, 3);
			KUNIT_EXPECT_NE(test, handover->list[i], 0);
		}
		other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
		KUNIT_EXPECT_EQ(test, work_on_cpu(other, free_here, handover), 0);
		/* From here on only what is there. */
		table->fail_in = 1;
	}
	migrate_enable();
}

#define WORKERS		4
#define HOLD		2	/* so few that blocks are often free */
#define ROUNDS		20000

/* Workers share a backend's references: who has which. */
struct stress {
	struct grant_backend *backend;
	u8 owners[FAKE_TABLE_SIZE];
};

/* Returns how many of them another one has. */
static unsigned int claim(struct stress *stress, const struct run *run, u8 from, u8 to)
{
	unsigned int faults = 0, i;

	for (i = 0; i < run->count; i++)
		faults += cmpxchg(&stress->owners[run->first + i], from, to) != from;
	return faults;
}

static unsigned int work(struct kunit *test, unsigned int me)
{
	struct stress *stress = test->priv;
	struct run runs[HOLD] = {}, *run;
	unsigned int faults = 0, round;
	struct rnd_state random;

	prandom_seed_state(&random, me);
	for (round = 0; round < ROUNDS + HOLD; round++) {
		run = &runs[round < ROUNDS ? test_random(&random, HOLD) : round % HOLD];
		if (run->count) {
			faults += claim(stress, run, me, 0);
			grant_refs_free(stress->backend, run->first, run->count);
			run->count = 0;
		} else if (round < ROUNDS) {
			run->count = 1 + test_random(&random, 6);
			run->first = grant_refs_alloc(stress->backend, run->count);
			faults += run->first ? claim(stress, run, 0, me) : 1;
		}
		cond_resched();
	}
	return faults;
}

static void reap_all(struct kunit *test)
{
	struct stress *stress = test->priv;

	grant_refs_reap(stress->backend, true);
}

/* Nobody gets what somebody else has, though blocks go back all the time. */
static void references_stress(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct stress *stress = kunit_kzalloc(test, sizeof(*stress), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, stress);
	stress->backend = get_backend(test, TEST_DOMID);
	test->priv = stress;
	KUNIT_EXPECT_EQ(test, test_workers(test, WORKERS, work, reap_all), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(stress->owners, 0, FAKE_TABLE_SIZE));
	reap_all(test);
	KUNIT_EXPECT_EQ(test, table->used, 0);
}

/* There is one object for a domain, as long as it has users. */
static void backend_is_shared(struct kunit *test)
{
	struct grant_backend *one, *two;

	fake_table_create(test, FAKE_TABLE_SIZE);
	one = test_backend_get(test, TEST_DOMID);
	two = test_backend_get(test, TEST_DOMID);
	KUNIT_EXPECT_PTR_EQ(test, one, two);
	two = test_backend_get(test, TEST_DOMID - 1);
	KUNIT_EXPECT_PTR_NE(test, one, two);

	grant_backend_put(one);
	KUNIT_EXPECT_PTR_EQ(test, test_backend(TEST_DOMID), one);
	grant_backend_put(one);
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID));
	grant_backend_put(two);
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID - 1));
}

static struct kunit_case refs_cases[] = {
	KUNIT_CASE_PARAM(runs_are_apart, table_params),
	KUNIT_CASE(budget_is_had_as_any_runs),
	KUNIT_CASE(budgets_are_halves_of_what_is_left),
	KUNIT_CASE_PARAM(later_backends_work, size_gen_params),
	KUNIT_CASE(table_fails),
	KUNIT_CASE(parts_of_blocks),
	KUNIT_CASE(table_grows_beyond),
	KUNIT_CASE(references_are_kept),
	KUNIT_CASE(unused_goes_back),
	KUNIT_CASE(freed_on_other_cpu),
	KUNIT_CASE(references_stress),
	KUNIT_CASE(backend_is_shared),
	{}
};

static struct kunit_suite refs_suite = {
	.name = "xen_grant_dma_refs",
	.test_cases = refs_cases,
};

kunit_test_suite(refs_suite);
