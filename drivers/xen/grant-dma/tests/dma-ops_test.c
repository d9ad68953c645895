// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the DMA ops, but for scatterlists, by way of the DMA API.
 */

#include <kunit/test.h>

#include <linux/anon_inodes.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/preempt.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/uaccess.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define BLOCK		SZ_512K

/* @table: NULL when the test runs on Xen's */
struct ops_test {
	struct fake_table *table;
	struct device *dev;
};

static int ops_init(struct kunit *test)
{
	struct ops_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = table_of_param(test);
	t->dev = test_device(test, "grants", TEST_DOMID);
	return 0;
}

static unsigned long failures(struct kunit *test)
{
	struct ops_test *t = test->priv;

	return test_counters(t->dev).failures;
}

/* The fake table knows to whom, and how, it grants access. */
static bool granted_as(struct kunit *test, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir)
{
	struct ops_test *t = test->priv;
	unsigned long pages = grant_pages(addr, size);
	bool readonly = dir == DMA_TO_DEVICE;
	const struct fake_entry *entry;

	if (!t->table)
		return true;
	for (entry = &t->table->entries[test_ref(test, addr)]; pages--; entry++)
		if (entry->domid != TEST_DOMID || entry->readonly != readonly)
			return false;
	return true;
}

static void map_page_random(struct kunit *test)
{
	static const enum dma_data_direction dirs[] = {
		DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE,
	};
	struct page *block = test_pages(test, BLOCK);
	struct page *other = test_pages(test, PAGE_SIZE);
	struct ops_test *t = test->priv;
	unsigned int reserved = test_area_pages(test_gdev(t->dev)->backend);
	enum dma_data_direction dir;
	size_t start, first, size;
	dma_addr_t addr, neighbour;
	struct rnd_state random;
	int i;

	neighbour = dma_map_page(t->dev, other, 0, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, neighbour));

	prandom_seed_state(&random, 4);
	for (i = 0; i < 10000; i++) {
		start = test_random(&random, BLOCK);
		size = min_t(size_t, BLOCK - start, i % 16 ? SZ_16K : BLOCK);
		size = 1 + test_random(&random, size);
		/* The offset is often beyond the page that is passed. */
		first = test_random(&random, 1 + start / PAGE_SIZE);
		dir = dirs[test_random(&random, ARRAY_SIZE(dirs))];

		addr = dma_map_page(t->dev, block + first,
				    start - first * PAGE_SIZE, size, dir);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
		KUNIT_ASSERT_TRUE_MSG(test,
				      test_resolves(test, addr,
						    page_to_phys(block) + start,
						    size) &&
				      granted_as(test, addr, size, dir),
				      "case %d: %zu bytes at %#zx, direction %d",
				      i, size, start, dir);
		if (t->table)
			KUNIT_ASSERT_EQ(test, t->table->granted,
					grant_pages(start, size) +
					XEN_PFN_PER_PAGE + reserved);
		dma_unmap_page(t->dev, addr, size, dir);
	}

	KUNIT_EXPECT_TRUE(test, test_resolves(test, neighbour,
					      page_to_phys(other), PAGE_SIZE));
	dma_unmap_page(t->dev, neighbour, PAGE_SIZE, DMA_TO_DEVICE);
	test_idle(test, t->dev);
}

static void map_page_refused(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct ops_test *t = test->priv;
	unsigned long before = failures(test);
	dma_addr_t addr;

	addr = dma_map_page(t->dev, page, 1, 0, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(t->dev, addr));

	/* A driver that sets a mask without asking. */
	*t->dev->dma_mask = DMA_BIT_MASK(63);
	addr = dma_map_page(t->dev, page, 0, 1, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(t->dev, 1, &addr,
						   GFP_KERNEL));
	*t->dev->dma_mask = DMA_BIT_MASK(64);

	addr = dma_map_resource(t->dev, page_to_phys(page), PAGE_SIZE,
				DMA_TO_DEVICE, 0);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(t->dev, addr));

	KUNIT_EXPECT_EQ(test, failures(test), before + 4);
	test_idle(test, t->dev);
}

