// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of ranges of grant references, and of the backends that have them.
 */

#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/log2.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/string.h>
#include <linux/workqueue.h>

#include <xen/page.h>

#include "backend.h"
#include "fake-table.h"
#include "range.h"
#include "table.h"
#include "test-device.h"

#define RANGES		64

struct test_range {
	grant_ref_t first;
	unsigned int count;	/* 0 for none */
	unsigned long frame;
	bool granted;
};

static struct grant_backend *get_backend(struct kunit *test, domid_t domid)
{
	struct grant_backend *backend = grant_backend_get(domid);

	KUNIT_ASSERT_NOT_NULL(test, backend);
	return backend;
}

KUNIT_DEFINE_ACTION_WRAPPER(put_ranges, grant_ranges_put, struct grant_ranges *);

/* On a fake table there is nobody to share it with, so no lock is needed. */
static struct grant_ranges *create_ranges(struct kunit *test)
{
	struct grant_ranges *ranges = grant_ranges_create();

	KUNIT_ASSERT_NOT_NULL(test, ranges);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_ranges, ranges),
			0);
	return ranges;
}

/* Short ranges are as frequent as long ones. */
static unsigned int random_count(struct rnd_state *random)
{
	return 1 + test_random(random, test_random(random, 2) ? 8 : GRANT_RANGE_MAX);
}

static void new_range(struct kunit *test, struct grant_backend *backend,
		      struct page *block, struct test_range *list,
		      struct test_range *range, struct rnd_state *random)
{
	struct test_range *other;

	range->count = random_count(random);
	range->first = grant_range_alloc(backend->ranges, range->count);
	KUNIT_ASSERT_NE(test, range->first, 0);
	for (other = list; other < list + RANGES; other++)
		KUNIT_ASSERT_TRUE_MSG(test, other == range || !other->count ||
				      other->first >= range->first + range->count ||
				      range->first >= other->first + other->count,
				      "%u at %#x and %u at %#x overlap",
				      range->count, range->first,
				      other->count, other->first);
	KUNIT_ASSERT_TRUE_MSG(test,
			      IS_ALIGNED(range->first, roundup_pow_of_two(range->count)),
			      "%u at %#x", range->count, range->first);

	range->granted = test_random(random, 4);
	if (!range->granted)
		return;
	range->frame = page_to_xen_pfn(block) +
		       test_random(random, GRANT_RANGE_MAX - range->count + 1);
	grant_table_grant(range->first, backend->domid, range->frame, range->count,
			  test_random(random, 2));
}

static void end_range(struct grant_backend *backend, struct test_range *range)
{
	if (range->granted)
		grant_backend_end(backend, range->first, range->count, false);
	else
		grant_range_free(backend->ranges, range->first, range->count);
	range->count = 0;
}

/* Ranges come and go, and those that are left are what they were. */
static void range_random(struct kunit *test)
{
	struct grant_backend *backend;
	struct test_range *list, *range;
	struct rnd_state random;
	struct page *block;
	unsigned int i;
	int round;

	table_of_param(test);
	block = test_pages(test, GRANT_RANGE_MAX << XEN_PAGE_SHIFT);
	backend = get_backend(test, TEST_DOMID);
	list = kunit_kcalloc(test, RANGES, sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);
	prandom_seed_state(&random, 3);

	for (round = 0; round < 4000; round++) {
		range = &list[test_random(&random, RANGES)];
		if (range->count)
			end_range(backend, range);
		else
			new_range(test, backend, block, list, range, &random);
		if (round % 64)
			continue;

		for (range = list; range < list + RANGES; range++)
			for (i = 0; range->granted && i < range->count; i++)
				KUNIT_ASSERT_EQ_MSG(test,
						    gfn_to_pfn(grant_table_gfn(range->first + i)),
						    range->frame + i, "round %d", round);
	}

	for (range = list; range < list + RANGES; range++)
		if (range->count)
			end_range(backend, range);
	grant_backend_put(backend);
}

static void expect_refused(struct kunit *test, struct grant_ranges *ranges,
			   unsigned int count)
{
	KUNIT_EXPECT_EQ_MSG(test, grant_range_alloc(ranges, count), 0,
			    "%u references", count);
}

