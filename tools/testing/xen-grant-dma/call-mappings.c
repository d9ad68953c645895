// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: mappings begin and end.
 */

#include "calls.h"

/* Mappings that a device has until it gets no more. */
#define EXHAUSTING	4096
static struct oracle_mapping *exhausting;
static unsigned int exhausting_count, exhausting_device;

static unsigned long attrs_of(const struct fuzz_mapping *m)
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

bool buffer_mapped(unsigned int buffer)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if ((mappings[i].kind == SINGLE || mappings[i].kind == LIST) &&
		    mappings[i].buffer == buffer)
			return true;
	return exhausting_count &&
	       PHYS_PFN(exhausting[0].parts[0].phys) == buffers[buffer].model.pfn;
}

bool device_has_mappings(unsigned int device)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if (mappings[i].kind && mappings[i].device == device)
			return true;
	return exhausting_count && exhausting_device == device;
}

/* What a device can always have, whatever others do; and a domain. */
static void check_refusal(unsigned int device, phys_addr_t phys, size_t size, bool streaming)
{
	struct device *dev = &devices[device].dev;
	size_t kept = phys & dev->dma_parms->min_align_mask;

	if (streaming && devices[device].reserved && !device_has_mappings(device) &&
	    kept + size <= dev->dma_ops->max_mapping_size(dev))
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

	if ((phys ^ addr) & mask)
		oracle_violation("the low bits of an address are not kept: %#llx for %#llx",
				 (unsigned long long)addr, (unsigned long long)phys);
}

/* One that fits within a boundary, with the low bits that are kept, crosses none. */
static void check_boundary(unsigned int device, phys_addr_t phys, dma_addr_t addr, size_t size)
{
	const struct device_dma_parameters *parms = devices[device].dev.dma_parms;
	unsigned long mask = parms->segment_boundary_mask;

	if (mask && (phys & parms->min_align_mask & mask) + size <= mask + 1 &&
	    (addr & ~mask) != ((addr + size - 1) & ~mask))
		oracle_violation("a segment crosses its boundary: %zu bytes at %#llx", size,
				 (unsigned long long)addr);
}

static void run_map(const struct call_args *a)
{
	struct fuzz_mapping *m = &mappings[a->mapping];
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
		check_refusal(a->device, phys, a->size, true);
		return;
	}
	m->kind = SINGLE;
	m->segments = 1;
	m->model[0] = model_of(a->device, addr, m->dir, m->premapped);
	add_part(&m->model[0], phys, a->size);
	check_alignment(a->device, phys, addr);
	check_boundary(a->device, phys, addr, a->size);
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
	a->stride = 1 + calls_random(3);
	a->head = calls_random(2) ? 0 : calls_random(PAGE_SIZE);
	a->gap = calls_random(4) ? 0 : calls_random(PAGE_SIZE);
	a->tail = calls_random(2) ? 0 : calls_random(PAGE_SIZE);
	a->dir = calls_random(3);
	return true;
}

/* An entry for each of some pages of a buffer; the last may end earlier, and all begin later. */
static unsigned int list_init(struct fuzz_mapping *m, const struct call_args *a)
{
	unsigned int pages = 1 << buffers[a->buffer].order;
	unsigned int n = min(min_t(unsigned int, a->count, ENTRIES), pages), i, head, tail;
	unsigned int stride = pages % max(a->stride, 1u) ? a->stride : 1;

	sg_init_table(m->sgl, n);
	for (i = 0; i < n; i++) {
		head = (i ? a->gap : a->head) % PAGE_SIZE;
		tail = i < n - 1 ? 0 : a->tail % (PAGE_SIZE - head);
		sg_set_page(&m->sgl[i], buffers[a->buffer].page + (a->first + i * stride) % pages,
			    PAGE_SIZE - head - tail, head);
	}
	return n;
}

static void list_given_up(const struct fuzz_mapping *m)
{
	struct oracle_mapping model = model_of(m->device, 0, m->dir, false);
	unsigned int i;

	for (i = 0; i < m->nents; i++)
		add_part(&model, sg_phys(&m->sgl[i]), m->sgl[i].length);
	oracle_given_up(&model);
}

