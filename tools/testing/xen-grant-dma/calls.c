// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the DMA API as drivers make them, and what backends do meanwhile. The
 * oracle is told of each.
 */

#include <linux/scatterlist.h>

#include "calls.h"
#include "oracle.h"
#include "sequence.h"

#define DEVICES		3
#define BUFFERS		8
#define MAPPINGS	16
#define ENTRIES		12
#define HELD		16
#define MOST_ORDER	9
#define EXHAUSTING	4096

unsigned int (*calls_random)(unsigned int below);

/* Two of the devices have the same backend. */
static const u16 domid_of[DEVICES] = { 0, 1, 1 };

static struct machine_device {
	struct device dev;
	bool bound;
	bool pooled;		/* it has memory for when nothing is left for it */
	bool misused;		/* it was said that it passes on lies */
} devices[DEVICES];

static struct buffer {
	struct page *page;
	unsigned int order;
	struct oracle_buffer model;
} buffers[BUFFERS];

static struct mapping {
	enum { NONE, SINGLE, LIST, COHERENT, PAGES } kind;
	unsigned int device;
	unsigned int buffer;
	enum dma_data_direction dir;
	bool premapped;
	size_t size;
	void *vaddr;
	unsigned int nents;
	struct scatterlist sgl[ENTRIES];
	unsigned int segments;
	struct oracle_mapping model[ENTRIES];
} mappings[MAPPINGS];

static struct held {
	bool is;
	grant_ref_t ref;
	unsigned long pfn;
	bool write;
} helds[HELD];

/* Mappings that a device has until it gets no more. */
static struct oracle_mapping *exhausting;
static unsigned int exhausting_count, exhausting_device;

static const char *level_name;
static bool failing;

static unsigned int no_pools;

/* How often the driver said that the DMA API was misused, so far. */
static unsigned int misuses(void)
{
	static struct kmsg_dump_iter iter;
	static unsigned int count;
	char line[256];
	size_t length;

	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &length)) {
		count += !!strstr(line, "misused");
		no_pools += !!strstr(line, "for a pool");
	}
	return count;
}

static void pattern(void *to, size_t size, bool device)
{
	static unsigned int turn;
	u8 *p = to;

	for (turn++; size; size--, p++)
		*p = device ? oracle_device_byte(turn + size) : oracle_guest_byte(turn + size);
}

static unsigned int draw_between(unsigned int least, unsigned int most)
{
	return least + calls_random(most - least + 1);
}

/* Of @count things, one that is or is not in use, as is wanted. */
static bool draw_one(unsigned int *one, unsigned int count, bool (*is)(unsigned int), bool wanted)
{
	unsigned int start = calls_random(count), i;

	for (i = 0; i < count; i++) {
		*one = (start + i) % count;
		if (is(*one) == wanted)
			return true;
	}
	return false;
}

static bool device_bound(unsigned int i) { return i < DEVICES && devices[i].bound; }
static bool buffer_is(unsigned int i) { return i < BUFFERS && buffers[i].page; }
static bool mapping_is(unsigned int i) { return i < MAPPINGS && mappings[i].kind; }
static bool mapping_single(unsigned int i) { return mapping_is(i) && mappings[i].kind == SINGLE; }
static bool mapping_premapped(unsigned int i) { return mapping_single(i) && mappings[i].premapped; }
static bool held_is(unsigned int i) { return i < HELD && helds[i].is; }

static size_t buffer_size(unsigned int i)
{
	return PAGE_SIZE << buffers[i].order;
}

/* Devices */

static bool draw_bind(struct call_args *a)
{
	return draw_one(&a->device, DEVICES, device_bound, false);
}

static void run_bind(const struct call_args *a)
{
	static const char * const names[DEVICES] = { "device0", "device1", "device2" };
	struct machine_device *device = &devices[a->device];
	unsigned int before;

	if (a->device >= DEVICES || device->bound)
		return;
	misuses();
	before = no_pools;
	device->bound = !host_bind(&device->dev, names[a->device],
				   domid_of[a->device], level_name);
	misuses();
	device->pooled = no_pools == before;
	device->misused = false;
	if (!device->bound && !failing)
		oracle_violation("a device is not bound");
}