/* Whether a buffer is copied depends on more than a driver can know. */
static void require_coherent_refused(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct ops_test *t = test->priv;
	struct scatterlist sg;
	dma_addr_t addr;

	addr = dma_map_phys(t->dev, page_to_phys(page), PAGE_SIZE, DMA_TO_DEVICE,
			    DMA_ATTR_REQUIRE_COHERENT);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(t->dev, addr));

	sg_init_table(&sg, 1);
	sg_set_page(&sg, page, PAGE_SIZE, 0);
	KUNIT_EXPECT_EQ(test, dma_map_sg_attrs(t->dev, &sg, 1, DMA_TO_DEVICE,
					       DMA_ATTR_REQUIRE_COHERENT), 0);
	test_idle(test, t->dev);
}

/* What was dirty is clean when it comes again. */
static void coherent_twice(struct kunit *test, size_t size, gfp_t gfp)
{
	struct ops_test *t = test->priv;
	dma_addr_t addr;
	void *vaddr;
	int i;

	for (i = 0; i < 2; i++) {
		vaddr = dma_alloc_coherent(t->dev, size, &addr, gfp);
		KUNIT_ASSERT_NOT_NULL_MSG(test, vaddr, "%zu bytes", size);
		/* As the DMA API promises. */
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((unsigned long)vaddr | addr,
						   PAGE_SIZE << get_order(size)));
		KUNIT_EXPECT_NULL_MSG(test, memchr_inv(vaddr, 0, size),
				      "%zu bytes are dirty", size);
		memset(vaddr, 0xa5, size);
		KUNIT_EXPECT_TRUE_MSG(test,
				      test_resolves(test, addr, virt_to_phys(vaddr),
						    size) &&
				      granted_as(test, addr, size,
						 DMA_BIDIRECTIONAL),
				      "%zu bytes", size);
		dma_free_coherent(t->dev, size, vaddr, addr);
	}
	test_idle(test, t->dev);
}

static void coherent(struct kunit *test)
{
	static const size_t sizes[] = {
		1, SZ_4K - 1, SZ_4K, SZ_4K + 1, 3 * SZ_4K, PAGE_SIZE,
		PAGE_SIZE + 1, 5 * PAGE_SIZE - 1, SZ_256K, SZ_1M,
	};
	struct ops_test *t = test->priv;
	dma_addr_t addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		coherent_twice(test, sizes[i], GFP_KERNEL);
	coherent_twice(test, 1, GFP_ATOMIC);
	coherent_twice(test, 4 * PAGE_SIZE, GFP_ATOMIC);
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(t->dev, 0, &addr,
						   GFP_KERNEL));
	test_idle(test, t->dev);
}

/* More than the longest range. */
static void coherent_large(struct kunit *test)
{
	unsigned long before = failures(test);
	struct ops_test *t = test->priv;
	dma_addr_t addr;

	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(t->dev, SZ_1M + 1, &addr,
						   GFP_KERNEL));
	KUNIT_EXPECT_EQ(test, failures(test), before + 1);
	test_idle(test, t->dev);
}

static void coherent_sgtable(struct kunit *test)
{
	size_t sizes[] = { 1, PAGE_SIZE, 3 * PAGE_SIZE + 1 }, at;
	struct ops_test *t = test->priv;
	struct scatterlist *sg;
	struct sg_table sgt;
	dma_addr_t addr;
	void *vaddr;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		vaddr = dma_alloc_coherent(t->dev, sizes[i], &addr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		KUNIT_ASSERT_EQ(test, dma_get_sgtable(t->dev, &sgt, vaddr, addr,
						      sizes[i]), 0);
		at = 0;
		for_each_sgtable_sg(&sgt, sg, j) {
			KUNIT_EXPECT_TRUE(test,
					  test_resolves(test, addr + at,
							sg_phys(sg), sg->length));
			at += sg->length;
		}
		KUNIT_EXPECT_EQ(test, at, PAGE_ALIGN(sizes[i]));
		sg_free_table(&sgt);
		dma_free_coherent(t->dev, sizes[i], vaddr, addr);
	}
	test_idle(test, t->dev);
}

