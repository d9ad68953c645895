// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of strict and of full isolation, by way of the DMA API: what the backend
 * sees, and what becomes of what it writes.
 */

#include <kunit/test.h>

#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/kmsg_dump.h>
#include <linux/log2.h>
#include <linux/math.h>
#include <linux/mm.h>
#include <linux/scatterlist.h>
#include <linux/sizes.h>
#include <linux/string.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_crypto.h>
#include <linux/virtio_net.h>
#include <linux/virtio_scsi.h>

#include <xen/page.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

#define BLOCK		SZ_512K
#define MAPPINGS	32
#define MAX_ENTRIES	6

/* What no backend may see, what buffers hold before, and what backends write. */
#define SECRET		0x5e
#define OLD		0x77
#define ANSWER		0xaa

struct bounce_test {
	struct fake_table *table;	/* NULL when on Xen's */
	struct device *dev;
	struct page *block;
	struct rnd_state random;
	struct kmsg_dump_iter log;
	bool full;	/* everything must be copied */
};

/**
 * struct mapping - a scatterlist, or one buffer if it has one entry
 * @dir: direction
 * @nents: number of entries, 0 if there is no mapping
 * @is_list: whether it was mapped as a list
 * @fill: the byte that all of it holds
 * @sgl: entries, each in a share of the block of its own, mapped
 */
struct mapping {
	enum dma_data_direction dir;
	int nents;
	bool is_list;
	u8 fill;
	struct scatterlist sgl[MAX_ENTRIES];
};

/* Counts new messages that tell @what of the device. */
static unsigned int said(struct kunit *test, const char *what)
{
	struct bounce_test *t = test->priv;

	return test_said(&t->log, dev_name(t->dev), what);
}

static int setup(struct kunit *test, struct fake_table *(*table)(struct kunit *test))
{
	struct bounce_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	t->table = table(test);
	t->dev = test_device(test, "bounced", TEST_DOMID);
	t->block = test_pages(test, BLOCK);
	memset(page_address(t->block), SECRET, BLOCK);
	prandom_seed_state(&t->random, 6);
	test_said_nothing(&t->log);
	return 0;
}

static int strict_init(struct kunit *test)
{
	return setup(test, strict_table);
}

static int full_init(struct kunit *test)
{
	int ret = setup(test, full_table);
	struct bounce_test *t = test->priv;

	t->full = true;
	return ret;
}

/* Nothing is granted but areas, and of those none is left but the device's reserve. */
static void expect_idle(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct grant_device *gdev = test_gdev(t->dev);

	test_idle(test, t->dev);
	grant_areas_reap(gdev->backend, true);
	test_idle(test, t->dev);
	KUNIT_ASSERT_EQ(test, test_area_pages(gdev->backend),
			gdev->reserve[GRANT_READONLY]->pages +
			gdev->reserve[GRANT_WRITABLE]->pages);
}

static bool in_block(struct bounce_test *t, phys_addr_t phys)
{
	return phys - page_to_phys(t->block) < BLOCK;
}

/*
 * No page that is granted holds a byte of a secret, and with full isolation none is
 * of the block; all are the backend's alone. The fake table knows them.
 */
static bool no_secret(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	grant_ref_t ref;

	if (!t->table)
		return true;
	for (ref = 0; ref < t->table->size; ref++) {
		const struct fake_entry *entry = &t->table->entries[ref];
		phys_addr_t phys = (phys_addr_t)gfn_to_pfn(entry->gfn) << 12;

		if (entry->granted && entry->domid != TEST_DOMID) {
			KUNIT_FAIL(test, "reference %#x is domain %u's", ref,
				   entry->domid);
			return false;
		}
		if (entry->granted &&
		    (memchr(phys_to_virt(phys), SECRET, SZ_4K) ||
		     (t->full && in_block(t, phys)))) {
			KUNIT_FAIL(test, "secret behind reference %#x", ref);
			return false;
		}
	}
	return true;
}

/* An entry in its share of the block, with a secret on both sides. */
static void random_entry(struct kunit *test, struct scatterlist *sg,
			 unsigned int start, unsigned int room)
{
	struct bounce_test *t = test->priv;
	unsigned int first = 1 + test_random(&t->random, room / 2 - 1);
	unsigned int length;

	switch (test_random(&t->random, 4)) {
	case 0:		/* whole Xen pages, if there are any */
		if (room > SZ_16K / 2) {
			first = SZ_4K;
			length = SZ_4K << test_random(&t->random, 2);
			break;
		}
		fallthrough;
	case 1:		/* small */
		first = room / 4;
		length = 1 + test_random(&t->random, min(room / 4, SZ_1K));
		break;
	default:
		length = 1 + test_random(&t->random, room - first - 1);
	}
	sg_set_page(sg, t->block + (start + first) / PAGE_SIZE, length,
		    (start + first) % PAGE_SIZE);
}

static int map(struct kunit *test, struct mapping *mapping)
{
	struct bounce_test *t = test->priv;
	struct scatterlist *sgl = mapping->sgl;

	if (mapping->is_list)
		return dma_map_sg(t->dev, sgl, mapping->nents, mapping->dir);

	sg_dma_address(sgl) = dma_map_page(t->dev, sg_page(sgl), sgl->offset,
					   sgl->length, mapping->dir);
	sg_dma_len(sgl) = sgl->length;
	return !dma_mapping_error(t->dev, sg_dma_address(sgl));
}

