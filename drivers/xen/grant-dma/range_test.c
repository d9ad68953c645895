// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of runs of grant references, and of the backends that have them.
 */

#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/cpumask.h>
#include <linux/kthread.h>
#include <linux/limits.h>
#include <linux/smp.h>
#include <linux/string.h>

#include <xen/page.h>

#include "backend.h"
#include "fake-table.h"
#include "range.h"
#include "table.h"
#include "test-device.h"

#define RUNS		64
#define MAX_RUN		300	/* some are too long to be kept for reuse */
#define FRAME		0x12340	/* nobody follows the grants of these tests */

struct run {
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

/* Short runs are as frequent as long ones. */
static unsigned int random_count(struct rnd_state *random)
{
	return 1 + test_random(random, test_random(random, 2) ? 8 : MAX_RUN);
}

static void new_run(struct kunit *test, struct grant_backend *backend,
		    struct run *runs, struct run *run, struct rnd_state *random)
{
	struct run *other;

	run->count = random_count(random);
	run->first = grant_range_alloc(backend->ranges, run->count);
	KUNIT_ASSERT_NE(test, run->first, 0);
	for (other = runs; other < runs + RUNS; other++)
		KUNIT_ASSERT_TRUE_MSG(test, other == run || !other->count ||
				      other->first >= run->first + run->count ||
				      run->first >= other->first + other->count,
				      "%u at %#x and %u at %#x overlap",
				      run->count, run->first,
				      other->count, other->first);
	if (run->count <= GRANT_RANGE_CACHED)
		KUNIT_ASSERT_TRUE_MSG(test,
				      grant_range_is_aligned(run->first, run->count),
				      "%u at %#x", run->count, run->first);

	run->granted = test_random(random, 4);
	if (!run->granted)
		return;
	run->frame = FRAME + test_random(random, 1000);
	grant_table_grant(run->first, backend->domid, run->frame, run->count,
			  test_random(random, 2));
}

static void end_run(struct grant_backend *backend, struct run *run,
		    struct rnd_state *random)
{
	unsigned int part = test_random(random, run->count + 1);
	struct grant_ranges *ranges = backend->ranges;

