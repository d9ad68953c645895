// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the pool of bounce memory.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/smp.h>
#include <linux/sort.h>
#include <linux/string.h>

#include "address.h"
#include "backend.h"
#include "device.h"
#include "fake-table.h"
#include "pool.h"
#include "test-device.h"

#define MANY		1000

struct pool_test {
	struct fake_table *table;
	struct device *dev;
	struct grant_backend *backend;
	struct grant_pool *pool;
	u32 slots[MANY];
};

static int pool_init(struct kunit *test)
{
	struct pool_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct xen_grant_dma_device *gdev;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = strict_table(test);
	t->dev = test_device(test, "pool", TEST_DOMID);
	gdev = t->dev->xen_grant_dma;
	t->backend = gdev->backend;
	t->pool = t->backend->pool;
	return 0;
}

static int pages(struct pool_test *t)
{
	return atomic_read(&t->pool->pages);
}

static u32 slot_alloc(struct pool_test *t, enum grant_slot_use use,
		      unsigned int shift)
{
	return grant_slot_alloc(t->pool, t->backend->ranges, use, shift);
}

static void slot_free(struct pool_test *t, u32 slot)
{
	struct grant_ranges *ranges = t->backend->ranges;

	grant_slot_free(t->pool, ranges->bounces[grant_slot_ref(slot)], slot);
}

static void alloc_many(struct kunit *test, unsigned int shift)
{
	struct pool_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++) {
		t->slots[i] = slot_alloc(t, i & 1 ? GRANT_SLOT_READONLY :
						     GRANT_SLOT_WRITABLE, shift);
		KUNIT_ASSERT_NE(test, t->slots[i], 0);
	}
}

static void free_many(struct kunit *test)
{
	struct pool_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++)
		slot_free(t, t->slots[i]);
}

static int compare(const void *a, const void *b)
{
	return *(u32 *)a < *(u32 *)b ? -1 : *(u32 *)a > *(u32 *)b;
}

/* Slots of any size are zero, granted, in one page each, and nobody else's. */
static void slots_of_each_size(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int shift, i;
	void *vaddr;

	for (shift = GRANT_SLOT_MIN_SHIFT; shift <= XEN_PAGE_SHIFT; shift++) {
		alloc_many(test, shift);
		for (i = 0; i < MANY; i++) {
			KUNIT_ASSERT_EQ(test, grant_slot_offset(t->slots[i]) &
					      (BIT(shift) - 1), 0);
			vaddr = test_view(test, grant_dma_addr(grant_slot_ref(t->slots[i]),
							       grant_slot_offset(t->slots[i])));
			KUNIT_ASSERT_NULL(test, memchr_inv(vaddr, 0, BIT(shift)));
			memset(vaddr, 1, BIT(shift));
		}
		sort(t->slots, MANY, sizeof(u32), compare, NULL);
		for (i = 1; i < MANY; i++)
			KUNIT_ASSERT_GE(test, t->slots[i] - t->slots[i - 1],
					BIT(shift - GRANT_SLOT_MIN_SHIFT));
		free_many(test);
	}
}

