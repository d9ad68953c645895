// SPDX-License-Identifier: GPL-2.0-only
/*
 * Mappings as drivers make them, of all kinds, and what drivers are promised: the
 * device finds the data, the CPU what the device wrote, and nothing else changes.
 */

#include <linux/dma-mapping.h>
#include <linux/scatterlist.h>

#include "stress.h"

#define MOST_ENTRIES	12

enum kind { BUFFER, LIST, COHERENT, PAGES, KINDS };

/* Pages of which the allocation is as the name says. */
enum memory_kind { SEPARATE, COMPOUND, SLAB, UNCOUNTED, MEMORY_KINDS };

struct memory {
	enum memory_kind kind;
	unsigned int order;
	struct page *page;
};

/*
 * A mapping: @sgl has its memory, and as DMA addresses where the device sees that.
 * @seed tells the bytes of its buffers before and after the device has worked.
 */
struct mapping {
	struct device *dev;
	domid_t domid;
	enum kind kind;
	enum dma_data_direction dir;
	unsigned long attrs;
	size_t size;
	u8 seed;
	bool worked;
	unsigned int nents;
	unsigned int segments;
	struct scatterlist sgl[MOST_ENTRIES];
	struct memory memory[MOST_ENTRIES];
};

/* None of these is the secret. */
static u8 byte_at(const struct mapping *mapping, size_t at, bool written)
{
	return 1 + (mapping->seed + (written ? 50 : 0) + at * 7) % 100;
}

static bool memory_get(struct memory *memory, unsigned int order, enum memory_kind kind)
{
	gfp_t gfp = kind == COMPOUND || kind == SLAB ? __GFP_COMP : 0;
	unsigned int i;

	/* By page, memory without a count is granted though nothing keeps it. */
	memory->kind = by_page && kind == UNCOUNTED ? SEPARATE : kind;
	memory->order = order;
	memory->page = alloc_pages(GFP_ATOMIC | gfp, order);
	if (!memory->page)
		return false;
	memset(page_address(memory->page), SECRET, PAGE_SIZE << order);
	for (i = 1; memory->kind == SEPARATE && i < 1U << order; i++)
		atomic_set(&memory->page[i]._refcount, 1);
	if (memory->kind == SLAB)
		host_set_slab(memory->page, true);
	return true;
}

static void memory_put(struct memory *memory)
{
	unsigned int i;

	if (memory->kind == SLAB)
		host_set_slab(memory->page, false);
	if (memory->kind != SEPARATE)
		return __free_pages(memory->page, memory->order);
	for (i = 0; i < 1U << memory->order; i++)
		put_page(&memory->page[i]);
}

/* A buffer somewhere in memory of its own. */
static bool add_buffer(struct mapping *mapping, unsigned int order, enum memory_kind kind,
		       struct random *random)
{
	struct memory *memory = &mapping->memory[mapping->nents];
	size_t room = PAGE_SIZE << order;
	unsigned int offset, length;

	if (!memory_get(memory, order, kind))
		return false;
	offset = one_in(random, 3) ? random_below(random, room) : 0;
	length = min(room - offset, (size_t)SZ_1M);	/* most that a mapping has */
	if (one_in(random, 3))
		length = 1 + random_below(random, length);
	sg_set_page(&mapping->sgl[mapping->nents++], memory->page, length, offset);
	mapping->size += length;
	return true;
}

/*
 * The bytes that are looked at, in the middle somewhere. All others are the same, so that
 * most of the time goes to mappings.
 */
#define WINDOW	512
#define OTHERS	0x11

static size_t window_begin(const struct mapping *mapping)
{
	return mapping->size > WINDOW ? mapping->seed * 31 % (mapping->size - WINDOW) : 0;
}

static size_t window_end(const struct mapping *mapping)
{
	return min(mapping->size, window_begin(mapping) + WINDOW);
}

static u8 *byte_of(struct mapping *mapping, size_t at)
{
	struct scatterlist *sg = mapping->sgl;

	for (; at >= sg->length; sg++)
		at -= sg->length;
	return page_address(sg_page(sg)) + sg->offset + at;
}

static void fill(struct mapping *mapping)
{
	struct scatterlist *sg;
	size_t at;
	int i;

	for_each_sg(mapping->sgl, sg, mapping->nents, i)
		memset(page_address(sg_page(sg)) + sg->offset, OTHERS, sg->length);
	for (at = window_begin(mapping); at < window_end(mapping); at++)
		*byte_of(mapping, at) = byte_at(mapping, at, false);
}

/* Returns whether the CPU finds what the device wrote. */
static bool is_written(struct mapping *mapping)
{
	size_t at;

	for (at = window_begin(mapping); at < window_end(mapping); at++)
		if (*byte_of(mapping, at) != byte_at(mapping, at, true))
			return false;
	return true;
}