static void end_mapping(struct mapping *m, size_t size, bool skip);
static void relent(void);

static bool draw_unbind(struct call_args *a)
{
	return draw_one(&a->device, DEVICES, device_bound, true);
}

/* As a driver does it, after it has ended its mappings. */
static void run_unbind(const struct call_args *a)
{
	unsigned int i;

	if (!device_bound(a->device))
		return;
	for (i = 0; i < MAPPINGS; i++)
		if (mappings[i].kind && mappings[i].device == a->device)
			end_mapping(&mappings[i], mappings[i].size, false);
	if (exhausting_device == a->device)
		relent();
	host_unbind(&devices[a->device].dev);
	devices[a->device].bound = false;
}

static bool draw_limits(struct call_args *a)
{
	static const unsigned int aligns[] = { 0, 511, 4095, 65535 };
	static const unsigned int boundaries[] = { 0, 4095, 65535, 0xfffff };

	a->align = aligns[calls_random(4)];
	a->boundary = boundaries[calls_random(4)];
	a->most = calls_random(2) ? 0 : 65536;
	return draw_one(&a->device, DEVICES, device_bound, true);
}

static void run_limits(const struct call_args *a)
{
	struct device_dma_parameters *parms;

	if (!device_bound(a->device))
		return;
	parms = devices[a->device].dev.dma_parms;
	parms->min_align_mask = a->align;
	parms->segment_boundary_mask = a->boundary;
	parms->max_segment_size = a->most ?: SZ_1M;
}

/* Buffers */

static bool draw_buffer(struct call_args *a)
{
	a->memory = calls_random(2) ? ORACLE_COUNTED : calls_random(5);
	a->order = calls_random(2) ? 0 : calls_random(calls_random(20) ? 5 : MOST_ORDER + 1);
	return draw_one(&a->buffer, BUFFERS, buffer_is, false);
}

static bool each_counted(const struct oracle_buffer *buffer)
{
	return buffer->memory == ORACLE_EACH_COUNTED || buffer->memory == ORACLE_CMA;
}

static void run_buffer(const struct call_args *a)
{
	struct buffer *b = &buffers[a->buffer];
	bool compound = a->memory == ORACLE_COUNTED || a->memory == ORACLE_SLAB;
	unsigned int i;

	if (a->buffer >= BUFFERS || b->page || a->order > MOST_ORDER)
		return;
	b->page = alloc_pages(GFP_KERNEL | (compound ? __GFP_COMP : 0), a->order);
	if (!b->page)
		return;
	b->order = a->order;
	b->model.pfn = page_to_pfn(b->page);
	b->model.pages = 1UL << a->order;
	b->model.memory = a->memory;
	for (i = 1; each_counted(&b->model) && i < b->model.pages; i++)
		atomic_set(&b->page[i]._refcount, 1);
	if (a->memory == ORACLE_SLAB) {
		host_set_slab(b->page, true);
		atomic_set(&b->page->_refcount, 0);
	}
	pattern(page_address(b->page), buffer_size(a->buffer), false);
	oracle_buffer_new(&b->model);
}

static bool buffer_mapped(unsigned int buffer)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if ((mappings[i].kind == SINGLE || mappings[i].kind == LIST) &&
		    mappings[i].buffer == buffer)
			return true;
	return exhausting_count && !exhausting[0].coherent &&
	       PHYS_PFN(exhausting[0].parts[0].phys) == buffers[buffer].model.pfn;
}

static bool draw_free(struct call_args *a)
{
	return draw_one(&a->buffer, BUFFERS, buffer_is, true);
}

static void run_free(const struct call_args *a)
{
	struct buffer *b = &buffers[a->buffer];
	unsigned int i;

	if (!buffer_is(a->buffer) || buffer_mapped(a->buffer) ||
	    !oracle_buffer_free(&b->model))
		return;
	if (b->model.memory == ORACLE_SLAB) {
		host_set_slab(b->page, false);
		atomic_set(&b->page->_refcount, 1);
	}
	if (each_counted(&b->model))
		for (i = 0; i < b->model.pages; i++)
			__free_pages(b->page + i, 0);
	else
		__free_pages(b->page, b->order);
	b->page = NULL;
}

