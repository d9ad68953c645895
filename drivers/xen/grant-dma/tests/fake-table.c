// SPDX-License-Identifier: GPL-2.0-only
/*
 * A grant table for tests: without Xen, and with faults on demand.
 *
 * It finds what a grant table can't: references that are freed while they grant
 * access, or twice, or that grant before they were allocated; and pages that are
 * nobody's when they are granted, or before their grant ends.
 */

#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/bitmap.h>
#include <linux/cleanup.h>
#include <linux/mm.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <xen/page.h>
#include <xen/xen.h>

#include "fake-table.h"
#include "backend.h"
#include "deferred.h"
#include "isolation.h"
#include "cache.h"
#include "range.h"
#include "slot.h"
#include "table.h"
#include "test-device.h"

/* References below are never free in Xen's table either. */
#define FIRST_FREE	8

/* Tests run one after the other, though one may have several threads. */
static struct fake_table *table;
static DEFINE_SPINLOCK(table_lock);

/*
 * A guest's devices are at work while it runs the tests, and their interrupts
 * arrive on the thread of a test too. They belong to the real table.
 */
DEFINE_LOCK_GUARD_0(outside_test,
		    _T->test = current->kunit_test; current->kunit_test = NULL,
		    current->kunit_test = _T->test,
		    struct kunit *test)

static void complain(grant_ref_t ref, const char *fault)
{
	KUNIT_FAIL(kunit_get_current_test(), "reference %#x %s", ref, fault);
}

/* Returns the entry of a reference that is allocated, NULL for others. */
static struct fake_entry *entry_of(grant_ref_t ref)
{
	if (ref < table->size && test_bit(ref, table->allocated))
		return &table->entries[ref];
	complain(ref, "is not allocated");
	return NULL;
}

static int take_range(unsigned int order, grant_ref_t *first)
{
	unsigned int count = 1 << order;
	unsigned long at;

	if (table->fail_in == 1)
		return -ENOSPC;
	if (table->fail_in)
		table->fail_in--;
	at = bitmap_find_next_zero_area(table->allocated, table->size,
					table->next, count, count - 1);
	if (at >= table->size)
		at = bitmap_find_next_zero_area(table->allocated, table->size,
						FIRST_FREE, count,
						count - 1);
	if (at >= table->size)
		return -ENOSPC;

	bitmap_set(table->allocated, at, count);
	table->used += count;
	table->next = at + count;
	*first = at;
	return 0;
}

static int fake_alloc(unsigned int order, grant_ref_t *first)
{
	int ret;

	if (!in_task()) {
		guard(outside_test)();
		return grant_table_alloc(order, first);
	}

	spin_lock(&table_lock);
	ret = take_range(order, first);
	spin_unlock(&table_lock);
	return ret;
}

static void free_ref(grant_ref_t ref)
{
	const struct fake_entry *entry = entry_of(ref);

	if (!entry)
		return;
	if (entry->granted)
		complain(ref, "is freed while it grants access");
	clear_bit(ref, table->allocated);
	table->used--;
}

static void fake_free(grant_ref_t first, unsigned int count)
{
	unsigned int i;

	if (!in_task()) {
		guard(outside_test)();
		grant_table_free(first, count);
		return;
	}

	spin_lock(&table_lock);
	for (i = 0; i < count; i++)
		free_ref(first + i);
	spin_unlock(&table_lock);
}

static void expect_page_in_use(grant_ref_t ref, unsigned long xen_pfn)
{
	if (!table->uncounted && !page_count(xen_pfn_to_page(xen_pfn)))
		complain(ref, "grants a page that is not in use");
}

static void grant_page(grant_ref_t ref, domid_t domid, unsigned long xen_pfn,
		       bool readonly)
{
	struct fake_entry *entry = entry_of(ref);

	if (!entry)
		return;
	if (entry->granted)
		complain(ref, "grants access already");
	expect_page_in_use(ref, xen_pfn);
	*entry = (struct fake_entry) {
		.gfn = pfn_to_gfn(xen_pfn),
		.domid = domid,
		.granted = true,
		.readonly = readonly,
	};
	table->granted++;
}