static bool all_are(const u8 *p, u8 value, size_t size)
{
	return !size || (*p == value && !memcmp(p, p + 1, size - 1));
}

/* Returns whether all memory beside the buffers is as it was. */
static bool rest_is_secret(const struct mapping *mapping)
{
	const struct scatterlist *sg = mapping->sgl;
	const u8 *page;
	size_t end;
	int i;

	for (i = 0; i < mapping->nents; i++, sg++) {
		page = page_address(mapping->memory[i].page);
		end = sg->offset + sg->length;
		if (!all_are(page, SECRET, sg->offset) ||
		    !all_are(page + end, SECRET,
			     (PAGE_SIZE << mapping->memory[i].order) - end))
			return false;
	}
	return true;
}

/* The device reads or writes some bytes, found by the DMA addresses of segments. */
static bool device_moves(struct mapping *mapping, size_t at, u8 *data, size_t size,
			 bool write)
{
	struct scatterlist *sg;
	size_t step;
	int i;

	for_each_sg(mapping->sgl, sg, mapping->segments, i) {
		if (at >= sg_dma_len(sg)) {
			at -= sg_dma_len(sg);
			continue;
		}
		step = min(size, sg_dma_len(sg) - at);
		if (!(write ? host_device_write(mapping->domid, sg_dma_address(sg) + at,
						data, step) :
			      host_device_read(mapping->domid, sg_dma_address(sg) + at,
					       data, step)))
			return false;
		data += step;
		size -= step;
		at = 0;
	}
	return !size;
}

static void device_works(struct mapping *mapping)
{
	size_t at = window_begin(mapping), size = window_end(mapping) - at, i;
	u8 data[WINDOW];

	mapping->worked = true;
	if (mapping->dir != DMA_FROM_DEVICE) {
		if (!device_moves(mapping, at, data, size, false))
			return report_violation("the device can't read");
		for (i = 0; i < size; i++)
			if (data[i] != byte_at(mapping, at + i, false))
				return report_violation("the device reads something else");
	}
	if (mapping->dir == DMA_TO_DEVICE) {
		if (device_moves(mapping, at, data, size, true))
			report_violation("the device can write what it may only read");
		return;
	}
	for (i = 0; i < size; i++)
		data[i] = byte_at(mapping, at + i, true);
	if (!device_moves(mapping, at, data, size, true))
		report_violation("the device can't write");
}

static bool scribbled(const struct mapping *mapping)
{
	return mapping->domid == SCRIBBLER;
}

static void check_ended(struct mapping *mapping)
{
	if (mapping->kind <= LIST && !(by_page && scribbled(mapping)) &&
	    !rest_is_secret(mapping))
		report_violation("something beside a buffer changed");
	if (mapping->worked && mapping->dir != DMA_TO_DEVICE && !is_written(mapping))
		report_violation("the CPU reads something else than the device wrote");
}

static bool map_buffer(struct mapping *mapping, struct random *random)
{
	unsigned int order = one_in(random, 8) ? random_below(random, 10) :
						 random_below(random, 3);
	struct scatterlist *sg = mapping->sgl;

	if (!add_buffer(mapping, order, random_below(random, MEMORY_KINDS), random))
		return false;
	fill(mapping);
	if (one_in(random, 8))
		mapping->attrs = DMA_ATTR_SKIP_CPU_SYNC;
	sg_dma_len(sg) = sg->length;
	sg_dma_address(sg) = dma_map_phys(mapping->dev, sg_phys(sg), sg->length,
					  mapping->dir, mapping->attrs);
	mapping->segments = 1;
	if (sg_dma_address(sg) == DMA_MAPPING_ERROR)
		return false;
	if ((sg_dma_address(sg) ^ sg_phys(sg)) & dma_get_min_align_mask(mapping->dev))
		report_violation("the low bits of an address are not kept");
	if (mapping->attrs)
		dma_sync_single_for_device(mapping->dev, sg_dma_address(sg), sg->length,
					   mapping->dir);
	return true;
}

static bool map_list(struct mapping *mapping, struct random *random)
{
	unsigned int n = 1 + random_below(random, MOST_ENTRIES);

	while (mapping->nents < n)
		if (!add_buffer(mapping, random_below(random, 2), SEPARATE, random))
			return false;
	sg_init_marker(mapping->sgl, n);
	fill(mapping);
	mapping->segments = dma_map_sg(mapping->dev, mapping->sgl, n, mapping->dir);
	return mapping->segments;
}

static bool map_coherent(struct mapping *mapping, struct random *random)
{
	dma_addr_t addr;
	void *vaddr;

	mapping->size = 1 + random_below(random, 20000);
	vaddr = dma_alloc_coherent(mapping->dev, mapping->size, &addr, GFP_ATOMIC);
	if (!vaddr)
		return false;
	if (!scribbled(mapping) && !all_are(vaddr, 0, mapping->size))
		report_violation("coherent memory is not zero");
	sg_set_page(mapping->sgl, virt_to_page(vaddr), mapping->size, 0);
	sg_dma_address(mapping->sgl) = addr;
	sg_dma_len(mapping->sgl) = mapping->size;
	mapping->nents = 1;
	mapping->segments = 1;
	mapping->dir = DMA_BIDIRECTIONAL;
	fill(mapping);
	return true;
}