/* Offset and size of a part of something, often all of it, often at a page. */
static void draw_part(struct call_args *a, size_t size)
{
	a->offset = calls_random(2) ? 0 : calls_random(size);
	if (calls_random(2))
		a->offset &= PAGE_MASK;
	a->size = size - a->offset;
	if (calls_random(2))
		a->size = 1 + calls_random(a->size);
	else if (a->size > PAGE_SIZE && calls_random(2))
		a->size = PAGE_SIZE;
}

static bool draw_fill(struct call_args *a)
{
	if (!draw_one(&a->buffer, BUFFERS, buffer_is, true))
		return false;
	draw_part(a, buffer_size(a->buffer));
	return true;
}

/* The CPU writes, to what is mapped, too. */
static void run_fill(const struct call_args *a)
{
	void *p;

	if (!buffer_is(a->buffer) || a->offset + a->size > buffer_size(a->buffer))
		return;
	p = page_address(buffers[a->buffer].page) + a->offset;
	pattern(p, a->size, false);
	oracle_cpu_wrote(virt_to_phys(p), a->size);
}

/* Mappings */

static unsigned long attrs_of(const struct mapping *m)
{
	return m->premapped ? DMA_ATTR_SKIP_CPU_SYNC : 0;
}

static struct oracle_mapping model_of(unsigned int device, dma_addr_t addr,
				      enum dma_data_direction dir, bool premapped)
{
	return (struct oracle_mapping) {
		.domid = domid_of[device],
		.addr = addr,
		.dir = dir,
		.premapped = premapped,
	};
}

static void add_part(struct oracle_mapping *model, phys_addr_t phys, size_t size)
{
	model->parts[model->nparts++] = (struct oracle_part){ phys, size };
	model->size += size;
}

static bool has_mappings(unsigned int device)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if (mappings[i].kind && mappings[i].device == device)
			return true;
	return exhausting_count && exhausting_device == device;
}

/* What a device can always have, whatever others do; and a domain. */
static void refused(unsigned int device, size_t size, bool streaming)
{
	struct device *dev = &devices[device].dev;

	if (streaming && devices[device].pooled && !has_mappings(device) &&
	    size <= dev->dma_ops->max_mapping_size(dev))
		oracle_violation("a device that has nothing mapped is refused a mapping");
	if (!failing && size <= PAGE_SIZE)
		oracle_refused(domid_of[device]);
}

static bool draw_map(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, false) ||
	    !draw_one(&a->device, DEVICES, device_bound, true) ||
	    !draw_one(&a->buffer, BUFFERS, buffer_is, true))
		return false;
	draw_part(a, buffer_size(a->buffer));
	a->dir = calls_random(3);
	a->skip = !calls_random(6);
	return true;
}

static void check_alignment(unsigned int device, phys_addr_t phys, dma_addr_t addr)
{
	unsigned int mask = devices[device].dev.dma_parms->min_align_mask;

	if (oracle_known("S12"))
		mask &= XEN_PAGE_SIZE - 1;
	if ((phys ^ addr) & mask)
		oracle_violation("the low bits of an address are not kept: %#llx for %#llx",
				 (unsigned long long)addr, (unsigned long long)phys);
}

static void run_map(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];
	phys_addr_t phys;
	dma_addr_t addr;

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) ||
	    !buffer_is(a->buffer) || !a->size || a->offset + a->size > buffer_size(a->buffer))
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->buffer = a->buffer;
	m->dir = a->dir;
	m->premapped = a->skip;
	m->size = a->size;
	phys = page_to_phys(buffers[a->buffer].page) + a->offset;
	addr = dma_map_phys(&devices[a->device].dev, phys, a->size, m->dir, attrs_of(m));
	if (addr == DMA_MAPPING_ERROR) {
		refused(a->device, a->size, true);
		return;
	}
	m->kind = SINGLE;
	m->segments = 1;
	m->model[0] = model_of(a->device, addr, m->dir, m->premapped);
	add_part(&m->model[0], phys, a->size);
	check_alignment(a->device, phys, addr);
	oracle_mapped(&m->model[0]);
}