static void fake_grant(grant_ref_t first, domid_t domid, unsigned long xen_pfn,
		       unsigned int count, bool readonly)
{
	unsigned int i;

	if (!in_task()) {
		guard(outside_test)();
		grant_table_grant(first, domid, xen_pfn, count, readonly);
		return;
	}

	spin_lock(&table_lock);
	for (i = 0; i < count; i++)
		grant_page(first + i, domid, xen_pfn + i, readonly);
	spin_unlock(&table_lock);
}

/* Returns false when the page is mapped. */
static bool end_page(grant_ref_t ref)
{
	struct fake_entry *entry = entry_of(ref);

	if (!entry)
		return true;
	if (!entry->granted && table->restored)
		return true;
	if (!entry->granted)
		complain(ref, "grants no access that could end");
	if (entry->mapped)
		return false;
	if (entry->refusals) {
		entry->refusals--;
		return false;
	}
	if (entry->granted)
		expect_page_in_use(ref, gfn_to_pfn(entry->gfn));
	entry->granted = false;
	table->granted--;
	return true;
}

static unsigned int fake_end(grant_ref_t first, unsigned int count)
{
	unsigned int ended = 0;

	if (!in_task()) {
		guard(outside_test)();
		return grant_table_end(first, count);
	}

	spin_lock(&table_lock);
	while (ended < count && end_page(first + ended))
		ended++;
	spin_unlock(&table_lock);
	return ended;
}

static unsigned long fake_gfn(grant_ref_t ref)
{
	const struct fake_entry *entry;

	if (!in_task()) {
		guard(outside_test)();
		return grant_table_gfn(ref);
	}

	entry = entry_of(ref);
	if (entry && entry->granted)
		return entry->gfn;
	if (!table->restored)
		complain(ref, "grants no frame");
	return 0;
}

static unsigned int fake_size(void)
{
	if (!in_task()) {
		guard(outside_test)();
		return grant_table_size();
	}
	return table->size;
}

/* The worker's thread doesn't see the fake table, so a test does its work. */
static void fake_schedule(struct grant_deferred *deferred)
{
	if (!in_task()) {
		guard(outside_test)();
		grant_deferred_schedule(deferred);
		return;
	}
	table->waiting = deferred;
}

/* Backends of the real table go on sharing what they have of it. */
static struct grant_ranges *fake_ranges_get(void)
{
	return grant_ranges_create();
}

/* Nor does it see the caches of a test, which the test drains. */
static void fake_cache_schedule(struct grant_cache *cache)
{
	if (in_task())
		return;
	guard(outside_test)();
	grant_cache_schedule(cache);
}

static struct page *fake_slots_memory(void)
{
	if (in_task() && table->no_memory_in) {
		if (table->no_memory_in == 1)
			return NULL;
		table->no_memory_in--;
	}
	guard(outside_test)();
	return grant_slots_memory();
}

/* The level of isolation of the test. */
static enum grant_isolation isolation;

static enum grant_isolation fake_isolation(void)
{
	return isolation;
}

static void set_isolation(struct kunit *test, enum grant_isolation level)
{
	isolation = level;
	kunit_activate_static_stub(test, grant_isolation_level, fake_isolation);
}

/* A backend that is kept for what a failed test left would spoil the next ones. */
static void forget_backend(domid_t domid)
{
	struct grant_backend *backend;

	if (!test_backend_exists(domid))
		return;
	backend = grant_backend_get(domid);
	if (backend->kept)
		grant_backend_put(backend);
	grant_backend_put(backend);
}

/* Devices and backends of the test are gone by now. */
static void expect_empty(void *context)
{
	struct fake_table *ended = context;

	KUNIT_EXPECT_EQ(kunit_get_current_test(), ended->used, 0);
	forget_backend(TEST_DOMID);
	forget_backend(TEST_DOMID - 1);
	table = NULL;
}

/**
 * fake_table_create() - replace the grant table for the rest of a test
 * @test: the test
 * @size: number of references
 *
 * Return: the table, freed after the test.
 */