static void noncoherent_pages(struct kunit *test)
{
	static const size_t sizes[] = { 1, PAGE_SIZE, 5 * PAGE_SIZE, SZ_1M };
	struct ops_test *t = test->priv;
	enum dma_data_direction dir;
	struct page *page;
	dma_addr_t addr;
	int i;

	for (i = 0; i < 2 * ARRAY_SIZE(sizes); i++) {
		size_t size = sizes[i / 2];

		dir = i & 1 ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
		page = dma_alloc_pages(t->dev, size, &addr, dir, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL_MSG(test, page, "%zu bytes", size);
		KUNIT_EXPECT_NULL(test, memchr_inv(page_address(page), 0, size));
		memset(page_address(page), 0xa5, size);
		KUNIT_EXPECT_TRUE_MSG(test,
				      test_resolves(test, addr,
						    page_to_phys(page), size) &&
				      granted_as(test, addr, size, dir),
				      "%zu bytes", size);
		dma_free_pages(t->dev, size, page, addr, dir);
	}
	KUNIT_EXPECT_NULL(test, dma_alloc_pages(t->dev,
						PAGE_SIZE << (MAX_PAGE_ORDER + 1),
						&addr, DMA_TO_DEVICE,
						GFP_KERNEL));
	test_idle(test, t->dev);
}

/* Each allocation of references in turn fails, until none is left to fail. */
static void references_run_out(struct kunit *test)
{
	struct ops_test *t = test->priv;
	unsigned long before;
	dma_addr_t addr;
	void *vaddr;
	int i;

	for (i = 1;; i++) {
		before = failures(test);
		t->table->fail_in = i;
		vaddr = dma_alloc_coherent(t->dev, SZ_1M, &addr, GFP_KERNEL);
		if (vaddr)
			break;
		KUNIT_EXPECT_EQ(test, failures(test), before + 1);
		test_idle(test, t->dev);
	}
	KUNIT_EXPECT_GT(test, i, 1);
	dma_free_coherent(t->dev, SZ_1M, vaddr, addr);
	test_idle(test, t->dev);
}

/* Isolation by page gives what a driver maps, though its owner uses it meanwhile. */
static void premapped_is_granted(struct kunit *test)
{
	struct page *page = test_pages(test, PAGE_SIZE);
	struct ops_test *t = test->priv;
	dma_addr_t addr = dma_map_page_attrs(t->dev, page, 0, SZ_2K, DMA_BIDIRECTIONAL,
					     DMA_ATTR_SKIP_CPU_SYNC);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(page), SZ_2K));
	dma_unmap_page_attrs(t->dev, addr, SZ_2K, DMA_BIDIRECTIONAL, DMA_ATTR_SKIP_CPU_SYNC);
	test_idle(test, t->dev);
}

/* What references alone can't do is bounced here, too. */
static void beyond_references(struct kunit *test)
{
	struct page *block = test_pages(test, SZ_2M);
	u8 *bytes = page_address(block) + 100;
	struct ops_test *t = test->priv;
	dma_addr_t addr;

	/* One page more than the longest range has. */
	memset(bytes, 1, SZ_1M);
	addr = dma_map_single(t->dev, bytes, SZ_1M, DMA_BIDIRECTIONAL);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_1M, 1));
	test_writes(test, addr, SZ_1M, 2);
	dma_unmap_single(t->dev, addr, SZ_1M, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_all(bytes, 2, SZ_1M));
	KUNIT_EXPECT_EQ(test, test_raw_map(t->dev, page_to_phys(block), SZ_1M + 1,
					   DMA_TO_DEVICE), DMA_MAPPING_ERROR);

	/* More low bits of the address than a page has. */
	dma_set_min_align_mask(t->dev, SZ_64K - 1);
	addr = dma_map_page(t->dev, block, SZ_16K + 5, SZ_8K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_EQ(test, addr & (SZ_64K - 1), SZ_16K + 5);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_8K, 2));
	dma_unmap_page(t->dev, addr, SZ_8K, DMA_TO_DEVICE);

	/* A boundary that as many references would cross. */
	dma_set_min_align_mask(t->dev, 0);
	dma_set_seg_boundary(t->dev, SZ_64K - 1);
	addr = dma_map_page(t->dev, block, 200, SZ_64K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_EQ(test, addr & (SZ_64K - 1), 0);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_64K, 2));
	dma_unmap_page(t->dev, addr, SZ_64K, DMA_TO_DEVICE);
	test_idle(test, t->dev);
}

