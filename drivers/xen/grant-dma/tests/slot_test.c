// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of memory for copies.
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
#include <linux/workqueue.h>

#include "backend.h"
#include "device.h"
#include "fake-table.h"
#include "slot.h"
#include "test-device.h"

#define MANY		1000

struct slot_test {
	struct fake_table *table;
	struct device *dev;
	struct grant_backend *backend;
	struct grant_slots *slots;
	dma_addr_t addrs[MANY];
};

static int slot_init(struct kunit *test)
{
	struct slot_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct grant_device *gdev;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = strict_table(test);
	t->dev = test_device(test, "slots", TEST_DOMID);
	gdev = test_gdev(t->dev);
	t->backend = gdev->backend;
	t->slots = t->backend->slots;
	return 0;
}

static int pages(struct slot_test *t)
{
	return atomic_read(&t->slots->pages);
}

static dma_addr_t slot_alloc(struct slot_test *t, enum grant_slot_use use,
			     unsigned int shift)
{
	struct grant_slot slot;

	if (!grant_slot_alloc(t->slots, use, BIT(shift), &slot))
		return DMA_MAPPING_ERROR;
	return slot.addr;
}

static struct grant_slot_page *page_of(struct slot_test *t, dma_addr_t addr)
{
	return t->backend->ranges->info[xen_grant_dma_ref(addr)].page;
}

static void slot_free(struct slot_test *t, dma_addr_t addr)
{
	grant_slot_free(page_of(t, addr), addr);
}

static void alloc_many(struct kunit *test, unsigned int shift)
{
	struct slot_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++) {
		t->addrs[i] = slot_alloc(t, i & 1 ? GRANT_SLOT_READONLY :
						     GRANT_SLOT_WRITABLE, shift);
		KUNIT_ASSERT_NE(test, t->addrs[i], DMA_MAPPING_ERROR);
	}
}

static void free_many(struct kunit *test)
{
	struct slot_test *t = test->priv;
	int i;

	for (i = 0; i < MANY; i++)
		slot_free(t, t->addrs[i]);
}

static int compare(const void *a, const void *b)
{
	return *(dma_addr_t *)a < *(dma_addr_t *)b ? -1 :
	       *(dma_addr_t *)a > *(dma_addr_t *)b;
}

/* Slots of any size are zero, granted, in one page each, and nobody else's. */
static void slots_of_each_size(struct kunit *test)
{
	struct slot_test *t = test->priv;
	unsigned int shift, i;
	void *vaddr;

	for (shift = GRANT_SLOT_MIN_SHIFT; shift <= XEN_PAGE_SHIFT; shift++) {
		alloc_many(test, shift);
		for (i = 0; i < MANY; i++) {
			KUNIT_ASSERT_TRUE(test, IS_ALIGNED(t->addrs[i], BIT(shift)));
			vaddr = test_view(test, t->addrs[i]);
			KUNIT_ASSERT_NULL(test, memchr_inv(vaddr, 0, BIT(shift)));
			memset(vaddr, 1, BIT(shift));
		}
		sort(t->addrs, MANY, sizeof(dma_addr_t), compare, NULL);
		for (i = 1; i < MANY; i++)
			KUNIT_ASSERT_GE(test, t->addrs[i] - t->addrs[i - 1],
					BIT(shift));
		for (i = 0; i < MANY; i++)
			memset(test_view(test, t->addrs[i]), 0, BIT(shift));
		free_many(test);
	}
}

/* Once there are slots, nothing is granted or ended any more. */
static void no_grant_operation(struct kunit *test)
{
	struct slot_test *t = test->priv;
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
	struct slot_test *t = test->priv;
	dma_addr_t kept;

	alloc_many(test, 8);
	KUNIT_EXPECT_GE(test, pages(t), MANY * 256 / 4096);
	kept = slot_alloc(t, GRANT_SLOT_WRITABLE, 8);
	free_many(test);
	grant_slots_drain(t->slots);

	/* The page in use is left, however often, and its other slots are there. */
	grant_slots_drain(t->slots);
	KUNIT_EXPECT_EQ(test, pages(t), 1);
	KUNIT_EXPECT_EQ(test, t->table->granted, 1);
	alloc_many(test, 8);
	free_many(test);
	slot_free(t, kept);
	grant_slots_drain(t->slots);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
}