static void unmap(struct kunit *test, struct mapping *mapping)
{
	struct bounce_test *t = test->priv;
	struct scatterlist *sgl = mapping->sgl;

	if (mapping->is_list)
		dma_unmap_sg(t->dev, sgl, mapping->nents, mapping->dir);
	else
		dma_unmap_page(t->dev, sg_dma_address(sgl), sgl->length,
			       mapping->dir);
}

static void fill(struct mapping *mapping, u8 value)
{
	struct scatterlist *sg;
	int i;

	for_each_sg(mapping->sgl, sg, mapping->nents, i)
		memset(sg_virt(sg), value, sg->length);
}

/* A device that only writes may see old contents of whole pages, but of no other. */
static bool shows(struct kunit *test, struct mapping *mapping,
		  struct scatterlist *seg)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr = sg_dma_address(seg);
	size_t size = sg_dma_len(seg);

	if (mapping->dir != DMA_FROM_DEVICE)
		return test_sees(test, addr, size, mapping->fill);
	if (!t->full && !((addr | size) & 4095))
		return true;
	return test_sees(test, addr, size, TEST_UNWRITTEN);
}

/* Each mapping has a share of the block, and each of its entries one of that. */
static void begin(struct kunit *test, struct mapping *mapping, int number)
{
	static const enum dma_data_direction dirs[] = {
		DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE,
	};
	unsigned int room = BLOCK / MAPPINGS, start = number * room;
	struct bounce_test *t = test->priv;
	struct scatterlist *sg;
	int i, segments;

	mapping->dir = dirs[test_random(&t->random, ARRAY_SIZE(dirs))];
	mapping->is_list = test_random(&t->random, 2);
	mapping->nents = mapping->is_list ?
			 1 + test_random(&t->random, MAX_ENTRIES) : 1;
	mapping->fill = mapping->dir == DMA_FROM_DEVICE ? OLD : number + 1;
	sg_init_table(mapping->sgl, mapping->nents);
	room /= mapping->nents;
	for_each_sg(mapping->sgl, sg, mapping->nents, i)
		random_entry(test, sg, start + i * room, room);

	fill(mapping, mapping->fill);
	segments = map(test, mapping);
	KUNIT_ASSERT_GT(test, segments, 0);
	for_each_sg(mapping->sgl, sg, segments, i)
		KUNIT_ASSERT_TRUE_MSG(test, shows(test, mapping, sg),
				      "segment %d of %d, direction %d", i,
				      segments, mapping->dir);
}

/* Whether bytes are what they were, or what was put in their place. */
static bool unwritten(const u8 *bytes, size_t size, u8 old)
{
	for (; size; size--, bytes++)
		if (*bytes != TEST_UNWRITTEN && *bytes != old)
			return false;
	return true;
}

/* The backend writes the first half of the first segment, then it is unmapped. */
static void end(struct kunit *test, struct mapping *mapping)
{
	struct scatterlist *first = mapping->sgl;
	size_t half = (min(first->length, sg_dma_len(first)) + 1) / 2;
	u8 *bytes = sg_virt(first);

	if (mapping->dir != DMA_TO_DEVICE)
		test_writes(test, sg_dma_address(first), half, ANSWER);
	unmap(test, mapping);

	if (mapping->dir == DMA_TO_DEVICE)
		KUNIT_ASSERT_TRUE(test, test_all(bytes, mapping->fill, first->length));
	else
		KUNIT_ASSERT_TRUE_MSG(test,
				      test_all(bytes, ANSWER, half) &&
				      unwritten(bytes + half,
						first->length - half, mapping->fill),
				      "%u bytes at %u, %zu written",
				      first->length, first->offset, half);
	fill(mapping, SECRET);
	mapping->nents = 0;
}

static void random_mappings(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct mapping *mappings;
	int i, number;

	mappings = kunit_kcalloc(test, MAPPINGS, sizeof(*mappings), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, mappings);

	for (i = 0; i < 3000; i++) {
		number = test_random(&t->random, MAPPINGS);
		if (mappings[number].nents)
			end(test, &mappings[number]);
		else
			begin(test, &mappings[number], number);
		if (i % 8 == 0)
			KUNIT_ASSERT_TRUE(test, no_secret(test));
	}
	for (number = 0; number < MAPPINGS; number++)
		if (mappings[number].nents)
			end(test, &mappings[number]);

	/* Nothing was written beside the buffers. */
	KUNIT_EXPECT_TRUE(test, test_all(page_address(t->block), SECRET, BLOCK));
	KUNIT_EXPECT_TRUE(test, no_secret(test));
	expect_idle(test);
}

static dma_addr_t map_buffer(struct kunit *test, struct device *dev,
			     void *buffer, size_t size,
			     enum dma_data_direction dir)
{
	dma_addr_t addr = dma_map_single(dev, buffer, size, dir);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(dev, addr));
	return addr;
}

/* A part of a mapping at its beginning, in its middle and at its end. */
static const struct { size_t offset, size; } parts[] = {
	{ 0, 100 }, { SZ_4K - 10, 3000 }, { 9900, 100 },
};