static bool draw_list(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, false) ||
	    !draw_one(&a->device, DEVICES, device_bound, true) ||
	    !draw_one(&a->buffer, BUFFERS, buffer_is, true))
		return false;
	a->first = calls_random(16);
	a->count = 1 + calls_random(ENTRIES);
	a->stride = draw_between(1, 3);
	a->head = calls_random(2) ? 0 : calls_random(PAGE_SIZE);
	a->tail = calls_random(2) ? 0 : calls_random(PAGE_SIZE);
	a->dir = calls_random(3);
	return true;
}

/* An entry for each of some pages of a buffer; the first and the last may be shorter. */
static unsigned int list_init(struct mapping *m, const struct call_args *a)
{
	unsigned int pages = 1 << buffers[a->buffer].order;
	unsigned int n = min(min_t(unsigned int, a->count, ENTRIES), pages), i, head, tail;
	unsigned int stride = pages % max(a->stride, 1u) ? a->stride : 1;

	sg_init_table(m->sgl, n);
	for (i = 0; i < n; i++) {
		head = i ? 0 : a->head % PAGE_SIZE;
		tail = i < n - 1 ? 0 : a->tail % (PAGE_SIZE - head);
		sg_set_page(&m->sgl[i], buffers[a->buffer].page + (a->first + i * stride) % pages,
			    PAGE_SIZE - head - tail, head);
	}
	return n;
}

static void check_segment(const struct mapping *m, dma_addr_t addr, size_t size, bool merged)
{
	const struct device_dma_parameters *parms = devices[m->device].dev.dma_parms;
	unsigned long mask = parms->segment_boundary_mask;

	if (mask && !oracle_known("S12") && (addr & ~mask) != ((addr + size - 1) & ~mask))
		oracle_violation("a segment crosses its boundary: %zu bytes at %#llx", size,
				 (unsigned long long)addr);
	if (merged && size > parms->max_segment_size)
		oracle_violation("entries are merged to too long a segment: %zu bytes", size);
}

/* The segments must be the entries, in their order. */
static void model_list(struct mapping *m)
{
	struct scatterlist *entry = m->sgl, *seg = m->sgl;
	struct oracle_mapping *model;
	unsigned int i;

	for (i = 0; i < m->segments; i++, seg++) {
		model = &m->model[i];
		*model = model_of(m->device, sg_dma_address(seg), m->dir, false);
		while (model->size < sg_dma_len(seg) && entry < m->sgl + m->nents) {
			add_part(model, sg_phys(entry), entry->length);
			entry++;
		}
		if (model->size != sg_dma_len(seg))
			oracle_violation("a segment is not whole entries");
		check_alignment(m->device, model->parts[0].phys, model->addr);
		check_segment(m, model->addr, model->size, model->nparts > 1);
		oracle_mapped(model);
	}
	if (entry != m->sgl + m->nents)
		oracle_violation("segments leave out entries");
}

static void run_list(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) ||
	    !buffer_is(a->buffer) || !a->count)
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->buffer = a->buffer;
	m->dir = a->dir;
	m->nents = list_init(m, a);
	m->segments = dma_map_sg_attrs(&devices[a->device].dev, m->sgl, m->nents, m->dir, 0);
	if (!m->segments)
		return;
	m->kind = LIST;
	model_list(m);
}

static bool draw_coherent(struct call_args *a)
{
	a->size = 1 + calls_random(calls_random(4) ? 2 * PAGE_SIZE : 20 * PAGE_SIZE);
	return draw_one(&a->mapping, MAPPINGS, mapping_is, false) &&
	       draw_one(&a->device, DEVICES, device_bound, true);
}

static void check_zero(const u8 *memory, size_t size)
{
	for (; size; size--, memory++)
		if (*memory)
			oracle_violation("memory from the DMA API is not zero");
}

