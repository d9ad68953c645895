/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A grant table for tests: without Xen, and with faults on demand.
 */

#ifndef _XEN_GRANT_DMA_FAKE_TABLE_H
#define _XEN_GRANT_DMA_FAKE_TABLE_H

#include <linux/atomic.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct delayed_work;
struct device;
struct kunit;

#define FAKE_TABLE_SIZE		32768	/* as Xen's is by default */

/**
 * struct fake_entry - what a reference grants
 * @gfn: the frame
 * @domid: the domain that has access
 * @granted: whether it grants anything
 * @readonly: whether it refuses write access
 * @mapped: set by a test: the backend has it mapped, and access can't end
 * @refusals: set by a test: so, but just when that is tried as often
 */
struct fake_entry {
	unsigned long gfn;
	domid_t domid;
	bool granted;
	bool readonly;
	bool mapped;
	unsigned int refusals;
};

/**
 * struct fake_table - stands in for table.c on the thread of a test
 * @size: number of references
 * @used: how many of them are allocated
 * @granted: how many of them grant access
 * @allocated: a bit for each reference
 * @entries: what each reference grants
 * @next: where the search for free references begins
 * @fail_in: set by a test: from this allocation from now on all fail, if not 0
 * @uncounted: set by a test: pages that are granted need have no reference count
 * @restored: set by a test: it is new, so that what grants nothing may be asked for its
 *	frame, and ended
 * @taken: how many all backends have taken
 * @retry: what the worker would do for deferred references, see fake_table_retry()
 * @reap: the worker would look for what is not used
 */
struct fake_table {
	unsigned int size;
	unsigned int used;
	unsigned int granted;
	unsigned long *allocated;
	struct fake_entry *entries;
	unsigned int next;
	unsigned int fail_in;
	bool uncounted;
	bool restored;
	atomic_t taken;
	struct delayed_work *retry;
	bool reap;
};

bool fake_table_grants(unsigned long pfn);
struct fake_table *fake_table_create(struct kunit *test, unsigned int size);
bool fake_table_retry(struct fake_table *table);
void fake_table_restore(struct fake_table *table);
void test_idle(struct kunit *test, struct device *dev);

const void *table_params(struct kunit *test, const void *prev, char *desc);
struct fake_table *table_of_param(struct kunit *test);
struct fake_table *strict_table(struct kunit *test);
struct fake_table *full_table(struct kunit *test);

#endif /* _XEN_GRANT_DMA_FAKE_TABLE_H */