static void sync_parts(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 *bytes = page_address(t->block) + 1000;
	dma_addr_t addr;
	int i;

	memset(bytes, 1, 10000);
	addr = map_buffer(test, t->dev, bytes, 10000, DMA_BIDIRECTIONAL);

	for (i = 0; i < ARRAY_SIZE(parts); i++) {
		size_t offset = parts[i].offset, size = parts[i].size;

		memset(bytes + offset, 2, size);
		dma_sync_single_range_for_device(t->dev, addr, offset, size,
						 DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_TRUE(test, test_sees(test, addr + offset, size, 2));

		test_writes(test, addr + offset, size, 3);
		dma_sync_single_range_for_cpu(t->dev, addr, offset, size,
					      DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_TRUE(test, test_all(bytes + offset, 3, size));
	}

	dma_unmap_single(t->dev, addr, 10000, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_all(page_address(t->block), SECRET, 1000));
	expect_idle(test);
}

/* Two entries that don't meet, so there are two segments. */
static void sync_list(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 *bytes = page_address(t->block) + 100;
	struct scatterlist sgl[2], *sg;
	int i;

	sg_init_table(sgl, 2);
	sg_set_buf(&sgl[0], bytes, 200);
	sg_set_buf(&sgl[1], bytes + SZ_8K, 5000);
	KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, 2, DMA_BIDIRECTIONAL), 2);

	for_each_sg(sgl, sg, 2, i)
		memset(sg_virt(sg), 1 + i, sg->length);
	dma_sync_sg_for_device(t->dev, sgl, 2, DMA_BIDIRECTIONAL);
	for_each_sg(sgl, sg, 2, i) {
		KUNIT_EXPECT_TRUE(test, test_sees(test, sg_dma_address(sg), sg->length, 1 + i));
		test_writes(test, sg_dma_address(sg), sg->length, 3 + i);
	}
	dma_sync_sg_for_cpu(t->dev, sgl, 2, DMA_BIDIRECTIONAL);
	for_each_sg(sgl, sg, 2, i)
		KUNIT_EXPECT_TRUE(test, test_all(sg_virt(sg), 3 + i, sg->length));

	dma_unmap_sg(t->dev, sgl, 2, DMA_BIDIRECTIONAL);
	for_each_sg(sgl, sg, 2, i)
		memset(sg_virt(sg), SECRET, sg->length);
	KUNIT_EXPECT_TRUE(test, test_all(page_address(t->block), SECRET, BLOCK));
	expect_idle(test);
}

static void sync_keeps_direction(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 *bytes = page_address(t->block) + 100;
	dma_addr_t addr;

	addr = map_buffer(test, t->dev, bytes, 200, DMA_FROM_DEVICE);
	dma_sync_single_for_device(t->dev, addr, 200, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, no_secret(test));
	test_writes(test, addr + 50, 50, ANSWER);
	dma_sync_single_range_for_cpu(t->dev, addr, 50, 50, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_all(bytes, SECRET, 50));
	KUNIT_EXPECT_TRUE(test, test_all(bytes + 50, ANSWER, 50));
	KUNIT_EXPECT_TRUE(test, test_all(bytes + 100, SECRET, 100));
	dma_unmap_single_attrs(t->dev, addr, 200, DMA_FROM_DEVICE,
			       DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_EXPECT_TRUE(test, test_all(bytes + 100, SECRET, 100));
	expect_idle(test);
}

static void sync_skipped(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 *bytes = page_address(t->block) + 100;
	dma_addr_t addr;

	addr = dma_map_single_attrs(t->dev, bytes, 200, DMA_BIDIRECTIONAL,
				    DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, 200, 0));
	test_writes(test, addr, 200, ANSWER);
	dma_unmap_single_attrs(t->dev, addr, 200, DMA_BIDIRECTIONAL,
			       DMA_ATTR_SKIP_CPU_SYNC);
	KUNIT_EXPECT_TRUE(test, test_all(bytes, SECRET, 200));

	expect_idle(test);
}

/* So it is with pages, and lists of pages: their owner uses them meanwhile. */
static void owner_syncs(struct kunit *test)
{
	static const enum dma_data_direction dirs[] = { DMA_FROM_DEVICE, DMA_BIDIRECTIONAL };
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	struct scatterlist sgl[2];
	dma_addr_t addr;
	int i;

	sg_init_table(sgl, 2);
	sg_set_page(&sgl[0], t->block, SZ_4K, 0);
	sg_set_page(&sgl[1], t->block + SZ_64K / PAGE_SIZE, SZ_8K, 0);
	for (i = 0; i < ARRAY_SIZE(dirs); i++) {
		addr = dma_map_page_attrs(t->dev, t->block, 0, SZ_4K, dirs[i],
					  DMA_ATTR_SKIP_CPU_SYNC);
		KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
		KUNIT_EXPECT_TRUE(test, no_secret(test));
		test_writes(test, addr, SZ_4K, ANSWER);
		KUNIT_EXPECT_TRUE(test, test_all(block, SECRET, SZ_4K));
		dma_sync_single_range_for_cpu(t->dev, addr, 0, 100, dirs[i]);
		KUNIT_EXPECT_TRUE(test, test_all(block, ANSWER, 100));
		KUNIT_EXPECT_TRUE(test, test_all(block + 100, SECRET, SZ_4K - 100));
		dma_unmap_page_attrs(t->dev, addr, SZ_4K, dirs[i], DMA_ATTR_SKIP_CPU_SYNC);
		KUNIT_EXPECT_TRUE(test, test_all(block + 100, SECRET, SZ_4K - 100));
		memset(block, SECRET, 100);

		KUNIT_ASSERT_EQ(test, dma_map_sg_attrs(t->dev, sgl, 2, dirs[i],
						       DMA_ATTR_SKIP_CPU_SYNC), 1);
		KUNIT_EXPECT_TRUE(test, no_secret(test));
		test_writes(test, sg_dma_address(sgl), SZ_4K + SZ_8K, ANSWER);
		dma_unmap_sg_attrs(t->dev, sgl, 2, dirs[i], DMA_ATTR_SKIP_CPU_SYNC);
		KUNIT_EXPECT_TRUE(test, test_all(block, SECRET, BLOCK));
	}
	expect_idle(test);
}