/* Once the pool has grown, nothing is granted or ended any more. */
static void no_grant_operation(struct kunit *test)
{
	struct pool_test *t = test->priv;
	void *buffer = kunit_kzalloc(test, 300, GFP_KERNEL);
	dma_addr_t addr;
	int grown, i;

	addr = dma_map_single(t->dev, buffer, 300, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	dma_unmap_single(t->dev, addr, 300, DMA_TO_DEVICE);
	grown = t->table->used;
	t->table->fail_in = 1;
	for (i = 0; i < 100; i++) {
		addr = dma_map_single(t->dev, buffer, 300, DMA_TO_DEVICE);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
		KUNIT_EXPECT_EQ(test, t->table->granted, pages(t));
		dma_unmap_single(t->dev, addr, 300, DMA_TO_DEVICE);
	}
	KUNIT_EXPECT_EQ(test, t->table->used, grown);
}

static void shrinks_when_idle(struct kunit *test)
{
	struct pool_test *t = test->priv;
	u32 kept;

	alloc_many(test, 8);
	KUNIT_EXPECT_GE(test, pages(t), MANY * 256 / 4096);
	kept = slot_alloc(t, GRANT_SLOT_WRITABLE, 8);
	free_many(test);
	grant_pool_trim(t->pool);

	/* The page in use is left, however often, and its other slots are there. */
	grant_pool_trim(t->pool);
	KUNIT_EXPECT_EQ(test, pages(t), 1);
	KUNIT_EXPECT_EQ(test, t->table->granted, 1);
	alloc_many(test, 8);
	free_many(test);
	slot_free(t, kept);
	grant_pool_trim(t->pool);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
}

/* When references run out, those of idle pages serve slots of another size. */
static void shrinks_when_short(struct kunit *test)
{
	struct pool_test *t = test->priv;
	grant_ref_t *refs;
	int count = 0;
	u32 slot;

	refs = kunit_kcalloc(test, t->table->size, sizeof(*refs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, refs);
	alloc_many(test, 8);
	free_many(test);
	while ((refs[count] = grant_range_alloc(t->backend->ranges, 1)))
		count++;

	slot = slot_alloc(t, GRANT_SLOT_WRITABLE, 11);
	KUNIT_EXPECT_NE(test, slot, 0);
	if (slot)
		slot_free(t, slot);
	while (count--)
		grant_range_free(t->backend->ranges, refs[count], 1);
}

/* Beyond its limit a pool lends pages that it doesn't keep. */
static void is_bounded(struct kunit *test)
{
	struct pool_test *t = test->priv;
	unsigned int limit = 2 * XEN_PFN_PER_PAGE;

	t->pool->limit = limit;
	alloc_many(test, 8);
	KUNIT_EXPECT_GT(test, pages(t), limit);
	free_many(test);
	KUNIT_EXPECT_LE(test, pages(t), limit);
	KUNIT_EXPECT_GT(test, pages(t), 0);
}

static void emptied_with_last_device(struct kunit *test)
{
	struct pool_test *t = test->priv;
	struct device *other = test_device(test, "other", TEST_DOMID - 1);
	struct xen_grant_dma_device *gdev = other->xen_grant_dma;
	struct grant_backend *backend = grant_backend_get(TEST_DOMID - 1);
	struct grant_pool *pool = gdev->backend->pool;
	u32 slot = grant_slot_alloc(pool, backend->ranges, GRANT_SLOT_WRITABLE, 6);

	grant_slot_free(pool, backend->ranges->bounces[grant_slot_ref(slot)],
			slot);
	KUNIT_EXPECT_GT(test, t->table->granted, 0);
	kunit_device_unregister(test, other);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	grant_backend_put(backend);
}

static void free_many_here(void *data)
{
	free_many(data);
}

/* What is freed on one CPU serves another, and the pool doesn't grow. */
static void slots_from_other_cpu(struct kunit *test)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	struct pool_test *t = test->priv;
	int round, grown = 0;

	if (other >= nr_cpu_ids)
		kunit_skip(test, "there is just one CPU");

	for (round = 0; round < 3; round++) {
		alloc_many(test, 9);
		grown = grown ?: pages(t);
		KUNIT_EXPECT_EQ(test, pages(t), grown);
		KUNIT_ASSERT_EQ(test, smp_call_function_single(other, free_many_here,
							       test, 1), 0);
	}
}

#define WORKERS		3
#define ROUNDS		20000
#define HOLD		16

struct crowd {
	struct kunit *test;
	atomic_t workers;
	atomic_t working;
	atomic_t faults;
	struct completion done;
};

static u64 *memory_of(struct pool_test *t, u32 slot)
{
	struct grant_pool_page *page =
		t->backend->ranges->bounces[grant_slot_ref(slot)];

	return page->vaddr + grant_slot_offset(slot);
}

/* Every slot bears its owner's mark as long as it is in use. */
static int work(void *data)
{
	struct crowd *crowd = data;
	struct pool_test *t = crowd->test->priv;
	u64 me = atomic_inc_return(&crowd->workers);
	struct rnd_state random;
	u32 slots[HOLD] = {}, *slot;
	unsigned int round;

	/* So that the table's stubs are in force here too. */
	current->kunit_test = crowd->test;
	prandom_seed_state(&random, me);
	for (round = 0; round < ROUNDS + HOLD; round++) {
		slot = &slots[round < ROUNDS ? test_random(&random, HOLD) :
					       round - ROUNDS];
		if (*slot) {
			if (cmpxchg(memory_of(t, *slot), me, 0) != me)
				atomic_inc(&crowd->faults);
			slot_free(t, *slot);
			*slot = 0;
		} else if (round < ROUNDS) {
			*slot = slot_alloc(t, me % GRANT_SLOT_USES,
					   6 + test_random(&random, 7));
			if (!*slot || cmpxchg(memory_of(t, *slot), 0, me))
				atomic_inc(&crowd->faults);
		}
		cond_resched();
	}
	current->kunit_test = NULL;
	if (atomic_dec_and_test(&crowd->working))
		complete(&crowd->done);
	return 0;
}

/* Nobody gets what somebody else has, though the pool is trimmed all the time. */
static void pool_crowd(struct kunit *test)
{
	struct pool_test *t = test->priv;
	struct crowd crowd = { .test = test, .working = ATOMIC_INIT(WORKERS) };
	int i;

	init_completion(&crowd.done);
	for (i = 0; i < WORKERS; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(work, &crowd, "pool")));
	while (!wait_for_completion_timeout(&crowd.done, 1))
		grant_pool_trim(t->pool);
	KUNIT_EXPECT_EQ(test, atomic_read(&crowd.faults), 0);
	grant_pool_trim(t->pool);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
}

static struct kunit_case pool_cases[] = {
	KUNIT_CASE_PARAM(slots_of_each_size, table_params),
	KUNIT_CASE(no_grant_operation),
	KUNIT_CASE(shrinks_when_idle),
	KUNIT_CASE(shrinks_when_short),
	KUNIT_CASE(is_bounded),
	KUNIT_CASE(emptied_with_last_device),
	KUNIT_CASE(slots_from_other_cpu),
	KUNIT_CASE(pool_crowd),
	{ }
};

static struct kunit_suite pool_suite = {
	.name = "xen_grant_dma_pool",
	.init = pool_init,
	.test_cases = pool_cases,
};
kunit_test_suite(pool_suite);
