// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the bounce buffers in the pages of a virtqueue's rings.
 */

#include <kunit/test.h>

#include <linux/atomic.h>
#include <linux/completion.h>
#include <linux/dma-mapping.h>
#include <linux/kthread.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "vring_bounce.h"

#define MEMORY		2048
/* What is given of it begins at an odd place, and ends at one. */
#define MARGIN		70
#define GIVEN		(MEMORY - 2 * MARGIN)
#define MANY		100
#define LARGEST		128
#define GUARD		0x5a
/* Not a multiple of anything, and far from what the CPU uses. */
#define ADDR		((dma_addr_t)0x8000000012345678)

static const enum dma_data_direction directions[] = {
	DMA_TO_DEVICE, DMA_FROM_DEVICE
};

struct bounce_test {
	struct vring_bounce *bounce;
	struct rnd_state rnd;
	/* What the device sees, of each direction */
	u8 memory[2][MEMORY];
	u8 buffers[MANY][LARGEST];
	dma_addr_t addrs[MANY];
};

static void *given(struct bounce_test *t, int i)
{
	return t->memory[i] + MARGIN;
}

static dma_addr_t given_addr(int i)
{
	return ADDR + i * SZ_1M + MARGIN;
}

static void *device_view(struct bounce_test *t, int i, dma_addr_t addr)
{
	return t->memory[i] + (addr - ADDR - i * SZ_1M);
}

static int bounce_init(struct kunit *test)
{
	struct bounce_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	prandom_seed_state(&t->rnd, 1);
	t->bounce = vring_bounce_create();
	KUNIT_ASSERT_NOT_NULL(test, t->bounce);
	for (i = 0; i < 2; i++) {
		memset(t->memory[i], GUARD, MEMORY);
		memset(given(t, i), 0, GIVEN);
		vring_bounce_add(t->bounce, directions[i], given(t, i),
				 given(t, i) + GIVEN, given_addr(i));
	}
	return 0;
}

static void bounce_exit(struct kunit *test)
{
	struct bounce_test *t = test->priv;

	if (t)
		kfree(t->bounce);
}

/* Returns how many buffers found a slot. */
static int fill(struct bounce_test *t, int i, size_t size)
{
	int n;

	for (n = 0; n < MANY; n++) {
		t->addrs[n] = vring_bounce_map(t->bounce, t->buffers[n], size,
					       directions[i]);
		if (t->addrs[n] == DMA_MAPPING_ERROR)
			break;
	}
	return n;
}

/* Takes back what fill() put in, of one byte each. */
static void empty(struct bounce_test *t, int i, int count)
{
	while (count--)
		vring_bounce_unmap(t->bounce, t->addrs[count], 1, directions[i]);
}

/* Nothing is left of what the device could read, nor was anything written beside. */
static void expect_idle(struct kunit *test, int i)
{
	struct bounce_test *t = test->priv;
	u8 *memory = t->memory[i];
	bool given;
	int n;

	for (n = 0; n < MEMORY; n++) {
		given = n >= MARGIN && n < MEMORY - MARGIN;
		if (!given || directions[i] == DMA_TO_DEVICE)
			KUNIT_EXPECT_EQ(test, memory[n], given ? 0 : GUARD);
	}
}

/* Buffers of all sizes, as many as there are slots for, given back in turns. */
static void bounce_for_device(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	size_t size;
	int n, count;

	prandom_bytes_state(&t->rnd, t->buffers, sizeof(t->buffers));
	for (size = 1; size <= LARGEST; size++) {
		count = fill(t, 0, size);
		KUNIT_ASSERT_GE(test, count, GIVEN / LARGEST - 1);
		for (n = 0; n < count; n++)
			KUNIT_EXPECT_MEMEQ(test, t->buffers[n],
					   device_view(t, 0, t->addrs[n]), size);
		for (n = 0; n < count; n++)
			KUNIT_EXPECT_TRUE(test, vring_bounce_unmap(t->bounce,
								   t->addrs[n], size,
								   DMA_TO_DEVICE));
		expect_idle(test, 0);
	}
}

