// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of runs of grant references, and of the backends that have them.
 */

#include <kunit/test.h>

#include <linux/limits.h>
#include <linux/string.h>

#include <xen/page.h>

#include "backend.h"
#include "fake-table.h"
#include "range.h"
#include "table.h"
#include "test-device.h"

#define RUNS		64
#define MAX_RUN		48
#define FRAME		0x12340	/* nobody follows the grants of these tests */

struct run {
	grant_ref_t first;
	unsigned int count;	/* 0 for none */
	unsigned long frame;
	bool granted;
};

static unsigned int used(const struct grant_backend *backend)
{
	return atomic_read(&backend->usage.used);
}

static struct grant_backend *get_backend(struct kunit *test, domid_t domid)
{
	struct grant_backend *backend = grant_backend_get(domid);

	KUNIT_ASSERT_NOT_NULL(test, backend);
	return backend;
}

static void new_run(struct kunit *test, struct grant_backend *backend,
		    struct run *runs, struct run *run, struct rnd_state *random)
{
	struct run *other;

	run->count = 1 + test_random(random, MAX_RUN);
	KUNIT_ASSERT_EQ(test, grant_range_alloc(backend, run->count,
						&run->first), 0);
	for (other = runs; other < runs + RUNS; other++)
		KUNIT_ASSERT_TRUE_MSG(test, other == run || !other->count ||
				      other->first >= run->first + run->count ||
				      run->first >= other->first + other->count,
				      "%u at %#x and %u at %#x overlap",
				      run->count, run->first,
				      other->count, other->first);

	run->granted = test_random(random, 4);
	if (!run->granted)
		return;
	run->frame = FRAME + test_random(random, 1000);
	grant_range_grant(backend, run->first, run->frame, run->count,
			  test_random(random, 2));
}

static void end_run(struct grant_backend *backend, struct run *run,
		    struct rnd_state *random)
{
	unsigned int half = test_random(random, run->count + 1);

	if (run->granted) {
		grant_range_end(backend, run->first, run->count);
	} else {
		grant_range_free(backend, run->first + half, run->count - half);
		grant_range_free(backend, run->first, half);
	}
	run->count = 0;
}

/* Runs come and go, and those that are left are what they were. */
static void range_random(struct kunit *test)
{
	struct grant_backend *backend = get_backend(test, TEST_DOMID);
	struct run *runs, *run;
	struct rnd_state random;
	unsigned int total, i;
	int round;

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

		total = 0;
		for (run = runs; run < runs + RUNS; run++) {
			total += run->count;
			for (i = 0; run->granted && i < run->count; i++)
				KUNIT_ASSERT_EQ_MSG(test,
						    gfn_to_pfn(grant_table_gfn(run->first + i)),
						    run->frame + i, "round %d", round);
		}
		KUNIT_ASSERT_EQ_MSG(test, used(backend), total, "round %d", round);
	}

	for (run = runs; run < runs + RUNS; run++)
		if (run->count)
			end_run(backend, run, &random);
	KUNIT_EXPECT_EQ(test, used(backend), 0);
	KUNIT_EXPECT_GE(test, atomic_read(&backend->usage.peak), MAX_RUN);
	grant_backend_put(backend);
}

/* What is granted: to whom, which frames, how. */
static void range_grant(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_backend *backend = get_backend(test, 17);
	const struct fake_entry *entry;
	grant_ref_t first;
	int readonly, i;

	for (readonly = 0; readonly < 2; readonly++) {
		KUNIT_ASSERT_EQ(test, grant_range_alloc(backend, 7, &first), 0);
		/* Only the middle is granted. */
		grant_range_grant(backend, first + 2, FRAME, 3, readonly);
		for (i = 0; i < 7; i++) {
			entry = &table->entries[first + i];
			KUNIT_EXPECT_EQ(test, entry->granted, i >= 2 && i < 5);
			if (!entry->granted)
				continue;
			KUNIT_EXPECT_EQ(test, entry->domid, 17);
			KUNIT_EXPECT_EQ(test, entry->gfn,
					pfn_to_gfn(FRAME + i - 2));
			KUNIT_EXPECT_EQ(test, entry->readonly, readonly);
		}
		grant_range_free(backend, first, 2);
		grant_range_end(backend, first + 2, 3);
		grant_range_free(backend, first + 5, 2);
	}
	KUNIT_EXPECT_EQ(test, used(backend), 0);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	grant_backend_put(backend);
}

static void expect_refused(struct kunit *test, struct grant_backend *backend,
			   unsigned long count)
{
	unsigned int before = used(backend);
	grant_ref_t first;

	KUNIT_EXPECT_EQ_MSG(test, grant_range_alloc(backend, count, &first),
			    -ENOMEM, "%lu references", count);
	KUNIT_EXPECT_EQ(test, used(backend), before);
}

/* One backend can't take all references from the others. */
static void range_limit(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, 1024);
	struct grant_backend *greedy = get_backend(test, TEST_DOMID);
	struct grant_backend *other = get_backend(test, TEST_DOMID - 1);
	grant_ref_t first, theirs;

	KUNIT_EXPECT_LT(test, greedy->limit, 1024);
	KUNIT_EXPECT_LE(test, 4 * grant_range_max(greedy), greedy->limit);

	expect_refused(test, greedy, (unsigned long)greedy->limit + 1);
	expect_refused(test, greedy, 1UL << 31);
	expect_refused(test, greedy, ULONG_MAX);

	KUNIT_ASSERT_EQ(test, grant_range_alloc(greedy, greedy->limit, &first),
			0);
	expect_refused(test, greedy, 1);
	KUNIT_EXPECT_EQ(test, grant_range_alloc(other, 64, &theirs), 0);

	/* Here the table is what is short. */
	expect_refused(test, other, other->limit - 64);

	grant_range_free(greedy, first, 1);
	KUNIT_EXPECT_EQ(test, grant_range_alloc(greedy, 1, &first), 0);
	KUNIT_EXPECT_EQ(test, used(greedy), greedy->limit);
	KUNIT_EXPECT_EQ(test, table->used, greedy->limit + 64);

	grant_backend_put(other);
	grant_backend_put(greedy);
}

static void range_table_fails(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct grant_backend *backend = get_backend(test, TEST_DOMID);

	table->fail_in = 1;
	expect_refused(test, backend, 1);
	KUNIT_EXPECT_EQ(test, table->used, 0);
	grant_backend_put(backend);
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

static void range_random_on_table(struct kunit *test)
{
	struct fake_table *table = table_of_param(test);

	range_random(test);
	if (table)
		KUNIT_EXPECT_EQ(test, table->used, 0);
}

static struct kunit_case range_cases[] = {
	KUNIT_CASE_PARAM(range_random_on_table, table_params),
	KUNIT_CASE(range_grant),
	KUNIT_CASE(range_limit),
	KUNIT_CASE(range_table_fails),
	KUNIT_CASE(backend_shared),
	{}
};

static struct kunit_suite range_suite = {
	.name = "xen_grant_dma_range",
	.test_cases = range_cases,
};

kunit_test_suite(range_suite);
