// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: memory that drivers map, and that the CPU writes.
 */

#include "calls.h"

#define MOST_ORDER	9

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
	struct fuzz_buffer *b = &buffers[a->buffer];
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
	for (i = 0; a->memory == ORACLE_CMA && i < b->model.pages; i++)
		host_set_cma(&b->page[i]);
	if (a->memory == ORACLE_SLAB) {
		host_set_slab(b->page, true);
		atomic_set(&b->page->_refcount, 0);
	}
	fill_pattern(page_address(b->page), buffer_size(a->buffer), false);
	oracle_buffer_new(&b->model);
}

static bool draw_free(struct call_args *a)
{
	return draw_one(&a->buffer, BUFFERS, buffer_is, true);
}

static void run_free(const struct call_args *a)
{
	struct fuzz_buffer *b = &buffers[a->buffer];
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
	fill_pattern(p, a->size, false);
	oracle_cpu_wrote(virt_to_phys(p), a->size);
}

const struct call buffer_calls[] = {
	{ "buffer", "buffer memory order", 12, draw_buffer, run_buffer },
	{ "free", "buffer", 4, draw_free, run_free },
	{ "fill", "buffer offset size", 6, draw_fill, run_fill },
	{ }
};