/* The device only reads it, so its owner has no need to. */
static void read_pages_are_granted(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr = dma_map_page_attrs(t->dev, t->block, 0, SZ_4K, DMA_TO_DEVICE,
					     DMA_ATTR_SKIP_CPU_SYNC);

	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, page_to_phys(t->block), SZ_4K));
	dma_unmap_page_attrs(t->dev, addr, SZ_4K, DMA_TO_DEVICE, DMA_ATTR_SKIP_CPU_SYNC);
	expect_idle(test);
}

static void low_bits_are_kept_of(struct kunit *test, size_t mask, size_t size)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addr;
	int offset;

	for (offset = 1; offset < 2 * mask; offset += mask / 16 + 240) {
		addr = map_buffer(test, t->dev, block + offset, size, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_EQ(test, addr & mask, offset & mask);
		KUNIT_EXPECT_TRUE(test, test_sees(test, addr, size, SECRET));
		test_writes(test, addr, size, ANSWER);
		dma_unmap_single(t->dev, addr, size, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_TRUE(test, test_all(block + offset, ANSWER, size));
		memset(block + offset, SECRET, size);
		KUNIT_EXPECT_TRUE(test, test_all(block, SECRET, BLOCK));
	}
}

static void low_bits_are_kept(struct kunit *test)
{
	static const unsigned int masks[] = { 0x1ff, SZ_4K - 1, SZ_64K - 1 };
	struct bounce_test *t = test->priv;
	void *other = page_address(t->block) + SZ_256K + 100;
	dma_addr_t addr;
	int i;

	for (i = 0; i < ARRAY_SIZE(masks); i++) {
		dma_set_min_align_mask(t->dev, masks[i]);
		/* It is in the way of those that follow. */
		addr = map_buffer(test, t->dev, other, 20, DMA_BIDIRECTIONAL);
		low_bits_are_kept_of(test, masks[i], 20);
		low_bits_are_kept_of(test, masks[i], 3800);
		low_bits_are_kept_of(test, masks[i], SZ_4K);
		low_bits_are_kept_of(test, masks[i], SZ_64K);
		dma_unmap_single(t->dev, addr, 20, DMA_BIDIRECTIONAL);
		expect_idle(test);
	}
}

/* No buffer that fits between two boundaries crosses one, wherever it is in memory. */
static void boundary_is_kept(struct kunit *test)
{
	static const unsigned int sizes[] = { SZ_4K, SZ_8K, SZ_64K };
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addr, held;
	size_t size;
	int i, offset;

	held = map_buffer(test, t->dev, block, 20, DMA_BIDIRECTIONAL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		dma_set_seg_boundary(t->dev, sizes[i] - 1);
		for (offset = 0; offset < SZ_128K; offset += SZ_1K) {
			size = sizes[i] - (offset & SZ_2K ? 600 : 0);
			addr = map_buffer(test, t->dev, block + offset, size,
					  DMA_BIDIRECTIONAL);
			KUNIT_EXPECT_EQ_MSG(test, (addr ^ (addr + size - 1)) >> ilog2(sizes[i]),
					    0, "%zu bytes at %pad", size, &addr);
			KUNIT_EXPECT_TRUE(test, test_sees(test, addr, size, SECRET));
			dma_unmap_single(t->dev, addr, size, DMA_BIDIRECTIONAL);
		}
	}
	dma_unmap_single(t->dev, held, 20, DMA_BIDIRECTIONAL);
	expect_idle(test);
}

/* The longest mapping there is, which doesn't fit so many references. */
static void unaligned_megabyte(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	u8 *bytes = page_address(test_pages(test, SZ_2M)) + 100;
	dma_addr_t addr;

	memset(bytes, 1, SZ_1M);
	addr = map_buffer(test, t->dev, bytes, SZ_1M, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_1M, 1));
	test_writes(test, addr, SZ_1M, 2);
	dma_unmap_single(t->dev, addr, SZ_1M, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_all(bytes, 2, SZ_1M));

	/* With low bits of the address it is longer than any area. */
	dma_set_min_align_mask(t->dev, SZ_4K - 1);
	addr = test_raw_map(t->dev, virt_to_phys(bytes), SZ_1M, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, addr, DMA_MAPPING_ERROR);
	expect_idle(test);
}