static void run_coherent(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];
	struct device *dev = &devices[a->device].dev;
	dma_addr_t addr;

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) || !a->size)
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->size = a->size;
	m->vaddr = dev->dma_ops->alloc(dev, m->size, &addr, GFP_ATOMIC, 0);
	if (!m->vaddr) {
		refused(a->device, a->size, false);
		return;
	}
	check_zero(m->vaddr, PAGE_ALIGN(m->size));
	m->kind = COHERENT;
	m->segments = 1;
	m->model[0] = model_of(a->device, addr, DMA_BIDIRECTIONAL, false);
	m->model[0].coherent = true;
	add_part(&m->model[0], virt_to_phys(m->vaddr), PAGE_ALIGN(m->size));
	oracle_mapped(&m->model[0]);
}

static struct oracle_buffer pages_of(const struct mapping *m)
{
	return (struct oracle_buffer) {
		.pfn = virt_to_pfn(m->vaddr),
		.pages = PAGE_ALIGN(m->size) >> PAGE_SHIFT,
		.memory = ORACLE_EACH_COUNTED,
	};
}

static bool draw_pages(struct call_args *a)
{
	a->dir = calls_random(3);
	return draw_coherent(a);
}

/* Pages of the DMA API's, which are mapped as the driver's own ones. */
static void run_pages(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];
	struct device *dev = &devices[a->device].dev;
	struct oracle_buffer buffer;
	struct page *page;
	dma_addr_t addr;

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) || !a->size)
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->size = PAGE_ALIGN(a->size);
	m->dir = a->dir;
	page = dev->dma_ops->alloc_pages_op(dev, m->size, &addr, m->dir, GFP_KERNEL);
	if (!page)
		return;
	m->vaddr = page_address(page);
	check_zero(m->vaddr, m->size);
	m->kind = PAGES;
	m->segments = 1;
	buffer = pages_of(m);
	oracle_buffer_new(&buffer);
	m->model[0] = model_of(a->device, addr, m->dir, false);
	add_part(&m->model[0], page_to_phys(page), m->size);
	oracle_mapped(&m->model[0]);
}

static void free_pages_mapping(struct mapping *m)
{
	struct device *dev = &devices[m->device].dev;
	struct oracle_buffer buffer = pages_of(m);
	dma_addr_t addr = m->model[0].addr;

	oracle_unmapped(&m->model[0], true, false);
	oracle_buffer_free(&buffer);
	dev->dma_ops->free_pages(dev, m->size, virt_to_page(m->vaddr), addr, m->dir);
	m->kind = NONE;
}

/* What is mapped ends, whatever size the device had a driver believe in. */
static void end_mapping(struct mapping *m, size_t size, bool skip)
{
	struct device *dev = &devices[m->device].dev;
	unsigned long attrs = skip || m->premapped ? DMA_ATTR_SKIP_CPU_SYNC : 0;
	unsigned int before = misuses(), i;
	bool lied = size != m->size;

	if (m->kind == PAGES) {
		free_pages_mapping(m);
		return;
	}
	if (m->kind == SINGLE)
		dma_unmap_phys(dev, m->model[0].addr, size, m->dir, attrs);
	else if (m->kind == LIST)
		dma_unmap_sg_attrs(dev, m->sgl, m->nents, m->dir, attrs);
	else
		dev->dma_ops->free(dev, m->size, m->vaddr, m->model[0].addr, 0);
	for (i = 0; i < m->segments; i++)
		oracle_unmapped(&m->model[i], attrs, lied && m->kind == SINGLE);
	if (misuses() != before && !(lied && m->kind == SINGLE))
		oracle_violation("a right unmap is called a misuse");
	devices[m->device].misused |= misuses() != before;
	m->kind = NONE;
}

static bool draw_unmap(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, true))
		return false;
	a->size = calls_random(12) ? 0 : 1 + calls_random(100000);
	a->skip = !calls_random(8);
	return true;
}

static void run_unmap(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];

	if (mapping_is(a->mapping))
		end_mapping(m, a->size ?: m->size, a->skip);
}

/* Syncs */

/*
 * A driver passes on the length that the device names. Where that leads from the first
 * page of a mapping to one that is not the mapping's, it must be said, once for each
 * time that the device is bound.
 */
