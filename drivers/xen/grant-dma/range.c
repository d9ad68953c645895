// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of consecutive grant references.
 *
 * The grant table has a lock, and a search that takes the longer the more the
 * table is fragmented. So runs that are freed are kept, rounded up to a power
 * of two, in a stack for each CPU and length.
 *
 * When a CPU's stack is empty it gets, in this order:
 * - what another CPU has, if that is much: a device's mappings may end on another
 *   CPU than where they began;
 * - a chunk of the grant table, cut into runs of that length, so that CPUs seldom
 *   write to the same cache line;
 * - what another CPU has;
 * - a chunk again, after everything idle went back to the grant table, where
 *   neighbours become one;
 * - what is left, though it is too little for a run that begins at a multiple of
 *   its length as all others do. Such a run is not kept.
 */

#include <kunit/static_stub.h>

#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/slab.h>

#include "isolation.h"
#include "pool.h"
#include "range.h"
#include "table.h"

static grant_ref_t table_take(struct grant_ranges *ranges, unsigned long count)
{
	int taken = atomic_read(&ranges->taken);
	grant_ref_t first;

	do {
		if (count > ranges->limit - taken)
			return 0;
	} while (!atomic_try_cmpxchg(&ranges->taken, &taken, taken + count));

	if (grant_table_alloc(count, &first)) {
		atomic_sub(count, &ranges->taken);
		return 0;
	}
	return first;
}

static void table_give_back(struct grant_ranges *ranges, grant_ref_t first,
			    unsigned long count)
{
	if (!count)
		return;
	grant_table_free(first, count);
	atomic_sub(count, &ranges->taken);
}

/* Returns a run that begins at a multiple of its length, 0 if there is none. */
static grant_ref_t table_take_aligned(struct grant_ranges *ranges,
				      unsigned int count)
{
	grant_ref_t first = table_take(ranges, 2 * count - 1), start;

	if (!first)
		return 0;
	start = ALIGN(first, count);
	table_give_back(ranges, first, start - first);
	table_give_back(ranges, start + count, first + count - 1 - start);
	return start;
}

/* Keeps a run, or gives it back when enough of them are idle. */
static void range_put(struct grant_ranges *ranges, unsigned int order,
		      grant_ref_t first)
{
	if (!range_keep(ranges, order, first))
		table_give_back(ranges, first, BIT(order));
}

/* Takes all that a CPU has, if it has that many references idle. */
static grant_ref_t range_from_other_cpus(struct grant_ranges *ranges,
					 unsigned int order, unsigned int least)
{
	grant_ref_t first = 0, rest, next;
	union grant_stack *stack;
	int cpu;

	for_each_possible_cpu(cpu) {
		stack = &per_cpu_ptr(ranges->caches, cpu)->stacks[order];
		if (READ_ONCE(stack->count) << order >= least)
			first = grant_stack_take(stack);
		if (first)
			break;
	}
	if (!first)
		return 0;

	for (rest = ranges->next[first]; rest; rest = next) {
		next = ranges->next[rest];
		range_put(ranges, order, rest);
	}
	return first;
}

/* Cuts a chunk of the grant table up, and returns one of the runs. */
static grant_ref_t range_from_table(struct grant_ranges *ranges,
				    unsigned int order, unsigned int chunk)
{
	grant_ref_t first = table_take_aligned(ranges, chunk), rest;

	if (!first)
		return 0;
	for (rest = first + BIT(order); rest < first + chunk; rest += BIT(order))
		range_put(ranges, order, rest);
	return first;
}

static void give_back_idle(struct grant_ranges *ranges)
{
	grant_ref_t first, next;
	union grant_stack *stack;
	unsigned int order;
	int cpu;

	for_each_possible_cpu(cpu) {
		stack = per_cpu_ptr(ranges->caches, cpu)->stacks;
		for (order = 0; order <= GRANT_RANGE_MAX_ORDER; order++, stack++) {
			for (first = grant_stack_take(stack); first; first = next) {
				next = ranges->next[first];
				table_give_back(ranges, first, BIT(order));
			}
		}
	}
}

static grant_ref_t range_refill(struct grant_ranges *ranges, unsigned int order)
{
	grant_ref_t first;

	first = range_from_other_cpus(ranges, order, 2 * GRANT_RANGE_CACHED) ?:
		range_from_table(ranges, order, GRANT_RANGE_CACHED) ?:
		range_from_other_cpus(ranges, order, 1);
	if (first)
		return first;
	give_back_idle(ranges);
	return range_from_table(ranges, order, GRANT_RANGE_CACHED) ?:
	       range_from_table(ranges, order, BIT(order)) ?:
	       table_take(ranges, BIT(order));
}

