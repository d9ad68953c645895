// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of scatterlists in ranges of grant references.
 */

#include <kunit/test.h>

#include <linux/dma-mapping.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define BLOCK		SZ_512K
#define MAX_ENTRIES	24

struct sg_test {
	struct fake_table *table;	/* NULL when on Xen's */
	struct device *dev;
	struct page *block;
	struct rnd_state random;
};

static int sg_init(struct kunit *test)
{
	struct sg_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = table_of_param(test);
	t->dev = test_device(test, "grants", TEST_DOMID);
	t->block = test_pages(test, BLOCK);
	prandom_seed_state(&t->random, 5);
	prandom_bytes_state(&t->random, page_address(t->block), BLOCK);
	return 0;
}

/* Xen pages that an entry touches, from its first and last byte. */
static unsigned long pages_of(struct scatterlist *sg)
{
	phys_addr_t phys = sg_phys(sg);

	if (!sg->length)
		return 0;
	return ((phys + sg->length - 1) >> 12) - (phys >> 12) + 1;
}

/* Often whole Xen pages, which is where entries can be merged. */
static void random_entry(struct kunit *test, struct scatterlist *sg)
{
	struct sg_test *t = test->priv;
	unsigned int start = test_random(&t->random, BLOCK - SZ_32K);
	unsigned int length = 1 + test_random(&t->random, SZ_16K);
	unsigned int first;

	switch (test_random(&t->random, 8)) {
	case 0:
		break;
	case 1:
		length = 0;
		break;
	case 2:		/* only the end fits */
		length = ALIGN(start + length, SZ_4K) - start;
		break;
	case 3:		/* only the start fits */
		start = ALIGN_DOWN(start, SZ_4K);
		break;
	default:
		start = ALIGN_DOWN(start, SZ_4K);
		length = ALIGN(length, SZ_4K);
	}
	first = test_random(&t->random, 1 + start / PAGE_SIZE);
	sg_set_page(sg, t->block + first, length, start - first * PAGE_SIZE);
}

static void random_list(struct kunit *test, struct scatterlist *sgl, int nents)
{
	struct scatterlist *sg;
	int i;

	sg_init_table(sgl, nents);
	for_each_sg(sgl, sg, nents, i) {
		random_entry(test, sg);
		/* Anything may be left in a list that was used before. */
		sg_dma_address(sg) = 0xdead;
		sg_dma_len(sg) = 0xdead;
	}
}

/* Whether bytes from @start on lie on both sides of a boundary. */
static bool crosses(dma_addr_t start, u64 length, unsigned long mask)
{
	return (start ^ (start + length - 1)) & ~(u64)mask;
}

static bool granted_as(struct sg_test *t, grant_ref_t ref, unsigned long pages,
		       enum dma_data_direction dir)
{
	bool readonly = dir == DMA_TO_DEVICE;
	const struct fake_entry *entry;

	if (!t->table)
		return true;
	for (entry = &t->table->entries[ref]; pages--; entry++)
		if (entry->domid != TEST_DOMID || entry->readonly != readonly)
			return false;
	return true;
}

/* Whether there is no hole between an entry that ends at @end and @sg. */
static bool meets(u64 end, struct scatterlist *sg)
{
	return !(end & 4095) && !(sg->offset & 4095);
}

/* What is found there: granted memory, or a copy of it. */
static bool leads_there(struct kunit *test, dma_addr_t addr, struct scatterlist *sg,
			enum dma_data_direction dir, bool copied)
{
	if (!copied)
		return test_resolves(test, addr, sg_phys(sg), sg->length);
	if (dir == DMA_FROM_DEVICE)
		return test_sees(test, addr, sg->length, TEST_UNWRITTEN);
	return test_shows(test, addr, sg->length, sg_virt(sg));
}

/*
 * Follows the segments through the list: each holds whole entries, in their
 * order. Returns what is wrong, or NULL.
 */