/* The segments must be the entries, in their order. */
static void model_list(struct fuzz_mapping *m)
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
		check_boundary(m->device, model->parts[0].phys, model->addr, model->size);
		if (model->nparts > 1 &&
		    model->size > devices[m->device].dev.dma_parms->max_segment_size)
			oracle_violation("entries are merged to too long a segment: %zu bytes",
					 model->size);
		oracle_mapped(model);
	}
	if (entry != m->sgl + m->nents)
		oracle_violation("segments leave out entries");
}

static void run_list(const struct call_args *a)
{
	struct fuzz_mapping *m = &mappings[a->mapping];

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) ||
	    !buffer_is(a->buffer) || !a->count)
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->buffer = a->buffer;
	m->dir = a->dir;
	m->nents = list_init(m, a);
	m->segments = dma_map_sg_attrs(&devices[a->device].dev, m->sgl, m->nents, m->dir, 0);
	if (!m->segments) {
		list_given_up(m);
		return;
	}
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
	struct fuzz_mapping *m = &mappings[a->mapping];
	struct device *dev = &devices[a->device].dev;
	dma_addr_t addr;

	if (a->mapping >= MAPPINGS || m->kind || !device_bound(a->device) || !a->size)
		return;
	memset(m, 0, sizeof(*m));
	m->device = a->device;
	m->size = a->size;
	m->vaddr = dev->dma_ops->alloc(dev, m->size, &addr, GFP_ATOMIC, 0);
	if (!m->vaddr) {
		check_refusal(a->device, 0, a->size, false);
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

static struct oracle_buffer pages_of(const struct fuzz_mapping *m)
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
	struct fuzz_mapping *m = &mappings[a->mapping];
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

static void free_pages_mapping(struct fuzz_mapping *m)
{
	struct device *dev = &devices[m->device].dev;
	struct oracle_buffer buffer = pages_of(m);
	dma_addr_t addr = m->model[0].addr;

	oracle_unmapped(&m->model[0], true);
	oracle_buffer_free(&buffer);
	dev->dma_ops->free_pages(dev, m->size, virt_to_page(m->vaddr), addr, m->dir);
	m->kind = NONE;
}

/* A size that can't be the mapping's: of a copy each byte counts, else pages do. */
static bool is_wrong(const struct fuzz_mapping *m, size_t size)
{
	dma_addr_t addr = m->model[0].addr;

	return size != m->size && (oracle_copied(&m->model[0], 0) ||
	       XEN_PFN_UP(addr + size) != XEN_PFN_UP(addr + m->size));
}

/* What is mapped ends, whatever size the device had a driver believe in. */
static void end_mapping(struct fuzz_mapping *m, size_t size, bool skip)
{
	struct device *dev = &devices[m->device].dev;
	unsigned long attrs = skip || m->premapped ? DMA_ATTR_SKIP_CPU_SYNC : 0;
	unsigned int before = messages().misuses, i;
	bool wrong = m->kind == SINGLE && is_wrong(m, size);

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
		oracle_unmapped(&m->model[i], attrs);
	if (messages().misuses != before && !wrong)
		oracle_violation("a right unmap is called a misuse");
	if (messages().misuses == before && wrong && !devices[m->device].misused)
		oracle_violation("a wrong unmap is not called a misuse");
	devices[m->device].misused |= messages().misuses != before;
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
	struct fuzz_mapping *m = &mappings[a->mapping];

	if (mapping_is(a->mapping))
		end_mapping(m, a->size ?: m->size, a->skip);
}

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
	if (!exhausting)
		exhausting = calloc(EXHAUSTING, sizeof(*exhausting));
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
		oracle_unmapped(model, false);
	}
}

static void run_relent(const struct call_args *a)
{
	relent();
}

void end_mappings(unsigned int device)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		if (mappings[i].kind && mappings[i].device == device)
			end_mapping(&mappings[i], mappings[i].size, false);
	if (exhausting_device == device)
		relent();
}

const struct call mapping_calls[] = {
	{ "map", "mapping device buffer offset size dir skip", 20, draw_map, run_map },
	{ "list", "mapping device buffer first count stride head gap tail dir", 8, draw_list,
	  run_list },
	{ "coherent", "mapping device size", 3, draw_coherent, run_coherent },
	{ "pages", "mapping device size dir", 2, draw_pages, run_pages },
	{ "unmap", "mapping size skip", 14, draw_unmap, run_unmap },
	{ "exhaust", "device buffer", 1, draw_exhaust, run_exhaust },
	{ "relent", "", 2, draw_nothing, run_relent },
	{ }
};