static grant_ref_t range_alloc_long(struct grant_ranges *ranges,
				    unsigned long count)
{
	grant_ref_t first = table_take(ranges, count);

	if (first)
		return first;
	give_back_idle(ranges);
	return table_take(ranges, count);
}

/* What grant_range_alloc() does when this CPU has no such run. */
grant_ref_t grant_range_alloc_slow(struct grant_ranges *ranges,
				   unsigned long count)
{
	if (count > GRANT_RANGE_CACHED)
		return range_alloc_long(ranges, count);
	return range_refill(ranges, order_base_2(count));
}

/* What grant_range_free() does with a run that is not to be kept. */
void grant_range_free_slow(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count)
{
	if (count <= GRANT_RANGE_CACHED)
		count = roundup_pow_of_two(count);
	table_give_back(ranges, first, count);
}

/**
 * grant_range_split() - have the references of a run freed in parts
 * @ranges: where they are from
 * @first: first reference
 * @count: how many, as allocated
 *
 * Afterwards each of them is to be freed by grant_range_free_part().
 *
 * Context: Any.
 */
void grant_range_split(struct grant_ranges *ranges, grant_ref_t first,
		       unsigned long count)
{
	if (count <= GRANT_RANGE_CACHED)
		table_give_back(ranges, first + count,
				roundup_pow_of_two(count) - count);
}

/**
 * grant_range_free_part() - free some references of a run that was split
 * @ranges: where they are from
 * @first: first of them
 * @count: how many, may be 0
 *
 * Context: Any.
 */
void grant_range_free_part(struct grant_ranges *ranges, grant_ref_t first,
			   unsigned long count)
{
	table_give_back(ranges, first, count);
}

/**
 * grant_range_max() - the longest run that is worth asking for
 * @ranges: whom to ask
 *
 * Return: a number of references of which there can be four runs at once.
 */
unsigned long grant_range_max(const struct grant_ranges *ranges)
{
	return rounddown_pow_of_two(ranges->limit / 4);
}

/**
 * grant_ranges_create() - take a share of the grant table, of which nothing is in use yet
 *
 * Context: Process context, may sleep.
 * Return: the share, or NULL when out of memory. To be given back with
 * grant_ranges_put().
 */
struct grant_ranges *grant_ranges_create(void)
{
	struct grant_ranges *ranges = kzalloc(sizeof(*ranges), GFP_KERNEL);

	if (!ranges)
		return NULL;

	kref_init(&ranges->kref);
	ranges->size = min(grant_table_size(), GRANT_SLOT_MAX_REFS);
	/* A quarter of the table is left for xenbus, the console and others. */
	ranges->limit = ranges->size / 4 * 3;
	ranges->next = kvcalloc(ranges->size, sizeof(*ranges->next), GFP_KERNEL);
	if (!ranges->next)
		goto free_ranges;
	if (grant_isolation_strict()) {
		ranges->bounces = kvcalloc(ranges->size, sizeof(*ranges->bounces),
					   GFP_KERNEL);
		if (!ranges->bounces)
			goto free_next;
	}
	ranges->caches = alloc_percpu(struct range_cache);
	if (!ranges->caches)
		goto free_bounces;
	return ranges;

free_bounces:
	kvfree(ranges->bounces);
free_next:
	kvfree(ranges->next);
free_ranges:
	kfree(ranges);
	return NULL;
}

/* What all backends share, as long as there is one. */
static struct grant_ranges *shared_ranges;

/**
 * grant_ranges_get() - the share of the grant table that all backends use
 *
 * Context: Process context, may sleep, with grant_backends_lock held.
 * Return: as grant_ranges_create().
 */
struct grant_ranges *grant_ranges_get(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_ranges_get);

	if (shared_ranges)
		kref_get(&shared_ranges->kref);
	else
		shared_ranges = grant_ranges_create();
	return shared_ranges;
}

static void grant_ranges_release(struct kref *kref)
{
	struct grant_ranges *ranges =
		container_of(kref, struct grant_ranges, kref);

	if (ranges == shared_ranges)
		shared_ranges = NULL;
	give_back_idle(ranges);
	free_percpu(ranges->caches);
	kvfree(ranges->bounces);
	kvfree(ranges->next);
	kfree(ranges);
}

/**
 * grant_ranges_put() - give back a share of the grant table
 * @ranges: the share, none of which is in use if this was its last user
 *
 * Context: Process context, may sleep, with grant_backends_lock held.
 */
void grant_ranges_put(struct grant_ranges *ranges)
{
	kref_put(&ranges->kref, grant_ranges_release);
}