static const char *check(struct kunit *test, struct scatterlist *sgl, int nents,
			 int segments, enum dma_data_direction dir)
{
	struct sg_test *t = test->priv;
	struct grant_device *gdev = test_gdev(t->dev);
	unsigned int max_size = min(dma_get_max_seg_size(t->dev), gdev->max_size);
	unsigned long mask = dma_get_seg_boundary(t->dev);
	u64 pages, first, place = 0, total = 0, every = (mask >> 12) + 1;
	u64 done = 0, length = 0;	/* of this segment, and the one before */
	u64 held = 0, end = 0;		/* pages of either; end of the entry before */
	struct scatterlist *seg = sgl, *sg;
	dma_addr_t addr;
	int i, count = 0;
	bool copied;

	for_each_sg(sgl, sg, nents, i) {
		if (!sg->length)
			continue;
		addr = sg_dma_address(seg) + done;
		first = test_ref(test, addr);
		pages = pages_of(sg);
		/* So many references would cross a boundary. */
		copied = pages > every;
		if (!leads_there(test, addr, sg, dir, copied))
			return "leads to other memory";
		if (!granted_as(t, first, grant_pages(addr, sg->length), dir))
			return "is granted wrongly";

		if (done && done + sg->length > max_size)
			return "makes a segment too long";
		if (done && crosses(sg_dma_address(seg), done + sg->length, mask))
			return "makes a segment cross the boundary";
		if (!done && count && meets(end, sg) &&
		    length + sg->length <= max_size && held + pages <= every &&
		    held + pages <= GRANT_BLOCK)
			return "is not merged";

		/* A power of two: 32-bit machines don't divide 64 bits. */
		if (pages <= every && (first ^ (first + pages - 1)) >= every)
			return "crosses the boundary";
		if (done && first != place)
			return "is not next in the range";
		place = first + pages;
		held = done ? held + pages : pages;
		total += copied ? 0 : pages;
		end = sg->offset + sg->length;

		done += sg->length;
		if (done > sg_dma_len(seg))
			return "doesn't fit into its segment";
		if (done == sg_dma_len(seg)) {
			length = done;
			done = 0;
			count++;
			seg = sg_next(seg);
		}
	}
	if (done || count != segments)
		return "is last, but not the end of the last segment";
	if (count < nents && sg_dma_len(seg))
		return "is followed by a segment too many";
	if (t->table && t->table->granted != total + test_area_pages(gdev->backend))
		return "is last, and there are more references";
	return NULL;
}

/*
 * Not by way of the DMA API: its debugging objects, rightly, to lists that
 * disregard the limits of a device. These must work all the same.
 */
static void map_random(struct kunit *test)
{
	static const unsigned int sizes[] = {
		SZ_4K, SZ_8K + SZ_512, SZ_64K, UINT_MAX,
	};
	static const unsigned long masks[] = {
		SZ_4K - 1, SZ_8K - 1, SZ_64K - 1, SZ_1M - 1, U32_MAX, ULONG_MAX,
	};
	struct sg_test *t = test->priv;
	struct scatterlist sgl[MAX_ENTRIES];
	enum dma_data_direction dir;
	const char *fault;
	int i, nents, ret;
	u32 pick;

	for (i = 0; i < 5000; i++) {
		pick = test_random(&t->random, ARRAY_SIZE(sizes));
		dma_set_max_seg_size(t->dev, sizes[pick]);
		pick = test_random(&t->random, ARRAY_SIZE(masks));
		dma_set_seg_boundary(t->dev, masks[pick]);
		dir = test_random(&t->random, 2) ? DMA_TO_DEVICE :
						   DMA_FROM_DEVICE;
		nents = 1 + test_random(&t->random, MAX_ENTRIES);
		random_list(test, sgl, nents);
		random_entry(test, sgl);
		if (!sgl->length)
			sgl->length = 1;

		ret = grant_dma_ops.map_sg(t->dev, sgl, nents, dir, 0);
		KUNIT_ASSERT_GT_MSG(test, ret, 0, "case %d", i);
		fault = check(test, sgl, nents, ret, dir);
		KUNIT_ASSERT_NULL_MSG(test, fault,
				      "case %d, %d entries, maximum %#x, boundary %#lx: an entry %s",
				      i, nents, dma_get_max_seg_size(t->dev),
				      dma_get_seg_boundary(t->dev), fault);
		grant_dma_ops.unmap_sg(t->dev, sgl, nents, dir, 0);
		test_idle(test, t->dev);
	}
}