static void sync_single(struct mapping *m, size_t offset, size_t size, bool for_device)
{
	struct machine_device *device = &devices[m->device];
	const struct dma_map_ops *ops = device->dev.dma_ops;
	dma_addr_t addr = m->model[0].addr + offset;
	bool lies = offset + size > m->size;
	bool beyond = XEN_PFN_DOWN(addr) == XEN_PFN_DOWN(m->model[0].addr) &&
		addr + size > round_up(m->model[0].addr + m->size, XEN_PAGE_SIZE);
	unsigned int before = misuses();

	if (for_device)
		ops->sync_single_for_device(&device->dev, addr, size, m->dir);
	else
		ops->sync_single_for_cpu(&device->dev, addr, size, m->dir);
	oracle_synced(&m->model[0], offset, size, for_device);
	if (misuses() != before && !lies)
		oracle_violation("a right sync is called a misuse");
	if (misuses() == before && beyond && !device->misused)
		oracle_violation("a sync goes on beyond its mapping: %zu bytes of %zu",
				 offset + size, m->size);
	device->misused |= misuses() != before;
}

static void sync_list(struct mapping *m, bool for_device)
{
	struct device *dev = &devices[m->device].dev;
	unsigned int before = misuses(), i;

	if (for_device)
		dev->dma_ops->sync_sg_for_device(dev, m->sgl, m->nents, m->dir);
	else
		dev->dma_ops->sync_sg_for_cpu(dev, m->sgl, m->nents, m->dir);
	for (i = 0; i < m->segments; i++)
		oracle_synced(&m->model[i], 0, m->model[i].size, for_device);
	if (misuses() != before)
		oracle_violation("a right sync is called a misuse");
}

static bool draw_sync(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, true))
		return false;
	draw_part(a, mappings[a->mapping].size ?: 1);
	if (!calls_random(10))
		a->size = 1 + calls_random(calls_random(3) ? 10000 : 2000000);
	return true;
}

static void run_sync(const struct call_args *a, bool for_device)
{
	struct mapping *m = &mappings[a->mapping];

	if (!mapping_is(a->mapping) || m->kind == COHERENT)
		return;
	if (m->kind == LIST)
		sync_list(m, for_device);
	else if (a->offset < m->size && a->size)
		sync_single(m, a->offset, a->size, for_device);
}

static void run_sync_cpu(const struct call_args *a) { run_sync(a, false); }
static void run_sync_device(const struct call_args *a) { run_sync(a, true); }

static bool draw_give(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_premapped, true))
		return false;
	draw_part(a, mappings[a->mapping].size);
	return true;
}

/* A part of what was mapped before goes into a ring. */
static void run_give(const struct call_args *a)
{
	struct mapping *m = &mappings[a->mapping];

	if (!mapping_premapped(a->mapping) || a->offset >= m->size)
		return;
	oracle_gave(&m->model[0], a->offset, a->size);
}

/* Backends */

static void hold(grant_ref_t ref, u16 domid, bool write, struct held *held)
{
	unsigned long pfn;

	if (host_map_grant(ref, domid, !write, &pfn) != GNTST_okay)
		return;
	*held = (struct held){ true, ref, pfn, write };
	oracle_held(ref, pfn, true);
}

static bool draw_hold(struct call_args *a)
{
	a->page = calls_random(4);
	a->write = calls_random(2);
	return draw_one(&a->held, HELD, held_is, false) &&
	       draw_one(&a->mapping, MAPPINGS, mapping_is, true);
}

static void run_hold(const struct call_args *a)
{
	const struct oracle_mapping *model = &mappings[a->mapping].model[0];
	dma_addr_t addr;

	if (a->held >= HELD || helds[a->held].is || !mapping_is(a->mapping))
		return;
	addr = model->addr + a->page * XEN_PAGE_SIZE;
	if (addr < model->addr + model->size)
		hold((addr & ~BIT_ULL(63)) >> XEN_PAGE_SHIFT, model->domid, a->write,
		     &helds[a->held]);
}

static bool draw_peek(struct call_args *a)
{
	a->domain = calls_random(ORACLE_DOMAINS);
	a->nth = calls_random(100);
	a->write = calls_random(2);
	return draw_one(&a->held, HELD, held_is, false);
}