struct fake_table *fake_table_create(struct kunit *test, unsigned int size)
{
	table = kunit_kzalloc(test, sizeof(*table), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table);
	table->allocated = kunit_kcalloc(test, BITS_TO_LONGS(size),
					 sizeof(long), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table->allocated);
	table->entries = kunit_kcalloc(test, size, sizeof(*table->entries),
				       GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, table->entries);
	table->size = size;
	table->next = FIRST_FREE;

	kunit_activate_static_stub(test, grant_table_alloc, fake_alloc);
	kunit_activate_static_stub(test, grant_table_free, fake_free);
	kunit_activate_static_stub(test, grant_table_grant, fake_grant);
	kunit_activate_static_stub(test, grant_table_end, fake_end);
	kunit_activate_static_stub(test, grant_table_gfn, fake_gfn);
	kunit_activate_static_stub(test, grant_table_size, fake_size);
	kunit_activate_static_stub(test, grant_ranges_get, fake_ranges_get);
	kunit_activate_static_stub(test, grant_deferred_schedule, fake_schedule);
	kunit_activate_static_stub(test, grant_cache_schedule, fake_cache_schedule);
	kunit_activate_static_stub(test, grant_slots_memory, fake_slots_memory);
	set_isolation(test, GRANT_ISOLATION_PAGE);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, expect_empty, table),
			0);
	return table;
}

/**
 * fake_table_retry() - do what the worker for deferred references would do now
 * @table: the table
 *
 * Return: false when the worker has nothing to do.
 */
bool fake_table_retry(struct fake_table *table)
{
	struct grant_deferred *deferred = table->waiting;

	if (!deferred)
		return false;
	table->waiting = NULL;
	deferred->work.work.func(&deferred->work.work);
	return true;
}

/**
 * fake_table_grants() - whether a Xen page is granted
 * @pfn: its frame number in the guest
 *
 * For who frees memory, where that can be watched.
 */
bool fake_table_grants(unsigned long pfn)
{
	grant_ref_t ref;

	for (ref = 0; table && table->granted && ref < table->size; ref++)
		if (table->entries[ref].granted &&
		    gfn_to_pfn(table->entries[ref].gfn) == pfn)
			return true;
	return false;
}

static const char * const tables[] = { "fake table", "Xen's table" };

/* Tests with these parameters run on a fake table, and in a guest on Xen's. */
const void *table_params(struct kunit *test, const void *prev, char *desc)
{
	const char * const *param = prev ? (const char * const *)prev + 1 :
					   tables;

	if (param == tables + ARRAY_SIZE(tables))
		return NULL;
	strscpy(desc, *param, KUNIT_PARAM_DESC_SIZE);
	return param;
}

/**
 * table_of_param() - set up the table that a parameter asks for
 * @test: the test, with one of table_params() or without parameter
 *
 * Isolation of backends is by page, until strict_table() says otherwise.
 *
 * Return: the fake table, or NULL for Xen's. Skips the test without Xen.
 */
struct fake_table *table_of_param(struct kunit *test)
{
	if (test->param_value != &tables[1])
		return fake_table_create(test, FAKE_TABLE_SIZE);
	if (!xen_domain())
		kunit_skip(test, "not a Xen domain");
	set_isolation(test, GRANT_ISOLATION_PAGE);
	return NULL;
}

static struct fake_table *copying_table(struct kunit *test,
					enum grant_isolation level)
{
	struct fake_table *fake = table_of_param(test);

	if (!fake && !strcmp(grant_isolation_name(), "page"))
		kunit_skip(test, "the guest's isolation is by page");
	set_isolation(test, level);
	return fake;
}

/**
 * strict_table() - as table_of_param(), with strict isolation
 * @test: the test
 *
 * Return: as table_of_param(). Skips the test on Xen's table if that is not
 * prepared for copies.
 */
struct fake_table *strict_table(struct kunit *test)
{
	return copying_table(test, GRANT_ISOLATION_STRICT);
}

/* As strict_table(), with full isolation. */
struct fake_table *full_table(struct kunit *test)
{
	return copying_table(test, GRANT_ISOLATION_FULL);
}