/* A buffer that fills its pages is granted, any other is bounced whole. */
static void whole_pages_are_granted(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	phys_addr_t phys = page_to_phys(t->block);
	dma_addr_t addr;
	void *vaddr;
	size_t at;

	addr = dma_map_page(t->dev, t->block, 0, SZ_16K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_TRUE(test, test_resolves(test, addr, phys, SZ_16K));
	dma_unmap_page(t->dev, addr, SZ_16K, DMA_TO_DEVICE);

	addr = dma_map_page(t->dev, t->block, 100, SZ_16K, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	for (at = 0; at < SZ_16K; at += SZ_1K)
		KUNIT_EXPECT_FALSE(test, in_block(t, virt_to_phys(test_view(test, addr + at))));
	dma_unmap_page(t->dev, addr, SZ_16K, DMA_TO_DEVICE);

	/* Coherent memory has its pages for itself, whatever its size. */
	vaddr = dma_alloc_coherent(t->dev, 5000, &addr, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vaddr);
	KUNIT_EXPECT_PTR_EQ(test, test_view(test, addr), vaddr);
	KUNIT_EXPECT_TRUE(test, test_all(vaddr, 0, SZ_8K));
	dma_free_coherent(t->dev, 5000, vaddr, addr);
	expect_idle(test);
}

/* Slab memory that fills pages, alone and in a list between other pages. */
static void slab_is_copied(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	u8 *object = kunit_kmalloc(test, SZ_4K, GFP_KERNEL);
	struct scatterlist sgl[3];
	dma_addr_t addr;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, object);
	KUNIT_ASSERT_TRUE(test, folio_test_slab(virt_to_folio(object)));
	memset(object, SECRET, SZ_4K);
	addr = map_buffer(test, t->dev, object, SZ_4K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_4K, TEST_UNWRITTEN));
	test_writes(test, addr, SZ_4K, ANSWER);
	dma_unmap_single(t->dev, addr, SZ_4K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_all(object, ANSWER, SZ_4K));

	memset(object, 1, SZ_4K);
	memset(block, 2, 3 * SZ_4K);
	sg_init_table(sgl, 3);
	sg_set_buf(&sgl[0], block, SZ_4K);
	sg_set_buf(&sgl[1], object, SZ_4K);
	sg_set_buf(&sgl[2], block + SZ_8K, SZ_4K);
	for (i = 0; i < 2; i++) {
		/* With a boundary that segments must not cross, too. */
		dma_set_seg_boundary(t->dev, i ? SZ_64K - 1 : U32_MAX);
		KUNIT_ASSERT_EQ(test, dma_map_sg(t->dev, sgl, 3, DMA_BIDIRECTIONAL), 1);
		addr = sg_dma_address(sgl) + SZ_4K;
		KUNIT_EXPECT_PTR_NE(test, test_view(test, addr), (void *)object);
		KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_4K, 1 + i));
		KUNIT_EXPECT_TRUE(test, test_sees(test, addr + SZ_4K, SZ_4K, 2));
		test_writes(test, addr, SZ_4K, 2);
		dma_unmap_sg(t->dev, sgl, 3, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_TRUE(test, test_all(object, 2, SZ_4K));
	}
	memset(block, SECRET, 3 * SZ_4K);
	expect_idle(test);
}

/* No mapping of memory without a count of its own shows the memory itself. */
static void expect_copied(struct kunit *test, struct page *page, size_t size)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr;
	size_t offset;

	addr = dma_map_page(t->dev, page, 0, size, DMA_TO_DEVICE);
	KUNIT_ASSERT_FALSE(test, dma_mapping_error(t->dev, addr));
	for (offset = 0; offset < size; offset += PAGE_SIZE)
		if (!page_count(page + offset / PAGE_SIZE))
			KUNIT_EXPECT_PTR_NE(test, test_view(test, addr + offset),
					    page_address(page) + offset);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, size, 1));
	dma_unmap_page(t->dev, addr, size, DMA_TO_DEVICE);
}

/* The backend could go on using it when it has another owner. */
static void memory_without_count_is_copied(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct page *tails = alloc_pages(GFP_KERNEL, 2);

	/* The tails of a high order that is no compound page have none ... */
	KUNIT_ASSERT_NOT_NULL(test, tails);
	memset(page_address(tails), 1, 4 * PAGE_SIZE);
	expect_copied(test, tails, 4 * PAGE_SIZE);
	expect_copied(test, tails, 2 * PAGE_SIZE);
	__free_pages(tails, 2);

	/* ... and nothing of frozen memory has one, as slabs and large kmalloc. */
	memset(page_address(t->block), 1, SZ_64K);
	KUNIT_ASSERT_TRUE(test, page_ref_freeze(t->block, 1));
	expect_copied(test, t->block, SZ_64K);
	page_ref_unfreeze(t->block, 1);
	memset(page_address(t->block), SECRET, SZ_64K);
	expect_idle(test);
}

/* Contiguous memory is reused as soon as its owner frees it, whoever has it mapped. */
static void contiguous_memory_is_copied(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct page *page = dma_alloc_contiguous(t->dev, SZ_128K, GFP_KERNEL);
	dma_addr_t addr;

	if (!page || !is_migrate_cma_page(page))
		kunit_skip(test, "there is no contiguous memory");
	memset(page_address(page), 1, SZ_128K);
	addr = dma_map_page(t->dev, page, 0, SZ_128K, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_FALSE(test, dma_mapping_error(t->dev, addr));
	KUNIT_EXPECT_PTR_NE(test, test_view(test, addr), page_address(page));
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, SZ_128K, 1));
	test_writes(test, addr, SZ_128K, ANSWER);
	dma_unmap_page(t->dev, addr, SZ_128K, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_TRUE(test, test_all(page_address(page), ANSWER, SZ_128K));
	dma_free_contiguous(t->dev, page, SZ_128K);
	expect_idle(test);
}

static const struct { const char *name; size_t size; u64 success; } statuses[] = {
	{ "virtio_blk", 1, VIRTIO_BLK_S_OK },
	{ "virtio_net", sizeof(virtio_net_ctrl_ack), VIRTIO_NET_OK },
	{ "virtio_crypto", 1, VIRTIO_CRYPTO_OK },
	{ "virtio_crypto session", 4, VIRTIO_CRYPTO_OK },
	{ "virtio_scsi", 1, VIRTIO_SCSI_S_OK },
	{ "virtio_scsi task management", 1, VIRTIO_SCSI_S_FUNCTION_SUCCEEDED },
};

/* A backend that ends a request without a status must not make it succeed. */
static void unwritten_status_is_no_success(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr;
	u64 *status;
	int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		status = page_address(t->block) + 64;
		*status = 0;
		addr = map_buffer(test, t->dev, status, statuses[i].size,
				  DMA_FROM_DEVICE);
		dma_unmap_single(t->dev, addr, statuses[i].size, DMA_FROM_DEVICE);
		KUNIT_EXPECT_NE_MSG(test, *status, statuses[i].success, "%s",
				    statuses[i].name);
	}
	memset(page_address(t->block), SECRET, SZ_4K);
	expect_idle(test);
}