/* Of all that a domain is granted, the nth. */
static void run_peek(const struct call_args *a)
{
	unsigned int left = a->nth;
	grant_ref_t ref;

	if (a->held >= HELD || helds[a->held].is)
		return;
	for (ref = 0; ref < host_references(); ref++)
		if ((host_table[ref].flags & GTF_permit_access) &&
		    host_table[ref].domid == a->domain && !left--)
			break;
	hold(ref, a->domain, a->write, &helds[a->held]);
}

static bool draw_release(struct call_args *a)
{
	return draw_one(&a->held, HELD, held_is, true);
}

static void run_release(const struct call_args *a)
{
	struct held *held = &helds[a->held];

	if (!held_is(a->held))
		return;
	held->is = false;
	host_unmap_grant(held->ref, !held->write);
	oracle_held(held->ref, held->pfn, false);
}

static void device_writes(unsigned long pfn, size_t offset, size_t size)
{
	pattern(page_address(pfn_to_page(pfn)) + offset, size, true);
	oracle_device_wrote(pfn, offset, size);
}

static bool draw_scribble(struct call_args *a)
{
	draw_part(a, XEN_PAGE_SIZE);
	return draw_one(&a->held, HELD, held_is, true);
}

/* Writes to what it holds, whatever that is by now. */
static void run_scribble(const struct call_args *a)
{
	if (held_is(a->held) && helds[a->held].write && a->offset + a->size <= XEN_PAGE_SIZE)
		device_writes(helds[a->held].pfn, a->offset, a->size);
}

static bool draw_answer(struct call_args *a)
{
	if (!draw_one(&a->mapping, MAPPINGS, mapping_is, true))
		return false;
	draw_part(a, mappings[a->mapping].model[0].size);
	return true;
}

/* Writes to where it was told to. That it can, the oracle has seen. */
static void run_answer(const struct call_args *a)
{
	const struct oracle_mapping *model = &mappings[a->mapping].model[0];
	size_t size = a->size, part;
	unsigned long pfn;
	dma_addr_t addr;
	grant_ref_t ref;

	if (!mapping_is(a->mapping) || model->dir == DMA_TO_DEVICE ||
	    a->offset + size > model->size)
		return;
	for (addr = model->addr + a->offset; size; addr += part, size -= part) {
		part = min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
		ref = (addr & ~BIT_ULL(63)) >> XEN_PAGE_SHIFT;
		if (host_map_grant(ref, model->domid, false, &pfn) != GNTST_okay)
			oracle_violation("a device can't write to its buffer: reference %#x", ref);
		device_writes(pfn, xen_offset_in_page(addr), part);
		host_unmap_grant(ref, false);
	}
}

/* Shortage */

static bool draw_exhaust(struct call_args *a)
{
	return draw_one(&a->device, DEVICES, device_bound, true) &&
	       draw_one(&a->buffer, BUFFERS, buffer_is, true);
}

static bool exhaust_once(unsigned int device, phys_addr_t phys, size_t size)
{
	struct oracle_mapping *model = &exhausting[exhausting_count];
	dma_addr_t addr;

	addr = dma_map_phys(&devices[device].dev, phys, size, DMA_TO_DEVICE, 0);
	if (addr == DMA_MAPPING_ERROR)
		return false;
	*model = model_of(device, addr, DMA_TO_DEVICE, false);
	add_part(model, phys, size);
	oracle_mapped(model);
	return ++exhausting_count < EXHAUSTING;
}

/* Maps a buffer again and again, then its first half and so on, until nothing is left. */
static void run_exhaust(const struct call_args *a)
{
	phys_addr_t phys;
	size_t size;

	if (exhausting_count || !device_bound(a->device) || !buffer_is(a->buffer))
		return;
	phys = page_to_phys(buffers[a->buffer].page);
	exhausting_device = a->device;
	for (size = buffer_size(a->buffer); size >= PAGE_SIZE; size /= 2)
		while (exhaust_once(a->device, phys, size))
			;
}

static void relent(void)
{
	struct device *dev = &devices[exhausting_device].dev;

	while (exhausting_count) {
		struct oracle_mapping *model = &exhausting[--exhausting_count];

		dma_unmap_phys(dev, model->addr, model->size, model->dir, 0);
		oracle_unmapped(model, false, false);
	}
}

