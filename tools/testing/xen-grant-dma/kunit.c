// SPDX-License-Identifier: GPL-2.0-only
/*
 * kunit [SUITE[.CASE]]: run the driver's KUnit suites whose names end so, and of
 * these the cases of a name. Both may be globs.
 */

#include <kunit/test.h>

#include "fake-table.h"
#include "host.h"
#include "kunit.h"

/* Whoever frees memory while a backend has access to it has not ended that before. */
static void expect_not_granted(unsigned long pfn)
{
	if (!fake_table_grants(pfn) && !host_page_granted(pfn))
		return;
	if (!current->kunit_test)
		abort();
	KUNIT_FAIL(current->kunit_test, "frame %#lx is freed while it is granted", pfn);
}

/* No test of ours expects warnings. */
bool __kunit_is_suppressed_warning_impl(bool count)
{
	return false;
}

/* Contiguous memory. */
struct page *dma_alloc_contiguous(struct device *dev, size_t size, gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_COMP, get_order(size));

	if (page)
		host_set_cma(page);
	return page;
}

void dma_free_contiguous(struct device *dev, struct page *page, size_t size)
{
	put_page(page);
}

/* Tests of what only a process can map. */
struct file *anon_inode_getfile(const char *name, const struct file_operations *fops,
				void *private_data, int flags)
{
	kunit_skip(current->kunit_test, "no process maps memory here");
	return NULL;
}

unsigned long kunit_vm_mmap(struct kunit *test, struct file *file, unsigned long addr,
			    unsigned long length, unsigned long prot,
			    unsigned long flag, unsigned long offset)
{
	return -EINVAL;
}

static bool passed(const struct kunit_suite_set *set)
{
	struct kunit_suite * const *suite;
	bool all = set->start != set->end;

	for (suite = set->start; suite < set->end; suite++)
		all &= kunit_suite_has_succeeded(*suite) != KUNIT_FAILURE;
	return all;
}

int main(int argc, char **argv)
{
	const struct kunit_suite_set all = {
		__kunit_suites_start, __kunit_suites_end
	};
	struct kunit_suite_set chosen;
	long pages, left;
	char filter[128];
	int err = 0;
	bool ok;

	/* So that a device's reserve has one block of references. */
	host_ram_pages = SZ_512M / PAGE_SIZE;
	host_init();
	host_page_freed = expect_not_granted;
	stub_initcall_kunit_init();
	snprintf(filter, sizeof(filter), "xen_grant_dma_%s", argc > 1 ? argv[1] : "*");
	pages = host_pages_used();
	chosen = kunit_filter_suites(&all, filter, NULL, NULL, &err);
	if (err)
		return 1;
	kunit_exec_run_tests(&chosen, true);
	ok = passed(&chosen);
	kunit_free_suite_set(chosen);
	/* The table's free list grows with it. */
	left = host_pages_used() - pages;
	if (left > host_frames)
		printf("# %ld pages were left\n", left);
	return !ok || left > host_frames;
}
