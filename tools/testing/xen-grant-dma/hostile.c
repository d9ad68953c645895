// SPDX-License-Identifier: GPL-2.0-only
/*
 * Hostile backends: they map what is granted at any time, hold it as long as they
 * like, look for what they should not see, and write where they can. These are other
 * domains' accesses to memory, so no sanitizer looks at this file.
 */

#include "stress.h"

#define MOST_HELD	64

static struct held {
	grant_ref_t ref;
	domid_t domid;
	bool readonly;
	unsigned long pfn;
} all_held[MOST_HELD];
static unsigned int held_count;

/* Of each page, whether it has an owner, and how often a backend has it mapped. */
static u8 *owned;
static unsigned int *mapped_by_backends;

static void page_taken(unsigned long pfn)
{
	unsigned long i = pfn - HOST_FIRST_PFN;

	if (__atomic_exchange_n(&owned[i], 1, __ATOMIC_SEQ_CST))
		report_violation("page %#lx gets a second owner", pfn);
	if (__atomic_load_n(&mapped_by_backends[i], __ATOMIC_SEQ_CST))
		report_violation("page %#lx gets an owner while a backend has it mapped", pfn);
}

static void page_freed(unsigned long pfn)
{
	unsigned long i = pfn - HOST_FIRST_PFN;

	if (__atomic_load_n(&mapped_by_backends[i], __ATOMIC_SEQ_CST))
		report_violation("page %#lx is freed while a backend has it mapped", pfn);
	__atomic_store_n(&owned[i], 0, __ATOMIC_SEQ_CST);
}

void backend_init(void)
{
	owned = calloc(host_ram_pages, sizeof(*owned));
	mapped_by_backends = calloc(host_ram_pages, sizeof(*mapped_by_backends));
	host_page_taken = page_taken;
	host_page_freed = page_freed;
}

static void look(const struct held *held)
{
	const u8 *page = __va(PFN_PHYS(held->pfn));
	unsigned int i;

	if (!__atomic_load_n(&owned[held->pfn - HOST_FIRST_PFN], __ATOMIC_SEQ_CST))
		report_violation("reference %#x grants a free page", held->ref);
	for (i = 0; !by_page && i < XEN_PAGE_SIZE; i++) {
		if (READ_ONCE(page[i]) != SECRET)
			continue;
		report_violation("reference %#x shows a secret, at %u", held->ref, i);
		return;
	}
}

static void scribble(const struct held *held)
{
	u8 *page = __va(PFN_PHYS(held->pfn));
	unsigned int i;

	for (i = 0; !held->readonly && i < XEN_PAGE_SIZE; i += 7)
		WRITE_ONCE(page[i], 0x33);
}

static void let_go(unsigned int i)
{
	struct held held = all_held[i];

	look(&held);
	scribble(&held);
	all_held[i] = all_held[--held_count];
	__atomic_fetch_sub(&mapped_by_backends[held.pfn - HOST_FIRST_PFN], 1,
			   __ATOMIC_SEQ_CST);
	host_unmap_grant(held.ref, held.readonly);
}

void backend_let_go(void)
{
	while (held_count)
		let_go(0);
}

/* Returns a reference that grants something, in the neighbourhood of a random one. */
static grant_ref_t find_granted(struct random *random)
{
	grant_ref_t ref = random_below(random, host_references()), end = ref + 64;

	for (; ref < end && ref < host_references(); ref++)
		if (host_table[ref].flags & GTF_type_mask)
			return ref;
	return 0;
}

static void hold(grant_ref_t ref)
{
	struct held held = { .ref = ref, .domid = host_table[ref].domid };

	held.readonly = held.domid != SCRIBBLER ||
			(host_table[ref].flags & GTF_readonly);
	if (host_map_grant(ref, held.domid, held.readonly, &held.pfn))
		return;
	if (held.pfn - HOST_FIRST_PFN >= host_ram_pages)
		return report_violation("reference %#x grants frame %#lx, which is no memory",
				 ref, held.pfn);
	__atomic_fetch_add(&mapped_by_backends[held.pfn - HOST_FIRST_PFN], 1,
			   __ATOMIC_SEQ_CST);
	look(&held);
	scribble(&held);
	all_held[held_count++] = held;
	count(&held_grants);
}

void backend_step(struct random *random)
{
	grant_ref_t ref;

	if (held_count == MOST_HELD || (held_count && one_in(random, 3)))
		return let_go(random_below(random, held_count));
	ref = find_granted(random);
	if (ref)
		hold(ref);
}