/* The device writes all of one buffer and nothing into the next. */
static void bounce_from_device(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 unwritten[LARGEST], wrote[LARGEST];
	int n, count;
	size_t size;

	memset(unwritten, 0xff, sizeof(unwritten));
	prandom_bytes_state(&t->rnd, wrote, sizeof(wrote));
	for (size = 1; size <= LARGEST; size++) {
		memset(t->buffers, 0, sizeof(t->buffers));
		count = fill(t, 1, size);
		KUNIT_ASSERT_GE(test, count, GIVEN / LARGEST - 1);
		for (n = 0; n < count; n++)
			KUNIT_EXPECT_MEMEQ(test, unwritten,
					   device_view(t, 1, t->addrs[n]), size);
		for (n = 0; n < count; n += 2)
			memcpy(device_view(t, 1, t->addrs[n]), wrote, size);
		for (n = count - 1; n >= 0; n--) {
			KUNIT_EXPECT_TRUE(test, vring_bounce_unmap(t->bounce,
								   t->addrs[n], size,
								   DMA_FROM_DEVICE));
			KUNIT_EXPECT_MEMEQ(test, n % 2 ? unwritten : wrote,
					   t->buffers[n], size);
			if (size < LARGEST)
				KUNIT_EXPECT_EQ(test, t->buffers[n][size], 0);
		}
		expect_idle(test, 1);
	}
}

/* A slot can be had again as soon as its buffer has gone. */
static void bounce_full(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	int i, n, count;

	for (i = 0; i < 2; i++) {
		count = fill(t, i, 1);
		for (n = 0; n < count; n++) {
			vring_bounce_unmap(t->bounce, t->addrs[n], 1, directions[i]);
			KUNIT_EXPECT_EQ(test, t->addrs[n],
					vring_bounce_map(t->bounce, t->buffers[n], 1,
							 directions[i]));
			KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
					vring_bounce_map(t->bounce, t->buffers[n], 1,
							 directions[i]));
		}
		empty(t, i, count);
	}
}

static void bounce_refuses(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr;
	int i;

	for (i = 0; i < 2; i++) {
		addr = vring_bounce_map(t->bounce, t->buffers, 1, directions[i]);
		KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
		KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
				vring_bounce_map(t->bounce, t->buffers, LARGEST + 1,
						 directions[i]));
		KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(t->bounce, addr, 1,
							    directions[!i]));
		KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(t->bounce, given_addr(i) - 1,
							    1, directions[i]));
		KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(t->bounce, given_addr(i) + GIVEN,
							    1, directions[i]));
		KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(t->bounce, 0, 1,
							    directions[i]));
		KUNIT_EXPECT_TRUE(test, vring_bounce_unmap(t->bounce, addr, 1,
							   directions[i]));
	}
	KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
			vring_bounce_map(t->bounce, t->buffers, 1, DMA_BIDIRECTIONAL));
	KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(t->bounce, given_addr(0), 1,
						    DMA_BIDIRECTIONAL));
}

/* The owner of a buffer may have freed it when its queue is deleted. */
static void bounce_discarded(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	int n, count;

	memset(t->buffers, 0, sizeof(t->buffers));
	count = fill(t, 1, LARGEST);
	vring_bounce_discard(t->bounce, true);
	for (n = 0; n < count; n++)
		KUNIT_EXPECT_TRUE(test, vring_bounce_unmap(t->bounce, t->addrs[n],
							   LARGEST, DMA_FROM_DEVICE));
	KUNIT_EXPECT_NULL(test, memchr_inv(t->buffers, 0, sizeof(t->buffers)));

	vring_bounce_discard(t->bounce, false);
	KUNIT_EXPECT_EQ(test, fill(t, 1, LARGEST), count);
	KUNIT_EXPECT_TRUE(test, vring_bounce_unmap(t->bounce, t->addrs[0],
						   LARGEST, DMA_FROM_DEVICE));
	KUNIT_EXPECT_EQ(test, t->buffers[0][0], 0xff);
}

