// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of runs of bits, beside a bitmap that does the same one bit after another.
 */

#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/log2.h>

#include "bits.h"
#include "test-device.h"

#define WORDS_MAX	16
#define RUNS		64

/* One word, as many as references have, and as bounce areas have; and none of these. */
static const unsigned int words[] = { 1, 256 / BITS_PER_LONG, 5, WORDS_MAX };

static void words_desc(const unsigned int *n, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%u words", *n);
}

KUNIT_ARRAY_PARAM(words, words, words_desc);

struct run {
	unsigned int at;
	unsigned int count;	/* 0 for none */
};

/**
 * struct bits_test - what each test has
 * @bits: what is tested, and a word behind it that must not be had
 * @n: its words
 * @model: what it should be
 */
struct bits_test {
	atomic_long_t bits[WORDS_MAX + 1];
	unsigned int n;
	DECLARE_BITMAP(model, WORDS_MAX * BITS_PER_LONG);
};

static int bits_init(struct kunit *test)
{
	struct bits_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->n = test->param_value ? *(const unsigned int *)test->param_value : WORDS_MAX;
	return 0;
}

static void expect_model(struct kunit *test)
{
	struct bits_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < t->n; i++)
		KUNIT_ASSERT_EQ(test, (unsigned long)atomic_long_read(&t->bits[i]), t->model[i]);
	KUNIT_ASSERT_EQ(test, atomic_long_read(&t->bits[t->n]), 0);
}

/* Short runs are as frequent as long ones. */
static unsigned int random_count(struct rnd_state *random, unsigned int most)
{
	static const unsigned int mosts[] = { 8, BITS_PER_LONG, 256 };

	return 1 + test_random(random, min(most, mosts[test_random(random, 3)]));
}

static void take(struct kunit *test, struct run *run, unsigned int count)
{
	struct bits_test *t = test->priv;
	unsigned int size = t->n * BITS_PER_LONG, align = roundup_pow_of_two(count);
	unsigned int at = grant_bits_take(t->bits, t->n, count);

	if (at == GRANT_BITS_NONE) {
		KUNIT_ASSERT_GE_MSG(test, bitmap_find_next_zero_area(t->model, size, 0, count,
								     align - 1), size,
				    "%u bits are free", count);
		return;
	}
	KUNIT_ASSERT_TRUE_MSG(test, IS_ALIGNED(at, align) && at + count <= size,
			      "%u bits at %u", count, at);
	KUNIT_ASSERT_GE_MSG(test, find_next_bit(t->model, size, at), at + count,
			    "%u bits at %u are not free", count, at);
	bitmap_set(t->model, at, count);
	*run = (struct run) { at, count };
}

static void give(struct kunit *test, struct run *run)
{
	struct bits_test *t = test->priv;

	bitmap_clear(t->model, run->at, run->count);
	grant_bits_give(t->bits, run->at, run->count);
	run->count = 0;
}

/* A run is aligned and was free; where there is such a run, one is had. */
static void runs_random(struct kunit *test)
{
	struct bits_test *t = test->priv;
	struct run runs[RUNS] = { }, *run;
	struct rnd_state random;
	int round, i;

	prandom_seed_state(&random, 21);
	for (round = 0; round < 20000; round++) {
		run = &runs[test_random(&random, RUNS)];
		if (run->count)
			give(test, run);
		else
			take(test, run, random_count(&random, t->n * BITS_PER_LONG));
		expect_model(test);
	}
	for (i = 0; i < RUNS; i++)
		if (runs[i].count)
			give(test, &runs[i]);
	KUNIT_EXPECT_TRUE(test, bitmap_empty(t->model, t->n * BITS_PER_LONG));
	expect_model(test);
}

/* All bits can be had, as runs of any length, up to what alignment takes. */
static void runs_fill_all(struct kunit *test)
{
	struct bits_test *t = test->priv;
	unsigned int size = t->n * BITS_PER_LONG, count, taken, fit;
	struct run run;

	for (count = 1; count <= size; count++) {
		fit = size / roundup_pow_of_two(count);
		fit += size % roundup_pow_of_two(count) >= count;
		for (taken = 0; taken <= size; taken++) {
			run.count = 0;
			take(test, &run, count);
			if (!run.count)
				break;
		}
		KUNIT_ASSERT_EQ_MSG(test, taken, fit, "runs of %u", count);
		bitmap_clear(t->model, 0, size);
		memset(t->bits, 0, sizeof(t->bits));
	}
}

/* A long run that fails half-way gives back what it had, and nothing of others. */
static void long_run_fails(struct kunit *test)
{
	struct bits_test *t = test->priv;
	unsigned int size = t->n * BITS_PER_LONG, at;

	for (at = 0; at < size; at++) {
		bitmap_set(t->model, at, 1);
		atomic_long_set(&t->bits[at / BITS_PER_LONG], BIT(at % BITS_PER_LONG));
		KUNIT_ASSERT_EQ(test, grant_bits_take(t->bits, t->n, size), GRANT_BITS_NONE);
		expect_model(test);
		bitmap_clear(t->model, at, 1);
		grant_bits_clear(t->bits, at, 1);
		expect_model(test);
	}
	KUNIT_EXPECT_EQ(test, grant_bits_take(t->bits, t->n, size), 0);
	KUNIT_EXPECT_EQ(test, grant_bits_take(t->bits, t->n, 1), GRANT_BITS_NONE);
}

static struct kunit_case bits_cases[] = {
	KUNIT_CASE_PARAM(runs_random, words_gen_params),
	KUNIT_CASE_PARAM(runs_fill_all, words_gen_params),
	KUNIT_CASE_PARAM(long_run_fails, words_gen_params),
	{ }
};

static struct kunit_suite bits_suite = {
	.name = "xen_grant_dma_bits",
	.init = bits_init,
	.test_cases = bits_cases,
};

kunit_test_suite(bits_suite);