/* Allocates ranges until there is no more, and returns how many there were. */
static unsigned int take_all(struct kunit *test, struct grant_ranges *ranges,
			     unsigned int count, grant_ref_t *list)
{
	unsigned int taken = 0;

	while ((list[taken] = grant_range_alloc(ranges, count)))
		taken++;
	return taken;
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
 * Others find references whatever we do, and we find all of our share again,
 * into whatever ranges it was cut before.
 */
static void range_limit(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 256, 2, 32, 1, 64, 3, 1 };
	struct fake_table *table = fake_table_create(test, 1024 + 256);
	struct grant_ranges *ranges = create_ranges(test);
	const unsigned int limit = table->size / 4 * 3;
	grant_ref_t *list;
	unsigned int taken, length, i;

	list = kunit_kcalloc(test, table->size, sizeof(*list), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, list);
	expect_refused(test, ranges, GRANT_RANGE_MAX + 1);
	expect_refused(test, ranges, UINT_MAX);

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		taken = take_all(test, ranges, counts[i], list);
		KUNIT_EXPECT_LE(test, table->used, limit);
		length = roundup_pow_of_two(counts[i]);
		KUNIT_EXPECT_EQ_MSG(test, taken, limit / length, "ranges of %u",
				    counts[i]);

		expect_free(test, table->size / 4 - 8);
		while (taken--)
			grant_range_free(ranges, list[taken], counts[i]);
	}
}

static void range_table_fails(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = create_ranges(test);

	table->fail_in = 1;
	expect_refused(test, ranges, 1);
	expect_refused(test, ranges, 256);
	KUNIT_EXPECT_EQ(test, table->used, 0);
}

/* A range that comes and goes stays idle in between, however often it does. */
static void range_kept(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = create_ranges(test);
	grant_ref_t first;
	int i;

	for (i = 0; i < 4096; i++) {
		first = grant_range_alloc(ranges, 1);
		KUNIT_ASSERT_NE(test, first, 0);
		grant_range_free(ranges, first, 1);
		table->fail_in = 1;
	}
}

struct handover {
	struct kunit *test;
	struct grant_ranges *ranges;
	unsigned int length;
	unsigned int count;
	grant_ref_t list[512];
};

static long free_all(void *data)
{
	struct handover *handover = data;
	struct kunit *test = current->kunit_test;
	int i;

	/* So that the table's stubs are in force in other threads than the test's. */
	current->kunit_test = handover->test;
	for (i = 0; i < handover->count; i++)
		grant_range_free(handover->ranges, handover->list[i],
				 handover->length);
	current->kunit_test = test;
	return 0;
}

/* Allocates ranges on this CPU, and frees them on another. */
static void hand_over(struct kunit *test, struct handover *handover,
		      unsigned int length, unsigned int count)
{
	unsigned int other, i;

	handover->length = length;
	handover->count = count;
	for (i = 0; i < count; i++) {
		handover->list[i] = grant_range_alloc(handover->ranges, length);
		KUNIT_EXPECT_NE(test, handover->list[i], 0);
	}
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	KUNIT_EXPECT_EQ(test, work_on_cpu(other, free_all, handover), 0);
}

static struct handover *create_handover(struct kunit *test)
{
	struct handover *handover = kunit_kzalloc(test, sizeof(*handover),
						  GFP_KERNEL);

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is just one CPU");
	KUNIT_ASSERT_NOT_NULL(test, handover);
	handover->test = test;
	handover->ranges = create_ranges(test);
	return handover;
}

/* What is freed on one CPU serves another, without the table's help. */
static void range_from_other_cpu(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct handover *handover = create_handover(test);
	int round;

	for (round = 0; round < 3; round++) {
		hand_over(test, handover, 3, 100);
		/* From here on only what is there. */
		table->fail_in = 1;
	}
}

/* What stays idle after all CPUs had many: no more than an eighth of the table. */
static void idle_is_bounded(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 2, 5, 16, 100, 256 };
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = create_ranges(test);
	struct handover *handover;
	unsigned int i, taken, cpu;
	grant_ref_t *all;

	handover = kunit_kzalloc(test, sizeof(*handover), GFP_KERNEL);
	all = kunit_kcalloc(test, table->size, sizeof(*all), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, handover);
	KUNIT_ASSERT_NOT_NULL(test, all);
	handover->test = test;
	handover->ranges = ranges;
	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		handover->length = counts[i];
		taken = take_all(test, ranges, counts[i], all);
		cpu = cpumask_first(cpu_online_mask);
		while (taken) {
			handover->count = min(taken, ARRAY_SIZE(handover->list));
			taken -= handover->count;
			memcpy(handover->list, all + taken,
			       handover->count * sizeof(*all));
			KUNIT_EXPECT_EQ(test, work_on_cpu(cpu, free_all, handover),
					0);
			cpu = cpumask_next(cpu, cpu_online_mask);
			if (cpu >= nr_cpu_ids)
				cpu = cpumask_first(cpu_online_mask);
		}
		KUNIT_EXPECT_LE_MSG(test, table->used, table->size / 8,
				    "after ranges of %u", counts[i]);
	}
}