static void masks(struct kunit *test)
{
	struct ops_test *t = test->priv;

	KUNIT_EXPECT_EQ(test, dma_set_mask(t->dev, DMA_BIT_MASK(32)), -EIO);
	KUNIT_EXPECT_EQ(test, dma_set_mask(t->dev, DMA_BIT_MASK(63)), -EIO);
	KUNIT_EXPECT_EQ(test, dma_set_coherent_mask(t->dev, DMA_BIT_MASK(40)),
			-EIO);
	KUNIT_EXPECT_EQ(test, *t->dev->dma_mask, DMA_BIT_MASK(64));
	KUNIT_EXPECT_EQ(test, dma_get_required_mask(t->dev), DMA_BIT_MASK(64));
}

/* What the device is told that it can map, it can map. */
static void mapping_sizes(struct kunit *test)
{
	struct ops_test *t = test->priv;
	size_t most = dma_max_mapping_size(t->dev), left, offset = 2049, length;
	struct page *block = test_pages(test, SZ_1M);
	unsigned int entries = most / SZ_1M + 2;
	struct scatterlist *sg;
	struct sg_table sgt;
	int i;

	KUNIT_EXPECT_GT(test, most, 0);
	KUNIT_EXPECT_GT(test, dma_opt_mapping_size(t->dev), 0);
	KUNIT_EXPECT_LE(test, dma_opt_mapping_size(t->dev), most);
	KUNIT_EXPECT_EQ(test, dma_get_merge_boundary(t->dev), 4095);

	dma_set_max_seg_size(t->dev, UINT_MAX);
	KUNIT_ASSERT_EQ(test, sg_alloc_table(&sgt, entries, GFP_KERNEL), 0);
	left = most;
	for_each_sgtable_sg(&sgt, sg, i) {
		length = min_t(size_t, left, SZ_1M - offset);
		sg_set_page(sg, block, length, offset);
		left -= length;
		offset = 0;
	}
	KUNIT_ASSERT_EQ(test, left, 0);
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0), 0);
	KUNIT_EXPECT_EQ(test, sgt.nents, 1);
	KUNIT_EXPECT_EQ(test, sg_dma_len(sgt.sgl), most);
	dma_unmap_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0);
	sg_free_table(&sgt);
	test_idle(test, t->dev);
}

/* So it can where the device wants more low bits of addresses kept than a page has. */
static void mapping_sizes_low_bits(struct kunit *test)
{
	struct ops_test *t = test->priv;
	struct page *block = test_pages(test, SZ_1M);
	size_t most, start = SZ_64K - SZ_4K;
	struct scatterlist sgl[2];
	dma_addr_t addr;

	dma_set_min_align_mask(t->dev, SZ_64K - 1);
	most = dma_max_mapping_size(t->dev);
	KUNIT_EXPECT_GE(test, most, SZ_4K);
	addr = dma_map_page(t->dev, block, start, most, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_EQ(test, addr & (SZ_64K - 1), start);
	dma_unmap_page(t->dev, addr, most, DMA_TO_DEVICE);

	/* Entries that meet at the merge boundary are one segment. */
	KUNIT_EXPECT_EQ(test, dma_get_merge_boundary(t->dev), SZ_64K - 1);
	dma_set_max_seg_size(t->dev, UINT_MAX);
	sg_init_table(sgl, 2);
	sg_set_page(&sgl[0], block, SZ_4K, start);
	sg_set_page(&sgl[1], block, most - SZ_4K, 0);
	KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, 2, DMA_TO_DEVICE), 1);
	dma_unmap_sg(t->dev, sgl, 2, DMA_TO_DEVICE);

	/* Longer ones are two, which can be mapped. */
	sg_set_page(&sgl[1], block, most, 0);
	KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, 2, DMA_TO_DEVICE), 2);
	dma_unmap_sg(t->dev, sgl, 2, DMA_TO_DEVICE);
	test_idle(test, t->dev);
}

static void counters(struct kunit *test)
{
	struct page *block = test_pages(test, SZ_32K);
	struct ops_test *t = test->priv;
	dma_addr_t addr[3], small;
	int i;

	/* No count is missed where a device is used on one CPU at a time. */
	migrate_disable();
	small = dma_map_page(t->dev, block, 0, 1, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, small));
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).used, 1);
	dma_unmap_page(t->dev, small, 1, DMA_TO_DEVICE);
	for (i = 0; i < 3; i++) {
		addr[i] = dma_map_page(t->dev, block, 0, SZ_32K, DMA_TO_DEVICE);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr[i]));
		KUNIT_EXPECT_EQ(test, test_counters(t->dev).used, (i + 1) * 8);
	}
	for (i = 0; i < 3; i++)
		dma_unmap_page(t->dev, addr[i], SZ_32K, DMA_TO_DEVICE);
	migrate_enable();
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).mappings, 4);
	KUNIT_EXPECT_EQ(test, test_counters(t->dev).failures, 0);
	test_idle(test, t->dev);
}

