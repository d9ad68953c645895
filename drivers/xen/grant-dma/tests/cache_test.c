// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of caches, with chunks that are just numbers.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/preempt.h>
#include <linux/slab.h>

#include "cache.h"
#include "test-device.h"

#define CHUNKS		16
#define FIRST		1	/* as no item is 0 */
#define ITEMS		(CHUNKS * GRANT_CHUNK_ITEMS)

/**
 * struct cache_test - what each test has
 * @cache: the cache
 * @reserve: its reserve
 * @chunks: all there can be
 * @is_out: which of them the cache has
 * @left: how often it may yet grow
 * @items: items in use
 */
struct cache_test {
	struct grant_cache cache;
	struct grant_reserve reserve;
	struct grant_chunk chunks[FIRST + CHUNKS];
	bool is_out[FIRST + CHUNKS];
	unsigned int left;
	u32 items[ITEMS];
};

static struct cache_test *to_test(struct grant_cache *cache)
{
	return container_of(cache, struct cache_test, cache);
}

static struct grant_chunk *test_chunk(struct grant_cache *cache, u32 item)
{
	return &to_test(cache)->chunks[item / GRANT_CHUNK_ITEMS];
}

static bool test_grow(struct grant_cache *cache)
{
	struct cache_test *t = to_test(cache);
	unsigned int i;

	if (!t->left)
		return false;
	t->left--;
	for (i = FIRST; t->is_out[i]; i++)
		;
	t->is_out[i] = true;
	grant_cache_add(cache, &t->chunks[i], ~0ULL);
	return true;
}

static void test_release(struct grant_cache *cache, struct grant_chunk *chunk,
			 u64 items)
{
	struct cache_test *t = to_test(cache);

	KUNIT_EXPECT_EQ(kunit_get_current_test(), items, ~0ULL);
	t->is_out[chunk - t->chunks] = false;
	t->left++;
}

static const struct grant_cache_ops test_ops = {
	.grow = test_grow,
	.release = test_release,
	.chunk = test_chunk,
};

static void no_schedule(struct grant_cache *cache)
{
}

static int cache_test_init(struct kunit *test)
{
	struct cache_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	kunit_activate_static_stub(test, grant_cache_schedule, no_schedule);
	for (i = 0; i < ARRAY_SIZE(t->chunks); i++)
		t->chunks[i].base = i * GRANT_CHUNK_ITEMS;
	t->left = CHUNKS;
	t->cache.ops = &test_ops;
	t->cache.weight = GRANT_CHUNK_ITEMS;
	t->cache.reserve = &t->reserve;
	t->cache.capacity = 8;
	atomic_set(&t->reserve.left, 2 * GRANT_CHUNK_ITEMS);
	t->reserve.share = U32_MAX;
	KUNIT_ASSERT_EQ(test, grant_cache_init(&t->cache), 0);
	return 0;
}

static void cache_test_exit(struct kunit *test)
{
	struct cache_test *t = test->priv;

	if (!t)
		return;
	grant_cache_destroy(&t->cache);
	KUNIT_EXPECT_EQ(test, t->left, CHUNKS);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->reserve.left), 2 * GRANT_CHUNK_ITEMS);
}

static unsigned int out(struct cache_test *t)
{
	return CHUNKS - t->left;
}

static void take(struct kunit *test, unsigned int count)
{
	struct cache_test *t = test->priv;
	unsigned int i;

	for (i = 0; i < count; i++) {
		t->items[i] = grant_cache_alloc(&t->cache);
		KUNIT_ASSERT_NE(test, t->items[i], 0);
	}
}

static void give_back(struct kunit *test, unsigned int from, unsigned int to)
{
	struct cache_test *t = test->priv;

	for (; from < to; from++)
		grant_cache_free(&t->cache, t->items[from]);
}

/* All items can be had, each of them once, and no more. */
static void items_are_distinct(struct kunit *test)
{
	struct cache_test *t = test->priv;
	unsigned long *seen = kunit_kcalloc(test, BITS_TO_LONGS(ITEMS),
					    sizeof(long), GFP_KERNEL);
	int round, i;

	KUNIT_ASSERT_NOT_NULL(test, seen);
	for (round = 0; round < 3; round++) {
		take(test, ITEMS);
		KUNIT_EXPECT_EQ(test, grant_cache_alloc(&t->cache), 0);
		for (i = 0; i < ITEMS; i++)
			__change_bit(t->items[i] - GRANT_CHUNK_ITEMS, seen);
		KUNIT_EXPECT_EQ(test, bitmap_weight(seen, ITEMS),
				round & 1 ? 0 : ITEMS);
		give_back(test, 0, ITEMS);
	}
}