/* A driver's faults, of which the debugging of the DMA API had better not know. */
static dma_addr_t raw_map(struct kunit *test, void *buffer, size_t size,
			  enum dma_data_direction dir)
{
	struct bounce_test *t = test->priv;
	dma_addr_t addr;

	addr = test_raw_map(t->dev, virt_to_phys(buffer), size, dir);
	KUNIT_ASSERT_NE(test, addr, DMA_MAPPING_ERROR);
	return addr;
}

static void raw_unmap(struct kunit *test, dma_addr_t addr, size_t size,
		      enum dma_data_direction dir)
{
	struct bounce_test *t = test->priv;

	test_raw_unmap(t->dev, addr, size, dir);
}

static void raw_sync(struct kunit *test, dma_addr_t addr, size_t size,
		     enum dma_data_direction dir, bool for_device)
{
	struct bounce_test *t = test->priv;

	test_raw_sync(t->dev, addr, size, dir, for_device);
}

/* Sizes that are bounced in one page, and in several, and that are granted by strict. */
static const size_t misuse_sizes[] = { 40, 5000, SZ_16K };

/*
 * Mappings of neighbours in memory, which mostly are among DMA addresses, too. What
 * is beside the one in the middle must stay as it is, on both sides.
 */
static void map_three(struct kunit *test, size_t size, dma_addr_t *addrs)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	int i;

	for (i = 0; i < 3; i++) {
		memset(block + i * SZ_32K, i + 1, size);
		addrs[i] = raw_map(test, block + i * SZ_32K, size, DMA_BIDIRECTIONAL);
	}
}

static void expect_others(struct kunit *test, size_t size, dma_addr_t *addrs)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	int i;

	for (i = 0; i < 3; i += 2) {
		KUNIT_EXPECT_TRUE(test, test_sees(test, addrs[i], size, i + 1));
		KUNIT_EXPECT_TRUE(test, test_all(block + i * SZ_32K, i + 1, size));
		KUNIT_EXPECT_TRUE(test, test_all(block + i * SZ_32K + size, SECRET,
						 SZ_32K - size));
	}
}

static void unmap_others(struct kunit *test, size_t size, dma_addr_t *addrs)
{
	struct bounce_test *t = test->priv;

	raw_unmap(test, addrs[0], size, DMA_BIDIRECTIONAL);
	raw_unmap(test, addrs[2], size, DMA_BIDIRECTIONAL);
	memset(page_address(t->block), SECRET, BLOCK);
	expect_idle(test);
}

/*
 * A driver may well take the size of a sync from the device. Wherever it begins, it
 * ends with the mapping.
 */
static void sync_beyond_mapping(struct kunit *test)
{
	static const size_t beyond[] = { 1, SZ_4K, SZ_1G };
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	size_t size, at, left;
	dma_addr_t addrs[3];
	int i, j;

	for (i = 0; i < ARRAY_SIZE(misuse_sizes); i++) {
		size = misuse_sizes[i];
		map_three(test, size, addrs);
		for (j = 0; j < ARRAY_SIZE(beyond); j++) {
			for (at = 0; at < size; at += 37) {
				left = size - at;
				memset(block + SZ_32K + at, 5, left);
				raw_sync(test, addrs[1] + at, left + beyond[j],
					 DMA_BIDIRECTIONAL, true);
				KUNIT_EXPECT_TRUE(test, test_sees(test, addrs[1] + at, left, 5));
				test_writes(test, addrs[1] + at, left, 6);
				raw_sync(test, addrs[1] + at, left + beyond[j],
					 DMA_BIDIRECTIONAL, false);
				KUNIT_EXPECT_TRUE(test, test_all(block + SZ_32K + at, 6, left));
			}
			KUNIT_EXPECT_TRUE(test, test_all(block + SZ_32K + size, SECRET,
							 SZ_32K - size));
			expect_others(test, size, addrs);
		}
		raw_unmap(test, addrs[1], size, DMA_BIDIRECTIONAL);
		unmap_others(test, size, addrs);
	}
	KUNIT_EXPECT_EQ(test, said(test, "misused"), 1);
}

/* Where there is no mapping any more, or not yet, there is nothing to copy. */
static void sync_of_no_mapping(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addrs[3];

	map_three(test, 200, addrs);
	raw_unmap(test, addrs[1], 200, DMA_BIDIRECTIONAL);
	memset(block + SZ_32K, SECRET, 200);
	test_writes(test, addrs[1], GRANT_UNIT, ANSWER);
	raw_sync(test, addrs[1], 200, DMA_BIDIRECTIONAL, false);
	raw_sync(test, addrs[0] + 200, GRANT_UNIT - 200, DMA_BIDIRECTIONAL, false);
	raw_sync(test, grant_addr(test_gdev(t->dev)->backend->size, 0), 200,
		 DMA_BIDIRECTIONAL, false);
	raw_sync(test, addrs[0] & ~XEN_GRANT_DMA_FLAG, 200, DMA_BIDIRECTIONAL, false);
	KUNIT_EXPECT_TRUE(test, test_all(block + SZ_32K, SECRET, SZ_32K));
	expect_others(test, 200, addrs);
	KUNIT_EXPECT_EQ(test, said(test, "misused"), 1);
	unmap_others(test, 200, addrs);
}