static void rebind(struct kunit *test)
{
	struct ops_test *t = test->priv;
	dma_addr_t addr;
	void *vaddr;
	int i;

	for (i = 0; i < 20; i++) {
		vaddr = dma_alloc_coherent(t->dev, PAGE_SIZE, &addr, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		KUNIT_EXPECT_EQ(test, addr >> 63, 1);
		dma_free_coherent(t->dev, PAGE_SIZE, vaddr, addr);

		device_release_driver(t->dev);
		KUNIT_EXPECT_NULL(test, t->dev->dma_ops);
		KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID));

		KUNIT_ASSERT_EQ(test, device_attach(t->dev), 1);
		test_setup(test, t->dev, TEST_DOMID);
		test_idle(test, t->dev);
	}
}

static void bind_again(struct kunit *test)
{
	struct ops_test *t = test->priv;

	KUNIT_ASSERT_EQ(test, device_attach(t->dev), 1);
	test_setup(test, t->dev, TEST_DOMID);
	device_release_driver(t->dev);
}

/* The backend goes on using what a driver with faults left, whoever binds later. */
static void left_mapped(struct kunit *test)
{
	u8 *bytes = page_address(test_pages(test, SZ_2M)) + 100;
	struct ops_test *t = test->priv;
	struct grant_backend *backend = test_gdev(t->dev)->backend;
	phys_addr_t phys = virt_to_phys(bytes);
	dma_addr_t granted = test_raw_map(t->dev, phys, SZ_2K, DMA_TO_DEVICE);
	dma_addr_t copied = test_raw_map(t->dev, phys, SZ_1M, DMA_FROM_DEVICE);
	grant_ref_t ref = test_ref(test, granted);

	KUNIT_ASSERT_NE(test, granted, DMA_MAPPING_ERROR);
	KUNIT_ASSERT_NE(test, copied, DMA_MAPPING_ERROR);
	device_release_driver(t->dev);
	bind_again(test);
	bind_again(test);
	KUNIT_ASSERT_PTR_EQ(test, test_backend(TEST_DOMID), backend);
	KUNIT_EXPECT_TRUE(test, test_resolves(test, granted, phys, SZ_2K));
	KUNIT_EXPECT_TRUE(test, test_sees(test, copied, SZ_1M, TEST_UNWRITTEN));
	KUNIT_EXPECT_EQ(test, t->table->granted, 1 + 256);

	/* What else is kept for ever goes for the next tests. */
	WRITE_ONCE(backend->mapped[ref], 0);
	grant_refs_end(backend, ref, 1, false);
	KUNIT_EXPECT_EQ(test, grant_bounce_unmap(backend, copied, DMA_FROM_DEVICE, 0), SZ_1M);
	grant_areas_reap(backend, true);
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	grant_backend_put(backend);
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID));
}

/* Nor does it lose the reserve of that device, if that is where it was left. */
static void left_in_reserve(struct kunit *test)
{
	struct ops_test *t = test->priv;
	struct grant_device *gdev = test_gdev(t->dev);
	struct grant_backend *backend = gdev->backend;
	struct grant_area *area = gdev->reserve[GRANT_READONLY];
	unsigned int pages = area->pages, at;

	at = grant_bits_take(area->used, area->words, 1);
	this_cpu_inc(gdev->counters->used);
	device_release_driver(t->dev);
	bind_again(test);
	KUNIT_EXPECT_EQ(test, t->table->granted, pages);
	grant_area_give(area, at, 1);
	KUNIT_EXPECT_TRUE(test, grant_area_destroy(area));
	KUNIT_EXPECT_EQ(test, t->table->granted, 0);
	grant_backend_put(backend);
	KUNIT_EXPECT_NULL(test, test_backend(TEST_DOMID));
}

struct shown_buffer {
	struct device *dev;
	void *vaddr;
	dma_addr_t addr;
	size_t size;
};