/* Under the depot's lock no more than half a magazine moves, ever. */
static void few_move(struct kunit *test)
{
	struct cache_test *t = test->priv;
	struct rnd_state random;
	unsigned int used = 0, i;

	prandom_seed_state(&random, 11);
	for (i = 0; i < 20000; i++) {
		if (used && (used == ITEMS || test_random(&random, 2)))
			grant_cache_free(&t->cache, t->items[--used]);
		else
			t->items[used++] = grant_cache_alloc(&t->cache);
	}
	give_back(test, 0, used);
	KUNIT_EXPECT_GT(test, t->cache.most_moved, 0);
	KUNIT_EXPECT_LE(test, t->cache.most_moved, t->cache.capacity / 2);
}

/* What comes and goes on a CPU stays in its magazine. */
static void magazine_serves(struct kunit *test)
{
	struct cache_test *t = test->priv;
	int i;

	migrate_disable();
	take(test, 1);
	t->cache.most_moved = 0;
	for (i = 0; i < 1000; i++) {
		give_back(test, 0, 1);
		take(test, 1);
	}
	KUNIT_EXPECT_EQ(test, t->cache.most_moved, 0);
	give_back(test, 0, 1);
	migrate_enable();
}

/* An interrupt that finds the magazine in use does without it. */
static void magazine_is_busy(struct kunit *test)
{
	struct cache_test *t = test->priv;
	struct grant_magazine *magazine;

	migrate_disable();
	take(test, 2);
	magazine = raw_cpu_ptr(t->cache.magazines);
	magazine->busy = 1;
	give_back(test, 0, 2);
	take(test, 2);
	KUNIT_EXPECT_EQ(test, t->cache.most_moved, t->cache.capacity / 2);
	KUNIT_EXPECT_EQ(test, magazine->busy, 1);
	magazine->busy = 0;
	give_back(test, 0, 2);
	migrate_enable();
}

/* Chunks of which all items are free are kept as far as the reserve goes. */
static void reserve_is_kept(struct kunit *test)
{
	struct cache_test *t = test->priv;
	unsigned int in_magazine = DIV_ROUND_UP(t->cache.capacity,
						GRANT_CHUNK_ITEMS);

	migrate_disable();
	take(test, ITEMS);
	KUNIT_EXPECT_EQ(test, out(t), CHUNKS);
	give_back(test, 0, ITEMS);
	KUNIT_EXPECT_GE(test, out(t), 2);
	KUNIT_EXPECT_LE(test, out(t), 2 + in_magazine + 1);
	grant_cache_drain(&t->cache);
	KUNIT_EXPECT_EQ(test, out(t), 0);
	migrate_enable();
}

/* A burst in one cache leaves others their part. */
static void share_is_kept(struct kunit *test)
{
	struct cache_test *t = test->priv;
	int before = atomic_read(&t->reserve.left);

	t->reserve.share = GRANT_CHUNK_ITEMS;
	take(test, ITEMS);
	give_back(test, 0, ITEMS);
	KUNIT_EXPECT_EQ(test, t->cache.kept, GRANT_CHUNK_ITEMS);
	KUNIT_EXPECT_EQ(test, atomic_read(&t->reserve.left),
			before - GRANT_CHUNK_ITEMS);
	t->reserve.share = U32_MAX;
}

/* What is not used between two looks is given back, and nothing else. */
static void idle_is_reaped(struct kunit *test)
{
	struct cache_test *t = test->priv;

	migrate_disable();
	take(test, 20);
	give_back(test, 1, 20);
	KUNIT_EXPECT_EQ(test, out(t), 1);
	grant_cache_reap(&t->cache);
	KUNIT_EXPECT_GT(test, raw_cpu_ptr(t->cache.magazines)->count, 0);
	grant_cache_reap(&t->cache);
	KUNIT_EXPECT_EQ(test, raw_cpu_ptr(t->cache.magazines)->count, 0);
	KUNIT_EXPECT_EQ(test, out(t), 1);
	give_back(test, 0, 1);
	grant_cache_reap(&t->cache);
	KUNIT_EXPECT_EQ(test, out(t), 0);
	migrate_enable();
}

/* Without magazines, the depot alone serves. */
static void no_magazines(struct kunit *test)
{
	struct cache_test *t = test->priv;

	t->cache.capacity = 0;
	take(test, 100);
	give_back(test, 0, 100);
	KUNIT_EXPECT_EQ(test, t->cache.most_moved, 1);
	t->cache.capacity = 8;
}

static struct kunit_case cache_cases[] = {
	KUNIT_CASE(items_are_distinct),
	KUNIT_CASE(few_move),
	KUNIT_CASE(magazine_serves),
	KUNIT_CASE(magazine_is_busy),
	KUNIT_CASE(reserve_is_kept),
	KUNIT_CASE(share_is_kept),
	KUNIT_CASE(idle_is_reaped),
	KUNIT_CASE(no_magazines),
	{ }
};

static struct kunit_suite cache_suite = {
	.name = "xen_grant_dma_cache",
	.init = cache_test_init,
	.exit = cache_test_exit,
	.test_cases = cache_cases,
};

kunit_test_suite(cache_suite);