/* Pages in reverse order, in a list of several chained arrays. */
static void map_table(struct kunit *test)
{
	struct sg_test *t = test->priv;
	unsigned int entries = 5 * SG_MAX_SINGLE_ALLOC, i;
	unsigned int pages = BLOCK / PAGE_SIZE;
	struct scatterlist *sg;
	struct sg_table sgt;

	KUNIT_ASSERT_EQ(test, sg_alloc_table(&sgt, entries, GFP_KERNEL), 0);
	for_each_sgtable_sg(&sgt, sg, i)
		sg_set_page(sg, t->block + pages - 1 - i % pages, SZ_4K, 0);

	KUNIT_EXPECT_EQ(test, dma_map_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0), 0);
	KUNIT_EXPECT_NULL(test, check(test, sgt.sgl, entries, sgt.nents,
				      DMA_TO_DEVICE));
	KUNIT_EXPECT_EQ(test, sgt.nents,
			DIV_ROUND_UP(entries * SZ_4K,
				     dma_get_max_seg_size(t->dev)));
	dma_unmap_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0);
	sg_free_table(&sgt);
	test_idle(test, t->dev);
}

/* Entries meet, but not as the low bits of their addresses, which the device wants kept. */
static void map_low_bits(struct kunit *test)
{
	static const unsigned int starts[] = { SZ_4K, SZ_8K, SZ_32K, SZ_32K + SZ_4K };
	struct scatterlist sgl[ARRAY_SIZE(starts)];
	struct sg_test *t = test->priv;
	int i;

	dma_set_min_align_mask(t->dev, SZ_16K - 1);
	sg_init_table(sgl, ARRAY_SIZE(sgl));
	for (i = 0; i < ARRAY_SIZE(sgl); i++)
		sg_set_page(&sgl[i], t->block, SZ_4K, starts[i]);
	KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, ARRAY_SIZE(sgl), DMA_TO_DEVICE), 2);
	for (i = 0; i < 2; i++) {
		KUNIT_EXPECT_EQ(test, sg_dma_len(&sgl[i]), SZ_8K);
		KUNIT_EXPECT_EQ(test, (sg_dma_address(&sgl[i]) ^ starts[2 * i]) & (SZ_16K - 1), 0);
		KUNIT_EXPECT_TRUE(test, test_shows(test, sg_dma_address(&sgl[i]), SZ_8K,
						   page_address(t->block) + starts[2 * i]));
	}
	dma_unmap_sg(t->dev, sgl, ARRAY_SIZE(sgl), DMA_TO_DEVICE);
	test_idle(test, t->dev);
}

static void map_nothing(struct kunit *test)
{
	struct sg_test *t = test->priv;
	struct scatterlist sgl[2];
	struct sg_table sgt = { .sgl = sgl, .orig_nents = 2 };

	sg_init_table(sgl, 2);
	sg_set_page(&sgl[0], t->block, 0, 0);
	sg_set_page(&sgl[1], t->block, 0, 7);
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0),
			-EINVAL);
	test_idle(test, t->dev);
}

static void map_too_much(struct kunit *test)
{
	struct sg_test *t = test->priv;
	struct scatterlist single, *sg;
	struct sg_table sgt;
	int i;

	dma_set_max_seg_size(t->dev, UINT_MAX);
	KUNIT_ASSERT_EQ(test,
			sg_alloc_table(&sgt, 1 + grant_table_size() /
					     (BLOCK / SZ_4K), GFP_KERNEL), 0);
	for_each_sgtable_sg(&sgt, sg, i)
		sg_set_page(sg, t->block, BLOCK, 0);
	KUNIT_EXPECT_EQ(test, dma_map_sgtable(t->dev, &sgt, DMA_TO_DEVICE, 0),
			-ENOMEM);
	sg_free_table(&sgt);
	test_idle(test, t->dev);

	/* An entry that is longer than any range never can be mapped. */
	sg_init_table(&single, 1);
	sg_set_page(&single, t->block, SZ_1M + SZ_4K, 0);
	KUNIT_EXPECT_EQ(test, grant_dma_ops.map_sg(t->dev, &single, 1,
						   DMA_TO_DEVICE, 0), -EINVAL);
	test_idle(test, t->dev);
}

static struct kunit_case sg_cases[] = {
	KUNIT_CASE_PARAM(map_random, table_params),
	KUNIT_CASE_PARAM(map_table, table_params),
	KUNIT_CASE_PARAM(map_low_bits, table_params),
	KUNIT_CASE_PARAM(map_nothing, table_params),
	KUNIT_CASE_PARAM(map_too_much, table_params),
	{}
};

static struct kunit_suite sg_suite = {
	.name = "xen_grant_dma_sg",
	.init = sg_init,
	.test_cases = sg_cases,
};

kunit_test_suite(sg_suite);