static bool draw_nothing(struct call_args *a)
{
	return true;
}

static void run_relent(const struct call_args *a)
{
	relent();
}

static void run_work(const struct call_args *a)
{
	host_run_works(true);
	oracle_worked();
}

static bool draw_cpu(struct call_args *a)
{
	a->cpu = calls_random(2);
	return true;
}

static void run_cpu(const struct call_args *a)
{
	host_set_cpu(a->cpu % 2);
}

static bool draw_fail(struct call_args *a)
{
	a->nth = 1 + calls_random(20);
	return true;
}

/* An allocation of memory will fail. */
static void run_fail(const struct call_args *a)
{
	host_fail_nth = a->nth;
	failing = true;
}

/* Before all others. */
static void run_level(const struct call_args *a)
{
	static const char * const levels[] = { "page", "strict", "full" };

	level_name = levels[a->level % 3];
	oracle_begin(a->level % 3);
	failing = false;
	host_fail_nth = 0;
}

const struct call calls[] = {
	{ "level", "level", 0, NULL, run_level },
	{ "bind", "device", 4, draw_bind, run_bind },
	{ "unbind", "device", 1, draw_unbind, run_unbind },
	{ "limits", "device align boundary most", 1, draw_limits, run_limits },
	{ "buffer", "buffer memory order", 12, draw_buffer, run_buffer },
	{ "free", "buffer", 4, draw_free, run_free },
	{ "fill", "buffer offset size", 6, draw_fill, run_fill },
	{ "map", "mapping device buffer offset size dir skip", 20, draw_map, run_map },
	{ "list", "mapping device buffer first count stride head tail dir", 8, draw_list,
	  run_list },
	{ "coherent", "mapping device size", 3, draw_coherent, run_coherent },
	{ "pages", "mapping device size dir", 2, draw_pages, run_pages },
	{ "unmap", "mapping size skip", 14, draw_unmap, run_unmap },
	{ "sync_cpu", "mapping offset size", 10, draw_sync, run_sync_cpu },
	{ "sync_device", "mapping offset size", 6, draw_sync, run_sync_device },
	{ "give", "mapping offset size", 3, draw_give, run_give },
	{ "hold", "held mapping page write", 6, draw_hold, run_hold },
	{ "peek", "held domain nth write", 3, draw_peek, run_peek },
	{ "release", "held", 6, draw_release, run_release },
	{ "scribble", "held offset size", 6, draw_scribble, run_scribble },
	{ "answer", "mapping offset size", 14, draw_answer, run_answer },
	{ "exhaust", "device buffer", 1, draw_exhaust, run_exhaust },
	{ "relent", "", 2, draw_nothing, run_relent },
	{ "work", "", 5, draw_nothing, run_work },
	{ "cpu", "cpu", 3, draw_cpu, run_cpu },
	{ "fail", "nth", 1, draw_fail, run_fail },
	{ }
};

/* The grant table keeps what it grows by, so it grows before anything is counted. */
void calls_init(void)
{
	struct page *page = alloc_page(GFP_KERNEL);
	struct device dev;

	exhausting = calloc(EXHAUSTING, sizeof(*exhausting));
	if (host_bind(&dev, "first", 0, "page"))
		abort();
	while ((exhausting[exhausting_count].addr =
		dma_map_phys(&dev, page_to_phys(page), PAGE_SIZE, DMA_TO_DEVICE, 0)) !=
	       DMA_MAPPING_ERROR)
		exhausting_count++;
	while (exhausting_count)
		dma_unmap_phys(&dev, exhausting[--exhausting_count].addr, PAGE_SIZE,
			       DMA_TO_DEVICE, 0);
	host_unbind(&dev);
	__free_pages(page, 0);
}

void calls_end(void)
{
	struct call_args a = { };

	host_fail_nth = 0;
	for (a.device = 0; a.device < DEVICES; a.device++)
		run_unbind(&a);
	oracle_check();
	for (a.held = 0; a.held < HELD; a.held++)
		run_release(&a);
	run_work(&a);
	oracle_check();
	for (a.buffer = 0; a.buffer < BUFFERS; a.buffer++)
		run_free(&a);
	oracle_check();
	oracle_end();
}