#define WORKERS		4
#define HOLD		16

/* Workers that share ranges, and who has which reference. */
struct stress {
	struct kunit *test;
	struct grant_ranges *ranges;
	u8 *owners;
	atomic_t workers;
	atomic_t faults;
	struct completion done;
};

static void claim(struct stress *stress, const struct test_range *range, u8 from, u8 to)
{
	unsigned int i;

	for (i = 0; i < range->count; i++)
		if (cmpxchg(&stress->owners[range->first + i], from, to) != from)
			atomic_inc(&stress->faults);
}

static int work(void *data)
{
	struct stress *stress = data;
	struct test_range list[HOLD] = {}, *range;
	struct rnd_state random;
	unsigned int round;
	u8 me = atomic_inc_return(&stress->workers);

	/* So that the table's stubs are in force here too. */
	current->kunit_test = stress->test;
	prandom_seed_state(&random, me);
	for (round = 0; round < 20000 + HOLD; round++) {
		range = &list[round < 20000 ? test_random(&random, HOLD) : round % HOLD];
		if (range->count) {
			claim(stress, range, me, 0);
			grant_range_free(stress->ranges, range->first, range->count);
			range->count = 0;
		} else if (round < 20000) {
			range->count = 1 + test_random(&random, 6);
			range->first = grant_range_alloc(stress->ranges, range->count);
			if (range->first)
				claim(stress, range, 0, me);
			else
				atomic_inc(&stress->faults);
		}
		cond_resched();
	}
	current->kunit_test = NULL;
	complete(&stress->done);
	return 0;
}

/* Nobody gets what somebody else has, however many are at it. */
static void range_stress(struct kunit *test)
{
	struct stress stress = { .test = test };
	struct task_struct *worker;
	int i, started = 0;

	fake_table_create(test, FAKE_TABLE_SIZE);
	stress.ranges = create_ranges(test);
	stress.owners = kunit_kzalloc(test, FAKE_TABLE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, stress.owners);
	init_completion(&stress.done);

	for (i = 0; i < WORKERS; i++) {
		worker = kthread_run(work, &stress, "grant-stress/%d", i);
		if (!IS_ERR(worker))
			started++;
	}
	KUNIT_EXPECT_EQ(test, started, WORKERS);
	while (started--)
		wait_for_completion(&stress.done);
	KUNIT_EXPECT_EQ(test, atomic_read(&stress.faults), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(stress.owners, 0, FAKE_TABLE_SIZE));
}

/* A driver that left a range in use costs that range, and none beside it. */
static void range_left_in_use(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = grant_ranges_create();
	grant_ref_t first;

	KUNIT_ASSERT_NOT_NULL(test, ranges);
	first = grant_range_alloc(ranges, 4);
	KUNIT_EXPECT_NE(test, first, 0);
	grant_ranges_put(ranges);
	KUNIT_EXPECT_EQ(test, table->used, 4);
	grant_table_free(first, 4);
}

/* There is one object for a domain, as long as it has users. */
static void backend_shared(struct kunit *test)
{
	struct grant_backend *one, *two;

	fake_table_create(test, FAKE_TABLE_SIZE);
	one = get_backend(test, TEST_DOMID);
	two = get_backend(test, TEST_DOMID);
	KUNIT_EXPECT_PTR_EQ(test, one, two);
	two = get_backend(test, TEST_DOMID - 1);
	KUNIT_EXPECT_PTR_NE(test, one, two);

	grant_backend_put(one);
	KUNIT_EXPECT_TRUE(test, test_backend_exists(TEST_DOMID));
	grant_backend_put(one);
	KUNIT_EXPECT_FALSE(test, test_backend_exists(TEST_DOMID));
	grant_backend_put(two);
	KUNIT_EXPECT_FALSE(test, test_backend_exists(TEST_DOMID - 1));
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE_PARAM(range_random, table_params),
	KUNIT_CASE(range_limit),
	KUNIT_CASE(range_table_fails),
	KUNIT_CASE(range_kept),
	KUNIT_CASE(range_from_other_cpu),
	KUNIT_CASE(idle_is_bounded),
	KUNIT_CASE(range_stress),
	KUNIT_CASE(range_left_in_use),
	KUNIT_CASE(backend_shared),
	{}
};

static struct kunit_suite range_suite = {
	.name = "xen_grant_dma_range",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);