/* When references run out, those of idle pages serve slots of another size. */
static void shrinks_when_short(struct kunit *test)
{
	struct slot_test *t = test->priv;
	grant_ref_t *refs;
	int count = 0;
	dma_addr_t slot;

	refs = kunit_kcalloc(test, t->table->size, sizeof(*refs), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, refs);
	alloc_many(test, 8);
	free_many(test);
	while ((refs[count] = grant_range_alloc(t->backend->ranges, 1)))
		count++;

	slot = slot_alloc(t, GRANT_SLOT_WRITABLE, 11);
	KUNIT_EXPECT_NE(test, slot, DMA_MAPPING_ERROR);
	if (slot != DMA_MAPPING_ERROR)
		slot_free(t, slot);
	while (count--)
		grant_range_free(t->backend->ranges, refs[count], 1);
}

/* What magazines hold is kept, and no page beside it where there is no reserve. */
static void keeps_few(struct kunit *test)
{
	unsigned int held = GRANT_SLOT_USES * GRANT_MAGAZINE_ITEMS *
			    num_possible_cpus();
	struct slot_test *t = test->priv;

	atomic_set(&t->backend->ranges->reserve.left, 0);
	alloc_many(test, XEN_PAGE_SHIFT);
	KUNIT_EXPECT_GE(test, pages(t), MANY);
	free_many(test);
	KUNIT_EXPECT_LE(test, pages(t), held);
	KUNIT_EXPECT_GT(test, pages(t), 0);
}

/* A domain that was restored has a new grant table, in which nothing is granted. */
static void granted_again(struct kunit *test)
{
	struct slot_test *t = test->priv;
	void *buffer = kunit_kzalloc(test, 300, GFP_KERNEL);
	dma_addr_t in, out;
	grant_ref_t ref;
	int i;

	for (i = 0; i < 2; i++) {
		in = dma_map_single(t->dev, buffer, 300, DMA_FROM_DEVICE);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, in));
		out = dma_map_single(t->dev, buffer, 300, DMA_TO_DEVICE);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, out));
		dma_unmap_single(t->dev, in, 300, DMA_FROM_DEVICE);
		dma_unmap_single(t->dev, out, 300, DMA_TO_DEVICE);
		KUNIT_EXPECT_EQ(test, t->table->granted, pages(t));
		KUNIT_EXPECT_TRUE(test, t->table->entries[test_ref(test, out)].readonly);
		KUNIT_EXPECT_FALSE(test, t->table->entries[test_ref(test, in)].readonly);

		/* The second time the table is the old one, as none was restored. */
		for (ref = 0; !i && ref < t->table->size; ref++)
			t->table->entries[ref].granted = false;
		t->table->granted = i ? t->table->granted : 0;
		t->table->restored = !i;
		grant_slot_pages_regrant(t->backend);
		KUNIT_EXPECT_EQ(test, t->table->granted, pages(t));
	}
}

static void gone_with_last_device(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct device *other = test_device(test, "other", TEST_DOMID - 1);
	struct grant_backend *backend = grant_backend_get(TEST_DOMID - 1);
	struct grant_slot slot;

	KUNIT_ASSERT_TRUE(test, grant_slot_alloc(backend->slots,
						 GRANT_SLOT_WRITABLE, 1,
						 &slot));
	grant_slot_free(slot.page, slot.addr);
	KUNIT_EXPECT_GT(test, t->table->granted, 0);
	kunit_device_unregister(test, other);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	KUNIT_EXPECT_NULL(test, backend->slots);
	grant_backend_put(backend);
}

static long free_many_here(void *data)
{
	/* So that the table's stubs are in force here too. */
	current->kunit_test = data;
	free_many(data);
	current->kunit_test = NULL;
	return 0;
}