/* It is the mapping's direction that counts. */
static void wrong_direction(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addr;

	/* The device shall not read what it may only write ... */
	addr = raw_map(test, block, 100, DMA_FROM_DEVICE);
	raw_sync(test, addr, 100, DMA_BIDIRECTIONAL, true);
	raw_sync(test, addr, 100, DMA_TO_DEVICE, true);
	KUNIT_EXPECT_TRUE(test, no_secret(test));
	raw_unmap(test, addr, 100, DMA_FROM_DEVICE);

	/* ... nor write what it may only read. */
	memset(block, 1, 100);
	addr = raw_map(test, block, 100, DMA_TO_DEVICE);
	test_writes(test, addr, 100, ANSWER);
	raw_sync(test, addr, 100, DMA_BIDIRECTIONAL, false);
	raw_sync(test, addr, 100, DMA_FROM_DEVICE, false);
	KUNIT_EXPECT_TRUE(test, test_all(block, 1, 100));
	raw_unmap(test, addr, 100, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_all(block, 1, 100));
	memset(block, SECRET, 100);
	expect_idle(test);
}

static void unmap_of_wrong_size(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addrs[3];
	size_t size;
	int i, j;

	for (i = 0; i < ARRAY_SIZE(misuse_sizes); i++) {
		for (j = 0; j < 2; j++) {
			size = misuse_sizes[i];
			map_three(test, size, addrs);
			test_writes(test, addrs[1], size, ANSWER);
			raw_unmap(test, addrs[1], j ? 1 : 3 * size, DMA_BIDIRECTIONAL);
			/* All of it has ended. */
			KUNIT_EXPECT_TRUE(test, test_all(block + SZ_32K, ANSWER, size));
			KUNIT_EXPECT_TRUE(test, test_all(block + SZ_32K + size, SECRET,
							 SZ_32K - size));
			expect_others(test, size, addrs);
			unmap_others(test, size, addrs);
		}
	}
	KUNIT_EXPECT_EQ(test, said(test, "is not all of the mapping"), 1);
}

