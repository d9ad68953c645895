// SPDX-License-Identifier: GPL-2.0-only
/*
 * References of the grant table.
 *
 * A backend takes them in blocks of 256, or parts of blocks where the table has no
 * whole one. How many it may take is half of what other backends leave, so that there
 * is always something for one that comes later. What it does not let go of, and what it
 * spreads over many blocks, it lacks itself.
 *
 * A CPU takes from a block of its own as long as there are enough of them. Xarray, IDA
 * and sbitmap find no aligned runs; iova's magazines have one length each, so lengths
 * park what others lack, and a run is freed by a lock on a shortage.
 */

#include <kunit/static_stub.h>

#include <linux/bitmap.h>
#include <linux/sched.h>
#include <linux/smp.h>

#include "grant-dma.h"

/* What all backends have taken of the table. */
atomic_t *grant_refs_taken(void)
{
	static atomic_t taken;

	KUNIT_STATIC_STUB_REDIRECT(grant_refs_taken);

	return &taken;
}

/* A quarter of the table is left for xenbus, the console and others. */
unsigned int grant_refs_limit(const struct grant_backend *backend)
{
	return backend->size / 4 * 3;
}

/* How many references a backend may have taken. */
unsigned int grant_refs_budget(const struct grant_backend *backend)
{
	int others = atomic_read(grant_refs_taken()) - READ_ONCE(backend->taken);

	return max((int)grant_refs_limit(backend) - others, 0) / 2;
}

static void count_taken(struct grant_backend *backend, int count)
{
	WRITE_ONCE(backend->taken, backend->taken + count);
	atomic_add(count, grant_refs_taken());
}

/* Takes 2^order references out of the table. With backend->lock held. */
static bool table_take(struct grant_backend *backend, unsigned int order)
{
	struct grant_block *block;
	grant_ref_t first;

	if (backend->taken + BIT(order) > grant_refs_budget(backend) ||
	    grant_table_alloc(order, &first))
		return false;
	if (first + BIT(order) > backend->size) {
		grant_table_free(first, BIT(order));
		return false;
	}
	block = &backend->block[first / GRANT_BLOCK];
	if (!block->taken)
		list_add_tail(&block->node, &backend->blocks);
	block->taken += BIT(order);
	block->idle = false;
	count_taken(backend, BIT(order));
	grant_refs_free(backend, first, BIT(order));
	grant_backend_queue(&backend->reap, GRANT_REAP_DELAY);
	return true;
}

/* Gives a block back to the table if none of it is in use. With backend->lock held. */
static void block_give_back(struct grant_backend *backend, struct grant_block *block)
{
	grant_ref_t first = (block - backend->block) * GRANT_BLOCK;
	unsigned long free[GRANT_BLOCK_WORDS];
	unsigned int count = 0, from, to, i;

	for (i = 0; i < GRANT_BLOCK_WORDS; i++) {
		free[i] = ~atomic_long_xchg(&block->used[i], ~0UL);
		count += hweight_long(free[i]);
	}
	if (count < block->taken) {
		for (i = 0; i < GRANT_BLOCK_WORDS; i++)
			atomic_long_andnot(free[i], &block->used[i]);
		return;
	}
	for_each_set_bitrange(from, to, free, GRANT_BLOCK)
		grant_table_free(first + from, to - from);
	count_taken(backend, -block->taken);
	block->taken = 0;
	WRITE_ONCE(block->cpu, -1);
	list_del(&block->node);
}

static bool block_is_free(const struct grant_block *block)
{
	unsigned int count = 0, i;

	for (i = 0; i < GRANT_BLOCK_WORDS; i++)
		count += hweight_long(~atomic_long_read(&block->used[i]));
	return count == block->taken;
}

/*
 * Gives blocks back to the table that are not used: all, or those that were not used at the
 * last call, either. From process context.
 */
void grant_refs_reap(struct grant_backend *backend, bool all)
{
	struct grant_block *block, *next;

	spin_lock_irq(&backend->lock);
	list_for_each_entry_safe(block, next, &backend->blocks, node) {
		if (!block_is_free(block))
			block->idle = false;
		else if (!all && !block->idle)
			block->idle = true;
		else
			block_give_back(backend, block);
	}
	if (!list_empty(&backend->blocks) && !all)
		grant_backend_queue(&backend->reap, GRANT_REAP_DELAY);
	spin_unlock_irq(&backend->lock);
}

/* Has this CPU take from a block. That others don't is wished for, not relied on. */
static void settle(struct grant_backend *backend, struct grant_block *block)
{
	struct grant_cpu *cpu = raw_cpu_ptr(backend->cpus);
	struct grant_block *old = READ_ONCE(cpu->block);
	int this = raw_smp_processor_id();

	if (READ_ONCE(old->cpu) == this)
		WRITE_ONCE(old->cpu, -1);
	if (READ_ONCE(block->cpu) < 0)
		WRITE_ONCE(block->cpu, this);
	WRITE_ONCE(cpu->block, block);
}

static inline grant_ref_t block_take(struct grant_backend *backend, struct grant_block *block,
				     unsigned int count)
{
	unsigned int at = grant_bits_take(block->used, GRANT_BLOCK_WORDS, count);

	return at == GRANT_BITS_NONE ? 0 : (block - backend->block) * GRANT_BLOCK + at;
}

/* Takes from blocks that no other CPU takes from, or from any. With backend->lock held. */
static grant_ref_t blocks_take(struct grant_backend *backend, unsigned int count, bool any)
{
	int this = raw_smp_processor_id(), owner;
	struct grant_block *block;
	grant_ref_t ref;

	list_for_each_entry(block, &backend->blocks, node) {
		owner = READ_ONCE(block->cpu);
		if (!any && owner >= 0 && owner != this)
			continue;
		ref = block_take(backend, block, count);
		if (!ref)
			continue;
		if (count <= BITS_PER_LONG)
			settle(backend, block);
		return ref;
	}
	return 0;
}

/* There are most likely some where this CPU freed some. */
static noinline grant_ref_t alloc_elsewhere(struct grant_backend *backend, unsigned int count)
{
	struct grant_block *freed = READ_ONCE(raw_cpu_ptr(backend->cpus)->freed);
	grant_ref_t ref = block_take(backend, freed, count);
	unsigned long flags;

	if (ref) {
		settle(backend, freed);
		return ref;
	}
	spin_lock_irqsave(&backend->lock, flags);
	ref = blocks_take(backend, count, false);
	if (!ref && table_take(backend, GRANT_BLOCK_ORDER))
		ref = blocks_take(backend, count, false);
	if (!ref)
		ref = blocks_take(backend, count, true);
	if (!ref && table_take(backend, order_base_2(count)))
		ref = blocks_take(backend, count, true);
	spin_unlock_irqrestore(&backend->lock, flags);
	return ref;
}

/*
 * Allocates up to GRANT_BLOCK consecutive references. Returns the first one, a multiple of
 * their number rounded up to a power of two; or 0.
 */
grant_ref_t grant_refs_alloc(struct grant_backend *backend, unsigned int count)
{
	grant_ref_t ref = block_take(backend, READ_ONCE(raw_cpu_ptr(backend->cpus)->block), count);

	return likely(ref) ? ref : alloc_elsewhere(backend, count);
}
