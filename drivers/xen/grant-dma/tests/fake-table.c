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
#include "grant-dma.h"
#include "test-device.h"

/* References below are never free in Xen's table either. */
#define FIRST_FREE	8

/* Tests run one after the other, though one may have several threads. */
static struct fake_table *table;
/* Taken with backend->lock held, which devices take in interrupts. */
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
	unsigned long flags;
	int ret;

	if (!in_task()) {
		guard(outside_test)();
		return grant_table_alloc(order, first);
	}

	spin_lock_irqsave(&table_lock, flags);
	ret = take_range(order, first);
	spin_unlock_irqrestore(&table_lock, flags);
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
	unsigned long flags;
	unsigned int i;

	if (!in_task()) {
		guard(outside_test)();
		grant_table_free(first, count);
		return;
	}

	spin_lock_irqsave(&table_lock, flags);
	for (i = 0; i < count; i++)
		free_ref(first + i);
	spin_unlock_irqrestore(&table_lock, flags);
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
	unsigned long flags;
	unsigned int i;

	if (!in_task()) {
		guard(outside_test)();
		grant_table_grant(first, domid, xen_pfn, count, readonly);
		return;
	}

	spin_lock_irqsave(&table_lock, flags);
	for (i = 0; i < count; i++)
		grant_page(first + i, domid, xen_pfn + i, readonly);
	spin_unlock_irqrestore(&table_lock, flags);
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
	unsigned long flags;
	unsigned int ended = 0;

	if (!in_task()) {
		guard(outside_test)();
		return grant_table_end(first, count);
	}

	spin_lock_irqsave(&table_lock, flags);
	while (ended < count && end_page(first + ended))
		ended++;
	spin_unlock_irqrestore(&table_lock, flags);
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

/* Of the fake table it is nobody's but the backends' of the test. */
static atomic_t *fake_taken(void)
{
	if (!in_task()) {
		guard(outside_test)();
		return grant_refs_taken();
	}
	return &table->taken;
}

/* A worker's thread doesn't see the fake table, so a test does its work. */
static void fake_queue(struct delayed_work *work, unsigned long delay)
{
	if (!in_task()) {
		guard(outside_test)();
		grant_backend_queue(work, delay);
	} else if (work->work.func == grant_deferred_retry) {
		table->retry = work;
	} else {
		table->reap = true;
	}
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

/* A backend that a failed test left would spoil the next ones. */
static void forget_backend(domid_t domid)
{
	struct grant_backend *backend;

	while ((backend = test_backend(domid)))
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
	kunit_activate_static_stub(test, grant_refs_taken, fake_taken);
	kunit_activate_static_stub(test, grant_backend_queue, fake_queue);
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
	struct delayed_work *work = table->retry;

	if (!work)
		return false;
	table->retry = NULL;
	work->work.func(&work->work);
	return true;
}

/**
 * fake_table_restore() - have a table that is new, as in a domain that is restored
 * @table: the table, in which nothing is granted from now on
 */
void fake_table_restore(struct fake_table *table)
{
	memset(table->entries, 0, table->size * sizeof(*table->entries));
	table->granted = 0;
	table->restored = true;
}

/**
 * test_idle() - see that a device has nothing mapped
 * @test: the test, which ends if it has
 * @dev: device from test_device(), the only one of the test
 *
 * What the backend has of the fake table is its areas, and what is deferred.
 */
void test_idle(struct kunit *test, struct device *dev)
{
	struct grant_device *gdev = test_gdev(dev);

	KUNIT_ASSERT_EQ(test, test_counters(dev).used, 0);
	KUNIT_ASSERT_EQ(test, test_units_used(gdev->backend), 0);
	if (table)
		KUNIT_ASSERT_EQ(test, table->granted,
				test_area_pages(gdev->backend) + gdev->backend->deferred);
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

static struct fake_table *table_of_level(struct kunit *test, enum grant_isolation level)
{
	struct fake_table *fake = table_of_param(test);

	set_isolation(test, level);
	return fake;
}

/* As table_of_param(), with strict isolation. */
struct fake_table *strict_table(struct kunit *test)
{
	return table_of_level(test, GRANT_ISOLATION_STRICT);
}

/* As table_of_param(), with full isolation. */
struct fake_table *full_table(struct kunit *test)
{
	return table_of_level(test, GRANT_ISOLATION_FULL);
}