/* What is freed on one CPU serves another, but for what that CPU keeps. */
static void slots_from_other_cpu(struct kunit *test)
{
	unsigned int other = cpumask_any_but(cpu_online_mask,
					     raw_smp_processor_id());
	struct slot_test *t = test->priv;
	int round, grown = 0;

	if (other >= nr_cpu_ids)
		kunit_skip(test, "there is just one CPU");

	for (round = 0; round < 10; round++) {
		alloc_many(test, 10);
		grown = grown ?: pages(t) + GRANT_SLOT_USES * GRANT_MAGAZINE_ITEMS;
		KUNIT_EXPECT_LE(test, pages(t), grown);
		KUNIT_ASSERT_EQ(test, work_on_cpu(other, free_many_here, test), 0);
	}
}

#define WORKERS		3
#define ROUNDS		20000
#define HOLD		16

struct stress {
	struct kunit *test;
	atomic_t workers;
	atomic_t working;
	atomic_t faults;
	struct completion done;
};

static unsigned int *memory_of(struct slot_test *t, dma_addr_t slot)
{
	return page_of(t, slot)->vaddr + xen_offset_in_page(slot);
}

/* Every slot bears its owner's mark as long as it is in use. */
static int work(void *data)
{
	struct stress *stress = data;
	struct slot_test *t = stress->test->priv;
	unsigned int me = atomic_inc_return(&stress->workers);
	struct rnd_state random;
	dma_addr_t slots[HOLD] = {}, *slot;
	unsigned int round;

	/* So that the table's stubs are in force here too. */
	current->kunit_test = stress->test;
	prandom_seed_state(&random, me);
	for (round = 0; round < ROUNDS + HOLD; round++) {
		slot = &slots[round < ROUNDS ? test_random(&random, HOLD) :
					       round - ROUNDS];
		if (*slot) {
			if (cmpxchg(memory_of(t, *slot), me, 0) != me)
				atomic_inc(&stress->faults);
			slot_free(t, *slot);
			*slot = 0;
		} else if (round < ROUNDS) {
			*slot = slot_alloc(t, me % GRANT_SLOT_USES,
					   6 + test_random(&random, 7));
			if (*slot == DMA_MAPPING_ERROR) {
				*slot = 0;
				atomic_inc(&stress->faults);
			} else if (cmpxchg(memory_of(t, *slot), 0, me)) {
				atomic_inc(&stress->faults);
			}
		}
		cond_resched();
	}
	current->kunit_test = NULL;
	if (atomic_dec_and_test(&stress->working))
		complete(&stress->done);
	return 0;
}

/* Nobody gets what somebody else has, though caches are drained all the time. */
static void slot_stress(struct kunit *test)
{
	struct slot_test *t = test->priv;
	struct stress stress = { .test = test, .working = ATOMIC_INIT(WORKERS) };
	int i;

	init_completion(&stress.done);
	for (i = 0; i < WORKERS; i++)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(work, &stress, "grant-stress")));
	while (!wait_for_completion_timeout(&stress.done, 1))
		grant_slots_drain(t->slots);
	KUNIT_EXPECT_EQ(test, atomic_read(&stress.faults), 0);
	grant_slots_drain(t->slots);
	KUNIT_EXPECT_EQ(test, pages(t), 0);
}

static struct kunit_case slot_cases[] = {
	KUNIT_CASE_PARAM(slots_of_each_size, table_params),
	KUNIT_CASE(no_grant_operation),
	KUNIT_CASE(shrinks_when_idle),
	KUNIT_CASE(shrinks_when_short),
	KUNIT_CASE(keeps_few),
	KUNIT_CASE(granted_again),
	KUNIT_CASE(gone_with_last_device),
	KUNIT_CASE(slots_from_other_cpu),
	KUNIT_CASE(slot_stress),
	{ }
};

static struct kunit_suite slot_suite = {
	.name = "xen_grant_dma_slot",
	.init = slot_init,
	.test_cases = slot_cases,
};
kunit_test_suite(slot_suite);
