// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: what backends do, as long as Xen lets them.
 */

#include "calls.h"

static void hold(grant_ref_t ref, u16 domid, bool write, struct fuzz_held *held)
{
	unsigned long pfn;

	if (host_map_grant(ref, domid, !write, &pfn) != GNTST_okay)
		return;
	*held = (struct fuzz_held){ true, ref, pfn, write };
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
	struct fuzz_held *held = &helds[a->held];

	if (!held_is(a->held))
		return;
	held->is = false;
	host_unmap_grant(held->ref, !held->write);
	oracle_held(held->ref, held->pfn, false);
}

static void device_writes(unsigned long pfn, size_t offset, size_t size)
{
	fill_pattern(page_address(pfn_to_page(pfn)) + offset, size, true);
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

const struct call backend_calls[] = {
	{ "hold", "held mapping page write", 6, draw_hold, run_hold },
	{ "peek", "held domain nth write", 3, draw_peek, run_peek },
	{ "release", "held", 6, draw_release, run_release },
	{ "scribble", "held offset size", 6, draw_scribble, run_scribble },
	{ "answer", "mapping offset size", 14, draw_answer, run_answer },
	{ }
};