static int shown_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct shown_buffer *buffer = file->private_data;

	return dma_mmap_coherent(buffer->dev, vma, buffer->vaddr, buffer->addr,
				 buffer->size);
}

static const struct file_operations shown_fops = {
	.mmap = shown_mmap,
};

static unsigned long show(struct kunit *test, struct file *file,
			  unsigned long from, unsigned long pages)
{
	return kunit_vm_mmap(test, file, 0, pages * PAGE_SIZE,
			     PROT_READ | PROT_WRITE, MAP_SHARED,
			     from * PAGE_SIZE);
}

static void expect_shown(struct kunit *test, struct file *file,
			 const u8 *vaddr, unsigned long from, unsigned long pages)
{
	unsigned long user = show(test, file, from, pages), i;
	u8 seen;
	int err;

	KUNIT_ASSERT_FALSE(test, IS_ERR_VALUE(user) || !user);
	for (i = 0; i < pages; i++) {
		err = get_user(seen, (u8 __user *)user + i * PAGE_SIZE);
		KUNIT_EXPECT_EQ(test, err, 0);
		KUNIT_EXPECT_EQ(test, seen, vaddr[(from + i) * PAGE_SIZE]);
	}
	vm_munmap(user, pages * PAGE_SIZE);
}

static void coherent_mmap(struct kunit *test)
{
	size_t sizes[] = { 4 * PAGE_SIZE - 1, SZ_1M };
	struct ops_test *t = test->priv;
	struct shown_buffer buffer = { .dev = t->dev };
	struct file *file;
	unsigned long pages, i;
	u8 *vaddr;
	int j;

	file = anon_inode_getfile("[xen-grant-dma-test]", &shown_fops, &buffer,
				  O_RDWR);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);

	for (j = 0; j < ARRAY_SIZE(sizes); j++) {
		buffer.size = sizes[j];
		pages = PFN_UP(buffer.size);
		vaddr = dma_alloc_coherent(t->dev, buffer.size, &buffer.addr,
					   GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, vaddr);
		buffer.vaddr = vaddr;
		for (i = 0; i < pages; i++)
			vaddr[i * PAGE_SIZE] = 1 + i % 255;

		expect_shown(test, file, vaddr, 0, pages);
		expect_shown(test, file, vaddr, 1, 2);
		expect_shown(test, file, vaddr, pages - 1, 1);
		KUNIT_EXPECT_EQ(test, (long)show(test, file, 0, pages + 1),
				-ENXIO);
		KUNIT_EXPECT_EQ(test, (long)show(test, file, pages, 1), -ENXIO);
		KUNIT_EXPECT_EQ(test, (long)show(test, file, 1, pages), -ENXIO);
		dma_free_coherent(t->dev, buffer.size, vaddr, buffer.addr);
	}
	fput(file);
	test_idle(test, t->dev);
}

static struct kunit_case ops_cases[] = {
	KUNIT_CASE_PARAM(map_page_random, table_params),
	KUNIT_CASE_PARAM(map_page_refused, table_params),
	KUNIT_CASE_PARAM(require_coherent_refused, table_params),
	KUNIT_CASE_PARAM(coherent, table_params),
	KUNIT_CASE_PARAM(coherent_large, table_params),
	KUNIT_CASE_PARAM(coherent_sgtable, table_params),
	KUNIT_CASE_PARAM(coherent_mmap, table_params),
	KUNIT_CASE_PARAM(noncoherent_pages, table_params),
	KUNIT_CASE(references_run_out),
	KUNIT_CASE_PARAM(premapped_is_granted, table_params),
	KUNIT_CASE_PARAM(beyond_references, table_params),
	KUNIT_CASE_PARAM(masks, table_params),
	KUNIT_CASE_PARAM(mapping_sizes, table_params),
	KUNIT_CASE_PARAM(mapping_sizes_low_bits, table_params),
	KUNIT_CASE_PARAM(counters, table_params),
	KUNIT_CASE_PARAM(rebind, table_params),
	KUNIT_CASE(left_mapped),
	KUNIT_CASE(left_in_reserve),
	{}
};

static struct kunit_suite ops_suite = {
	.name = "xen_grant_dma_ops",
	.init = ops_init,
	.test_cases = ops_cases,
};

kunit_test_suite(ops_suite);