	if (run->granted) {
		grant_backend_end(backend, run->first, run->count);
	} else if (test_random(random, 2)) {
		grant_range_free(ranges, run->first, run->count);
	} else {
		grant_range_split(ranges, run->first, run->count);
		grant_range_free_part(ranges, run->first + part,
				      run->count - part);
		grant_range_free_part(ranges, run->first, part);
	}
	run->count = 0;
}

/* Runs come and go, and those that are left are what they were. */
static void range_random(struct kunit *test)
{
	struct grant_backend *backend;
	struct run *runs, *run;
	struct rnd_state random;
	unsigned int i;
	int round;

	table_of_param(test);
	backend = get_backend(test, TEST_DOMID);
	runs = kunit_kcalloc(test, RUNS, sizeof(*runs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, runs);
	prandom_seed_state(&random, 3);

	for (round = 0; round < 4000; round++) {
		run = &runs[test_random(&random, RUNS)];
		if (run->count)
			end_run(backend, run, &random);
		else
			new_run(test, backend, runs, run, &random);
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
			end_run(backend, run, &random);
	grant_backend_put(backend);
}

static void expect_refused(struct kunit *test, struct grant_ranges *ranges,
			   unsigned long count)
{
	KUNIT_EXPECT_EQ_MSG(test, grant_range_alloc(ranges, count), 0,
			    "%lu references", count);
}

/* Allocates runs until there is no more, and returns how many there were. */
static unsigned int take_all(struct kunit *test, struct grant_ranges *ranges,
			     unsigned int count, grant_ref_t *runs)
{
	unsigned int taken = 0;

	while ((runs[taken] = grant_range_alloc(ranges, count)))
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
		KUNIT_ASSERT_EQ(test, grant_table_alloc(1, &refs[i]), 0);
	while (i--)
		grant_table_free(refs[i], 1);
}

/*
 * Others find references whatever we do, and we find all of our share again,
 * into whatever runs it was cut before.
 */
static void range_limit(struct kunit *test)
{
	static const unsigned int counts[] = { 1, 256, 2, 300, 32, 1, 700, 64, 1 };
	struct fake_table *table = fake_table_create(test, 1024 + 256);
	struct grant_ranges *ranges = create_ranges(test);
	const unsigned int limit = table->size / 4 * 3;
	grant_ref_t *runs;
	unsigned int taken, length, i;

	runs = kunit_kcalloc(test, table->size, sizeof(*runs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, runs);
	KUNIT_EXPECT_LE(test, 4 * grant_range_max(ranges), limit);
	KUNIT_EXPECT_GT(test, 8 * grant_range_max(ranges), limit);

	expect_refused(test, ranges, limit + 1);
	expect_refused(test, ranges, 1UL << 31);
	expect_refused(test, ranges, ULONG_MAX);

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		taken = take_all(test, ranges, counts[i], runs);
		KUNIT_EXPECT_LE(test, table->used, limit);
		length = counts[i] > GRANT_RANGE_CACHED ? counts[i] :
						roundup_pow_of_two(counts[i]);
		KUNIT_EXPECT_EQ_MSG(test, taken, limit / length, "runs of %u",
				    counts[i]);

		expect_free(test, table->size / 4 - 8);
		while (taken--)
			grant_range_free(ranges, runs[taken], counts[i]);
	}
}

static void range_table_fails(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = create_ranges(test);

	table->fail_in = 1;
	expect_refused(test, ranges, 1);
	expect_refused(test, ranges, 256);
	expect_refused(test, ranges, 257);
	KUNIT_EXPECT_EQ(test, table->used, 0);
}

/* A run that comes and goes stays idle in between, however often it does. */
static void range_kept(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_ranges *ranges = create_ranges(test);
	grant_ref_t first;
	int i;

	for (i = 0; i < 2 * GRANT_RANGE_STACK_REFS; i++) {
		first = grant_range_alloc(ranges, 1);
		KUNIT_ASSERT_NE(test, first, 0);
		grant_range_free(ranges, first, 1);
		table->fail_in = 1;
	}
}

struct handover {
	struct grant_ranges *ranges;
	unsigned int length;
	unsigned int count;
	grant_ref_t runs[2 * GRANT_RANGE_CACHED];
};

static void free_all(void *data)
{
	struct handover *handover = data;
	int i;

	for (i = 0; i < handover->count; i++)
		grant_range_free(handover->ranges, handover->runs[i],
				 handover->length);
}

/* Allocates runs on this CPU, and frees them on another. */
static void hand_over(struct kunit *test, struct handover *handover,
		      unsigned int length, unsigned int count)
{
	unsigned int other, i;

	handover->length = length;
	handover->count = count;
	for (i = 0; i < count; i++) {
		handover->runs[i] = grant_range_alloc(handover->ranges, length);
		KUNIT_EXPECT_NE(test, handover->runs[i], 0);
	}
	other = cpumask_any_but(cpu_online_mask, raw_smp_processor_id());
	KUNIT_EXPECT_EQ(test, smp_call_function_single(other, free_all,
						       handover, 1), 0);
}

static struct handover *create_handover(struct kunit *test)
{
	struct handover *handover = kunit_kzalloc(test, sizeof(*handover),
						  GFP_KERNEL);

	if (num_online_cpus() < 2)
		kunit_skip(test, "there is just one CPU");
	KUNIT_ASSERT_NOT_NULL(test, handover);
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

/* What a CPU freed is its own while the table has more, unless it is much. */
static void range_of_this_cpu(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct handover *handover = create_handover(test);
	unsigned int used;

	migrate_disable();
	hand_over(test, handover, 1, GRANT_RANGE_CACHED);
	used = table->used;
	hand_over(test, handover, 1, GRANT_RANGE_CACHED);
	KUNIT_EXPECT_EQ(test, table->used, used + GRANT_RANGE_CACHED);
	hand_over(test, handover, 1, 2 * GRANT_RANGE_CACHED);
	KUNIT_EXPECT_EQ(test, table->used, used + GRANT_RANGE_CACHED);
	migrate_enable();
}

#define WORKERS		4
#define HOLD		16

/* Workers that share ranges, and who has which reference. */
struct crowd {
	struct kunit *test;
	struct grant_ranges *ranges;
	u8 *owners;
	atomic_t workers;
	atomic_t faults;
	struct completion done;
};

static void claim(struct crowd *crowd, const struct run *run, u8 from, u8 to)
{
	unsigned int i;

	for (i = 0; i < run->count; i++)
		if (cmpxchg(&crowd->owners[run->first + i], from, to) != from)
			atomic_inc(&crowd->faults);
}

static int work(void *data)
{
	struct crowd *crowd = data;
	struct run runs[HOLD] = {}, *run;
	struct rnd_state random;
	unsigned int round;
	u8 me = atomic_inc_return(&crowd->workers);

	/* So that the table's stubs are in force here too. */
	current->kunit_test = crowd->test;
	prandom_seed_state(&random, current->pid);
	for (round = 0; round < 20000 + HOLD; round++) {
		run = &runs[round < 20000 ? test_random(&random, HOLD) : round % HOLD];
		if (run->count) {
			claim(crowd, run, me, 0);
			grant_range_free(crowd->ranges, run->first, run->count);
			run->count = 0;
		} else if (round < 20000) {
			run->count = 1 + test_random(&random, 6);
			run->first = grant_range_alloc(crowd->ranges, run->count);
			if (run->first)
				claim(crowd, run, 0, me);
			else
				atomic_inc(&crowd->faults);
		}
		cond_resched();
	}
	current->kunit_test = NULL;
	complete(&crowd->done);
	return 0;
}

/* Nobody gets what somebody else has, however many are at it. */
static void range_crowd(struct kunit *test)
{
	struct crowd crowd = { .test = test };
	struct task_struct *worker;
	int i, started = 0;

	fake_table_create(test, FAKE_TABLE_SIZE);
	crowd.ranges = create_ranges(test);
	crowd.owners = kunit_kzalloc(test, FAKE_TABLE_SIZE, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, crowd.owners);
	init_completion(&crowd.done);

	for (i = 0; i < WORKERS; i++) {
		worker = kthread_run(work, &crowd, "grant-crowd/%d", i);
		if (!IS_ERR(worker))
			started++;
	}
	KUNIT_EXPECT_EQ(test, started, WORKERS);
	while (started--)
		wait_for_completion(&crowd.done);
	KUNIT_EXPECT_EQ(test, atomic_read(&crowd.faults), 0);
	KUNIT_EXPECT_NULL(test, memchr_inv(crowd.owners, 0, FAKE_TABLE_SIZE));
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
	KUNIT_CASE(range_of_this_cpu),
	KUNIT_CASE(range_crowd),
	KUNIT_CASE(backend_shared),
	{}
};

static struct kunit_suite range_suite = {
	.name = "xen_grant_dma_range",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);