/* There may be no memory for slots, or nothing left of the rings' pages. */
static void bounce_empty(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct vring_bounce *bounce = vring_bounce_create();
	size_t size;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, bounce);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
				vring_bounce_map(NULL, t->buffers, 1, directions[i]));
		KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(NULL, 0, 1, directions[i]));
		for (size = 0; size < LARGEST; size++) {
			vring_bounce_add(bounce, directions[i], given(t, i),
					 given(t, i) + size, given_addr(i));
			KUNIT_EXPECT_EQ(test, DMA_MAPPING_ERROR,
					vring_bounce_map(bounce, t->buffers, 1,
							 directions[i]));
			KUNIT_EXPECT_FALSE(test, vring_bounce_unmap(bounce, given_addr(i),
								    1, directions[i]));
		}
	}
	kfree(bounce);
}

#define WORKERS		2
#define ROUNDS		2000

/**
 * struct crowd - workers that fill all slots at the same time
 * @t: the test
 * @capacity: how many slots there are
 * @mapped: how many were filled in all rounds
 * @met: how often workers came to where they wait for all
 * @faults: what went wrong
 * @running: workers that have not ended
 * @done: none is left
 */
struct crowd {
	struct bounce_test *t;
	int capacity;
	atomic_t mapped;
	atomic_t met;
	atomic_t faults;
	atomic_t running;
	struct completion done;
};

static void meet(struct crowd *crowd, int times)
{
	atomic_inc(&crowd->met);
	while (atomic_read(&crowd->met) < times * WORKERS)
		cond_resched();
}

/* Nobody empties a slot before all have found none. */
static int fill_together(void *data)
{
	dma_addr_t addrs[MEMORY / LARGEST], addr;
	struct crowd *crowd = data;
	struct bounce_test *t = crowd->t;
	unsigned long mark = (unsigned long)&mark;
	int round, n;

	for (round = 1; round <= ROUNDS; round++) {
		for (n = 0; n < ARRAY_SIZE(addrs); n++) {
			addr = vring_bounce_map(t->bounce, &mark, sizeof(mark),
						DMA_TO_DEVICE);
			if (addr == DMA_MAPPING_ERROR)
				break;
			addrs[n] = addr;
		}
		atomic_add(n, &crowd->mapped);
		meet(crowd, 2 * round - 1);

		if (atomic_read(&crowd->mapped) != round * crowd->capacity)
			atomic_inc(&crowd->faults);
		while (n--) {
			if (memcmp(device_view(t, 0, addrs[n]), &mark, sizeof(mark)))
				atomic_inc(&crowd->faults);
			vring_bounce_unmap(t->bounce, addrs[n], sizeof(mark),
					   DMA_TO_DEVICE);
		}
		meet(crowd, 2 * round);
	}
	if (atomic_dec_and_test(&crowd->running))
		complete(&crowd->done);
	return 0;
}

static void bounce_shared(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct crowd crowd = {
		.t = t,
		.capacity = fill(t, 0, 1),
		.running = ATOMIC_INIT(WORKERS),
	};
	struct task_struct *workers[WORKERS];
	int i;

	empty(t, 0, crowd.capacity);
	init_completion(&crowd.done);
	/* None runs before all are there, as one would wait for the others. */
	for (i = 0; i < WORKERS; i++) {
		workers[i] = kthread_create(fill_together, &crowd, "bounce");
		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, workers[i]);
	}
	for (i = 0; i < WORKERS; i++)
		wake_up_process(workers[i]);
	wait_for_completion(&crowd.done);
	KUNIT_EXPECT_EQ(test, atomic_read(&crowd.faults), 0);
	expect_idle(test, 0);
}

static struct kunit_case bounce_cases[] = {
	KUNIT_CASE(bounce_for_device),
	KUNIT_CASE(bounce_from_device),
	KUNIT_CASE(bounce_full),
	KUNIT_CASE(bounce_refuses),
	KUNIT_CASE(bounce_discarded),
	KUNIT_CASE(bounce_empty),
	KUNIT_CASE(bounce_shared),
	{}
};

static struct kunit_suite bounce_suite = {
	.name = "vring_bounce",
	.init = bounce_init,
	.exit = bounce_exit,
	.test_cases = bounce_cases,
};

kunit_test_suite(bounce_suite);

MODULE_DESCRIPTION("Tests of the bounce buffers in the pages of virtio rings");
MODULE_LICENSE("GPL");