/* The second time, nothing happens; no two mappings get the same place. */
static void unmap_twice(struct kunit *test)
{
	dma_addr_t addrs[3], old;
	size_t size;
	int i;

	for (i = 0; i < ARRAY_SIZE(misuse_sizes); i++) {
		size = misuse_sizes[i];
		map_three(test, size, addrs);
		old = addrs[1];
		raw_unmap(test, old, size, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_EQ(test, said(test, "misused"), 0);
		raw_unmap(test, old, size, DMA_BIDIRECTIONAL);
		KUNIT_EXPECT_EQ(test, said(test, "where no mapping begins"), !i);
		expect_others(test, size, addrs);
		unmap_others(test, size, addrs);

		map_three(test, size, addrs);
		KUNIT_EXPECT_NE(test, addrs[0], addrs[1]);
		KUNIT_EXPECT_NE(test, addrs[1], addrs[2]);
		KUNIT_EXPECT_NE(test, addrs[0], addrs[2]);
		raw_unmap(test, addrs[1], size, DMA_BIDIRECTIONAL);
		unmap_others(test, size, addrs);
	}
}

/* Neither is there any mapping where no address of a mapping can be. */
static void unmap_of_nonsense(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t addr = raw_map(test, block, 100, DMA_BIDIRECTIONAL);
	dma_addr_t whole = raw_map(test, block + SZ_16K, SZ_16K,
				      DMA_BIDIRECTIONAL);
	const dma_addr_t wrong[] = {
		addr + 8, addr + SZ_4K, addr - SZ_4K, whole + SZ_4K,
		whole & ~BIT_ULL(63), whole | BIT_ULL(50), DMA_MAPPING_ERROR, 0,
		page_to_phys(t->block), BIT_ULL(63) | BIT_ULL(43),
		grant_addr(test_gdev(t->dev)->backend->size, 0),
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++)
		raw_unmap(test, wrong[i], 100, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_EQ(test, said(test, "where no mapping begins"), 1);
	KUNIT_EXPECT_TRUE(test, test_sees(test, addr, 100, SECRET));
	KUNIT_EXPECT_TRUE(test, test_sees(test, whole, SZ_16K, SECRET));
	raw_unmap(test, addr, 100, DMA_BIDIRECTIONAL);
	raw_unmap(test, whole, SZ_16K, DMA_BIDIRECTIONAL);
	expect_idle(test);
}

static void readonly_is_apart(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	void *block = page_address(t->block);
	dma_addr_t in, out, both;

	in = map_buffer(test, t->dev, block, 64, DMA_FROM_DEVICE);
	out = map_buffer(test, t->dev, block, 64, DMA_TO_DEVICE);
	both = map_buffer(test, t->dev, block, 64, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_NE(test, test_ref(test, in), test_ref(test, out));
	KUNIT_EXPECT_NE(test, test_ref(test, both), test_ref(test, out));
	KUNIT_EXPECT_TRUE(test, t->table->entries[test_ref(test, out)].readonly);
	KUNIT_EXPECT_FALSE(test, t->table->entries[test_ref(test, in)].readonly);
	KUNIT_EXPECT_FALSE(test, t->table->entries[test_ref(test, both)].readonly);
	dma_unmap_single(t->dev, in, 64, DMA_FROM_DEVICE);
	dma_unmap_single(t->dev, out, 64, DMA_TO_DEVICE);
	dma_unmap_single(t->dev, both, 64, DMA_BIDIRECTIONAL);

	/* The memory behind two references must not be writable by either. */
	out = map_buffer(test, t->dev, block + 1, SZ_8K, DMA_TO_DEVICE);
	for (both = 0; both < t->table->size; both++)
		if (t->table->entries[both].granted &&
		    t->table->entries[both].gfn ==
		    grant_table_gfn(test_ref(test, out)))
			KUNIT_EXPECT_TRUE(test, t->table->entries[both].readonly);
	dma_unmap_single(t->dev, out, SZ_8K, DMA_TO_DEVICE);
	expect_idle(test);
}

static void backends_are_apart(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct device *other = test_device(test, "other", TEST_DOMID - 1);
	void *block = page_address(t->block);
	dma_addr_t one, two;

	one = map_buffer(test, t->dev, block, 64, DMA_BIDIRECTIONAL);
	two = map_buffer(test, other, block, 64, DMA_BIDIRECTIONAL);
	KUNIT_EXPECT_NE(test, grant_table_gfn(test_ref(test, one)),
			grant_table_gfn(test_ref(test, two)));
	dma_unmap_single(t->dev, one, 64, DMA_BIDIRECTIONAL);
	dma_unmap_single(other, two, 64, DMA_BIDIRECTIONAL);
}

/* A page of an area is in use when the area goes back, for longer than its mapping. */
static void area_in_use(struct kunit *test)
{
	struct bounce_test *t = test->priv;
	struct grant_backend *backend = test_gdev(t->dev)->backend;
	u8 *bytes = page_address(t->block) + 100;
	struct fake_entry *entry;
	struct page *page;
	dma_addr_t addr;

	addr = map_buffer(test, t->dev, bytes, SZ_8K, DMA_FROM_DEVICE);
	test_writes(test, addr, SZ_8K, ANSWER);
	entry = &t->table->entries[test_ref(test, addr)];
	entry->mapped = true;
	dma_unmap_single(t->dev, addr, SZ_8K, DMA_FROM_DEVICE);
	KUNIT_EXPECT_TRUE(test, test_all(bytes, ANSWER, SZ_8K));
	memset(bytes, SECRET, SZ_8K);

	grant_areas_reap(backend, true);
	KUNIT_EXPECT_EQ(test, backend->deferred, 1);
	page = xen_pfn_to_page(gfn_to_pfn(entry->gfn));
	KUNIT_EXPECT_EQ(test, page_count(page), 1);
	KUNIT_EXPECT_TRUE(test, test_all(page_address(page), 0, PAGE_SIZE));

	entry->mapped = false;
	while (fake_table_retry(t->table))
		;
	KUNIT_EXPECT_EQ(test, backend->deferred, 0);
	expect_idle(test);
}

static struct kunit_case bounce_cases[] = {
	KUNIT_CASE_PARAM(random_mappings, table_params),
	KUNIT_CASE_PARAM(sync_parts, table_params),
	KUNIT_CASE_PARAM(sync_list, table_params),
	KUNIT_CASE_PARAM(sync_keeps_direction, table_params),
	KUNIT_CASE_PARAM(sync_skipped, table_params),
	KUNIT_CASE_PARAM(owner_syncs, table_params),
	KUNIT_CASE_PARAM(read_pages_are_granted, table_params),
	KUNIT_CASE_PARAM(low_bits_are_kept, table_params),
	KUNIT_CASE_PARAM(boundary_is_kept, table_params),
	KUNIT_CASE_PARAM(unaligned_megabyte, table_params),
	KUNIT_CASE_PARAM(whole_pages_are_granted, table_params),
	KUNIT_CASE_PARAM(slab_is_copied, table_params),
	KUNIT_CASE_PARAM(memory_without_count_is_copied, table_params),
	KUNIT_CASE(contiguous_memory_is_copied),
	KUNIT_CASE_PARAM(unwritten_status_is_no_success, table_params),
	KUNIT_CASE(sync_beyond_mapping),
	KUNIT_CASE(sync_of_no_mapping),
	KUNIT_CASE(wrong_direction),
	KUNIT_CASE(unmap_of_wrong_size),
	KUNIT_CASE(unmap_twice),
	KUNIT_CASE(unmap_of_nonsense),
	KUNIT_CASE(readonly_is_apart),
	KUNIT_CASE(backends_are_apart),
	KUNIT_CASE(area_in_use),
	{ }
};

static struct kunit_suite bounce_suite = {
	.name = "xen_grant_dma_bounce",
	.init = strict_init,
	.test_cases = bounce_cases,
};

/* Those that hold whether whole pages are copied or not. */
static struct kunit_case full_cases[] = {
	KUNIT_CASE_PARAM(random_mappings, table_params),
	KUNIT_CASE_PARAM(sync_parts, table_params),
	KUNIT_CASE_PARAM(sync_list, table_params),
	KUNIT_CASE_PARAM(sync_keeps_direction, table_params),
	KUNIT_CASE_PARAM(sync_skipped, table_params),
	KUNIT_CASE_PARAM(owner_syncs, table_params),
	KUNIT_CASE_PARAM(low_bits_are_kept, table_params),
	KUNIT_CASE_PARAM(boundary_is_kept, table_params),
	KUNIT_CASE_PARAM(unaligned_megabyte, table_params),
	KUNIT_CASE_PARAM(slab_is_copied, table_params),
	KUNIT_CASE_PARAM(memory_without_count_is_copied, table_params),
	KUNIT_CASE(sync_beyond_mapping),
	KUNIT_CASE(sync_of_no_mapping),
	KUNIT_CASE(wrong_direction),
	KUNIT_CASE(unmap_of_wrong_size),
	KUNIT_CASE(unmap_twice),
	KUNIT_CASE(readonly_is_apart),
	KUNIT_CASE(area_in_use),
	{ }
};

static struct kunit_suite full_suite = {
	.name = "xen_grant_dma_full",
	.init = full_init,
	.test_cases = full_cases,
};

kunit_test_suites(&bounce_suite, &full_suite);