static bool map_pages(struct mapping *mapping, struct random *random)
{
	dma_addr_t addr;
	struct page *page;

	mapping->size = 1 + random_below(random, 20000);
	page = dma_alloc_pages(mapping->dev, mapping->size, &addr, mapping->dir,
			       GFP_ATOMIC);
	if (!page)
		return false;
	sg_set_page(mapping->sgl, page, mapping->size, 0);
	sg_dma_address(mapping->sgl) = addr;
	sg_dma_len(mapping->sgl) = mapping->size;
	mapping->nents = 1;
	mapping->segments = 1;
	fill(mapping);
	dma_sync_single_for_device(mapping->dev, addr, mapping->size, mapping->dir);
	return true;
}

static void free_memory(struct mapping *mapping)
{
	unsigned int i;

	for (i = 0; i < mapping->nents && mapping->kind <= LIST; i++)
		memory_put(&mapping->memory[i]);
	free(mapping);
}

static bool (* const map[KINDS])(struct mapping *mapping, struct random *random) = {
	[BUFFER] = map_buffer,
	[LIST] = map_list,
	[COHERENT] = map_coherent,
	[PAGES] = map_pages,
};

/* Returns NULL if nothing could be mapped. */
struct mapping *mapping_begin(struct device *dev, domid_t domid, struct random *random)
{
	struct mapping *mapping = calloc(1, sizeof(*mapping));

	mapping->dev = dev;
	mapping->domid = domid;
	/* Half of them are buffers. */
	mapping->kind = one_in(random, 2) ? BUFFER : random_below(random, KINDS);
	mapping->dir = random_below(random, DMA_NONE);
	mapping->seed = random_below(random, 200);
	sg_init_table(mapping->sgl, MOST_ENTRIES);
	if (!map[mapping->kind](mapping, random)) {
		count(&refused);
		free_memory(mapping);
		return NULL;
	}
	count(&mapped);
	if (!scribbled(mapping) && one_in(random, 2))
		device_works(mapping);
	return mapping;
}

/* A length that the device names: most are right, some are anything. */
static size_t named_length(size_t right, struct random *random)
{
	if (!one_in(random, 8))
		return right;
	return 1 + random_below(random, one_in(random, 2) ? 2 * right : SZ_16M);
}

/* What the CPU was given goes back to the device as it is. */
static void sync_part(struct mapping *mapping, struct random *random)
{
	size_t at = random_below(random, mapping->size);
	size_t size = 1 + random_below(random, mapping->size - at);
	dma_addr_t addr = sg_dma_address(mapping->sgl) + at;

	size = named_length(size, random);
	dma_sync_single_for_cpu(mapping->dev, addr, size, mapping->dir);
	dma_sync_single_for_device(mapping->dev, addr, size, mapping->dir);
}

void mapping_sync(struct mapping *mapping, struct random *random)
{
	if (mapping->kind == COHERENT)
		return;
	count(&synced);
	if (mapping->kind != LIST)
		return sync_part(mapping, random);
	dma_sync_sg_for_cpu(mapping->dev, mapping->sgl, mapping->nents, mapping->dir);
	dma_sync_sg_for_device(mapping->dev, mapping->sgl, mapping->nents, mapping->dir);
}

static void unmap(struct mapping *mapping, struct random *random)
{
	dma_addr_t addr = sg_dma_address(mapping->sgl);

	if (mapping->kind == LIST)
		return dma_unmap_sg(mapping->dev, mapping->sgl, mapping->nents,
				    mapping->dir);
	if (mapping->kind == PAGES || mapping->attrs)
		dma_sync_single_for_cpu(mapping->dev, addr, mapping->size, mapping->dir);
	if (mapping->kind == BUFFER)
		dma_unmap_phys(mapping->dev, addr, named_length(mapping->size, random),
			       mapping->dir, mapping->attrs);
}

/* What the DMA API has allocated is unmapped with it. */
static void free_shared(struct mapping *mapping)
{
	dma_addr_t addr = sg_dma_address(mapping->sgl);
	struct page *page = sg_page(mapping->sgl);

	if (mapping->kind == COHERENT)
		dma_free_coherent(mapping->dev, mapping->size, page_address(page), addr);
	else if (mapping->kind == PAGES)
		dma_free_pages(mapping->dev, mapping->size, page, addr, mapping->dir);
}

void mapping_end(struct mapping *mapping, struct random *random)
{
	unmap(mapping, random);
	check_ended(mapping);
	free_shared(mapping);
	free_memory(mapping);
}
