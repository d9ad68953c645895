// SPDX-License-Identifier: GPL-2.0-only
/*
 * A model of the DMA API in a guest whose backends are not trusted, see oracle.h.
 *
 * It keeps three things: what each byte of the guest's buffers must be (the shadow);
 * for each byte of a mapping what the device must see where it sees a copy (the view);
 * and whose the byte is. Whether it is a copy tells the entry of the grant table: it
 * grants another page than the one that was mapped.
 */

#include <stdarg.h>

#include "oracle.h"

#define PAGE_OFFSET_OF(x)	((x) & (XEN_PAGE_SIZE - 1))

/* Whose a byte of a mapping is. */
enum { DEVICES, CPUS, OWNERS };

/* Whose a page is. */
enum { NOBODYS, DRIVERS, SHARED, GUESTS, LEFT };

/* What a live mapping lets a domain do by a reference. */
enum { MAY_SEE = 1, MAY_WRITE = 2 };

const char *oracle_known_faults = "";

static enum oracle_level level;
static u8 *page_of;		/* by page: whose it is */
static u8 **shadow;		/* by page of a buffer: what must be in it */
static u16 *holds;		/* by page: how often backends have it mapped */
static u8 **shown;		/* by page for copies: what its domain was shown there, or 0 */
static u8 *rights;		/* by reference */
static u16 *late_entries;	/* by page: entries that grant it after their mapping */
static u8 *late;		/* by reference: it is one of these */
static u32 *held_frame;		/* by reference in use: what it grants */
static u16 *held_times;
static struct oracle_mapping *mappings;
static struct oracle_buffer buffers[64];
static unsigned long pages_before;

bool oracle_known(const char *fault)
{
	const char *at = strstr(oracle_known_faults, fault);

	return at && strchr(" ", at[strlen(fault)]);
}

static unsigned long index_of(unsigned long pfn)
{
	return pfn - HOST_FIRST_PFN;
}

static bool is_memory(unsigned long pfn)
{
	return pfn >= HOST_FIRST_PFN && index_of(pfn) < host_ram_pages;
}

static u8 *memory_at(phys_addr_t phys)
{
	return (u8 *)host_ram + (phys - PFN_PHYS(HOST_FIRST_PFN));
}

static u8 *shadow_at(phys_addr_t phys)
{
	u8 *page = shadow[index_of(PHYS_PFN(phys))];

	return page ? page + PAGE_OFFSET_OF(phys) : NULL;
}

static bool grants(const struct grant_entry_v1 *entry)
{
	return (entry->flags & GTF_type_mask) == GTF_permit_access;
}

static bool in_use(const struct grant_entry_v1 *entry)
{
	return entry->flags & (GTF_reading | GTF_writing);
}

/* What nobody cleared is the guest's. Buffers and coherent memory are told of later. */
static void page_taken(unsigned long pfn)
{
	if (page_of[index_of(pfn)] != NOBODYS)
		oracle_violation("a page in use is allocated again: %#lx", pfn);
	page_of[index_of(pfn)] = DRIVERS;
	memset(memory_at(PFN_PHYS(pfn)), oracle_guest_byte(pfn), PAGE_SIZE);
}

static bool is_guests(u8 byte)
{
	return (byte & 0xc0) == 0x80;
}

/* Of memory that was for copies nothing is left to whoever gets it next. */
static void forget_shown(unsigned long pfn)
{
	unsigned int i;

	if (!shown[index_of(pfn)])
		return;
	for (i = 0; i < PAGE_SIZE; i++)
		if (is_guests(memory_at(PFN_PHYS(pfn))[i]))
			oracle_violation("a page is freed with copies in it: %#lx", pfn);
	free(shown[index_of(pfn)]);
	shown[index_of(pfn)] = NULL;
}

static void page_freed(unsigned long pfn)
{
	grant_ref_t ref;

	if (holds[index_of(pfn)])
		oracle_violation("a page is freed that a backend has mapped: %#lx", pfn);
	for (ref = 0; ref < host_references(); ref++)
		if (grants(&host_table[ref]) && host_table[ref].frame == pfn)
			oracle_violation("a page is freed that reference %#x grants: %#lx",
					 ref, pfn);
	forget_shown(pfn);
	page_of[index_of(pfn)] = NOBODYS;
}

void oracle_init(void)
{
	page_of = calloc(host_ram_pages, 1);
	shadow = calloc(host_ram_pages, sizeof(*shadow));
	shown = calloc(host_ram_pages, sizeof(*shown));
	holds = calloc(host_ram_pages, sizeof(*holds));
	rights = calloc(host_references(), 1);
	late_entries = calloc(host_ram_pages, sizeof(*late_entries));
	late = calloc(host_references(), 1);
	held_frame = calloc(host_references(), sizeof(*held_frame));
	held_times = calloc(host_references(), sizeof(*held_times));
	host_page_taken = page_taken;
	host_page_freed = page_freed;
}

void oracle_begin(enum oracle_level new_level)
{
	level = new_level;
	pages_before = host_pages_used();
}

void oracle_buffer_new(const struct oracle_buffer *buffer)
{
	struct oracle_buffer *known = buffers;
	unsigned long i;

	while (known->pages)
		known++;
	*known = *buffer;
	for (i = 0; i < buffer->pages; i++) {
		page_of[index_of(buffer->pfn + i)] = GUESTS;
		shadow[index_of(buffer->pfn + i)] = malloc(PAGE_SIZE);
	}
	oracle_cpu_wrote(PFN_PHYS(buffer->pfn), buffer->pages << PAGE_SHIFT);
}

static bool kept_by_count(const struct oracle_buffer *buffer, unsigned long i)
{
	return buffer->memory <= ORACLE_EACH_COUNTED ||
	       (buffer->memory == ORACLE_HEAD_COUNTED && !i);
}

bool oracle_buffer_free(const struct oracle_buffer *buffer)
{
	struct oracle_buffer *known = buffers;
	unsigned long i;

	for (i = 0; i < buffer->pages; i++) {
		if (kept_by_count(buffer, i) || !late_entries[index_of(buffer->pfn + i)])
			continue;
		/* What is granted by page may be reused: a limit of that level. */
		if (level == ORACLE_PAGE)
			return false;
		oracle_violation("%s gets another owner while a backend has it: %#lx",
				 buffer->memory == ORACLE_CMA ? "contiguous memory" :
								"memory without a count",
				 buffer->pfn + i);
	}
	while (known->pfn != buffer->pfn || !known->pages)
		known++;
	known->pages = 0;
	for (i = 0; i < buffer->pages; i++) {
		page_of[index_of(buffer->pfn + i)] = LEFT;
		free(shadow[index_of(buffer->pfn + i)]);
		shadow[index_of(buffer->pfn + i)] = NULL;
	}
	return true;
}

void oracle_cpu_wrote(phys_addr_t phys, size_t size)
{
	size_t part;

	for (; size; size -= part, phys += part) {
		part = min_t(size_t, size, PAGE_SIZE - PAGE_OFFSET_OF(phys));
		if (shadow_at(phys))
			memcpy(shadow_at(phys), memory_at(phys), part);
	}
}

/* Neighbouring bytes of a mapping in one page, for the CPU and for the device. */
struct run {
	size_t at;
	size_t size;
	phys_addr_t phys;
	u8 *device;
	bool copied;
};

/* The bytes from @at on, but not beyond @end. Returns false if there are none. */
static bool run_at(const struct oracle_mapping *m, size_t at, size_t end, struct run *run)
{
	const struct oracle_part *part = m->parts;
	dma_addr_t addr = m->addr + at;
	size_t in_part = at;
	unsigned long frame;

	if (at >= end)
		return false;
	for (; in_part >= part->size; part++)
		in_part -= part->size;
	frame = m->frames[(PAGE_OFFSET_OF(m->addr) + at) >> XEN_PAGE_SHIFT];
	run->at = at;
	run->phys = part->phys + in_part;
	run->size = min_t(size_t, end - at, part->size - in_part);
	run->size = min_t(size_t, run->size, XEN_PAGE_SIZE - PAGE_OFFSET_OF(run->phys));
	run->size = min_t(size_t, run->size, XEN_PAGE_SIZE - PAGE_OFFSET_OF(addr));
	run->device = memory_at(PFN_PHYS(frame)) + PAGE_OFFSET_OF(addr);
	run->copied = frame != PHYS_PFN(run->phys);
	return true;
}

#define for_each_run(m, from, to, run)					\
	for (size_t _at = (from); run_at(m, _at, to, run); _at += (run)->size)

static size_t mapping_pages(const struct oracle_mapping *m)
{
	return (PAGE_OFFSET_OF(m->addr) + m->size + XEN_PAGE_SIZE - 1) >> XEN_PAGE_SHIFT;
}

/* The reference by which a byte of a mapping is granted. */
static grant_ref_t ref_at(const struct oracle_mapping *m, size_t at)
{
	return ((m->addr & ~BIT_ULL(63)) + at) >> XEN_PAGE_SHIFT;
}

static grant_ref_t first_ref(const struct oracle_mapping *m)
{
	return ref_at(m, 0);
}

/* A page that a mapping's addresses lead to must be granted as the direction says. */
static void check_entry(const struct oracle_mapping *m, size_t i)
{
	grant_ref_t ref = first_ref(m) + i;
	const struct grant_entry_v1 *entry = &host_table[ref];
	bool readonly = m->dir == DMA_TO_DEVICE;

	if (!(m->addr >> 63) || ref >= host_references())
		oracle_violation("a mapping at an address that is none: %#llx",
				 (unsigned long long)m->addr);
	if (!grants(entry) || entry->domid != m->domid || !is_memory(entry->frame) ||
	    page_of[index_of(entry->frame)] == NOBODYS)
		oracle_violation("a mapping is not granted: reference %#x", ref);
	if (readonly && !(entry->flags & GTF_readonly))
		oracle_violation("what is to be read is granted for writing: reference %#x",
				 ref);
	if (!readonly && (entry->flags & GTF_readonly))
		oracle_violation("what is to be written is granted for reading: reference %#x",
				 ref);
}

void oracle_mapped(struct oracle_mapping *m)
{
	size_t pages = mapping_pages(m), i;
	struct run run;

	m->frames = calloc(pages, sizeof(*m->frames));
	m->view = malloc(m->size);
	m->state = malloc(m->size);
	for (i = 0; i < pages; i++) {
		check_entry(m, i);
		m->frames[i] = host_table[first_ref(m) + i].frame;
		if (m->coherent)
			page_of[index_of(m->frames[i])] = SHARED;
	}
	memset(m->state, m->premapped ? OWNERS : DEVICES, m->size);
	for_each_run(m, 0, m->size, &run) {
		if (!run.copied)
			continue;
		if (m->dir == DMA_FROM_DEVICE)
			memset(m->view + run.at, 0xff, run.size);
		else if (m->premapped)
			memcpy(m->view + run.at, run.device, run.size);
		else
			memcpy(m->view + run.at, shadow_at(run.phys), run.size);
	}
	m->next = mappings;
	mappings = m;
}

/* A byte that the driver may leave to the CPU, or copy once more. */
static void may_arrive(u8 *shadow_byte, u8 view, phys_addr_t phys)
{
	if (*memory_at(phys) == view)
		*shadow_byte = view;
}

/* What a domain was shown of a copy it may see until something else is there. */
static void note_shown(const struct run *run)
{
	unsigned long page = (run->device - (u8 *)host_ram) >> PAGE_SHIFT;

	if (!shown[page])
		shown[page] = calloc(1, PAGE_SIZE);
	memcpy(shown[page] + offset_in_page(run->device), run->device, run->size);
}

void oracle_unmapped(struct oracle_mapping *m, bool skip)
{
	struct oracle_mapping **at = &mappings;
	struct run run;
	size_t i;

	for_each_run(m, 0, m->size, &run) {
		if (!run.copied)
			continue;
		note_shown(&run);
		for (i = 0; i < run.size && !skip && m->dir != DMA_TO_DEVICE; i++) {
			if (m->state[run.at + i] == DEVICES)
				shadow_at(run.phys)[i] = m->view[run.at + i];
			else
				may_arrive(shadow_at(run.phys) + i, m->view[run.at + i],
					   run.phys + i);
		}
	}
	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	free(m->frames);
	free(m->view);
	free(m->state);
}

bool oracle_copied(const struct oracle_mapping *m, size_t at)
{
	struct run run;

	return run_at(m, at, m->size, &run) && run.copied;
}

static void synced_for_cpu(struct oracle_mapping *m, const struct run *run)
{
	u8 *state = m->state + run->at, *view = m->view + run->at;
	size_t i;

	for (i = 0; i < run->size; i++) {
		if (!run->copied)
			;
		else if (state[i] == DEVICES || (state[i] == OWNERS && oracle_known("S2")))
			shadow_at(run->phys)[i] = view[i];
		else if (state[i] == CPUS)
			may_arrive(shadow_at(run->phys) + i, view[i], run->phys + i);
		state[i] = m->premapped ? OWNERS : CPUS;
	}
}

void oracle_synced(struct oracle_mapping *m, size_t at, size_t size, bool for_device)
{
	struct run run;

	for_each_run(m, at, min(m->size, at + size), &run) {
		if (!for_device && m->dir != DMA_TO_DEVICE)
			synced_for_cpu(m, &run);
		if (!for_device)
			continue;
		if (run.copied && m->dir != DMA_FROM_DEVICE)
			memcpy(m->view + run.at, shadow_at(run.phys), run.size);
		if (!m->premapped)
			memset(m->state + run.at, DEVICES, run.size);
	}
}

void oracle_gave(struct oracle_mapping *m, size_t at, size_t size)
{
	memset(m->state + at, DEVICES, min(size, m->size - at));
}

/* The domain has no mapping, and holds nothing, but gets none. */
void oracle_refused(u16 domid)
{
	const struct oracle_mapping *m;
	grant_ref_t ref;

	for (m = mappings; m; m = m->next)
		if (m->domid == domid)
			return;
	for (ref = 0; ref < host_references(); ref++)
		if (late[ref] && host_table[ref].domid == domid)
			return;
	oracle_violation("domain %u, which uses nothing, is refused a mapping", domid);
}

/* Where it is not a buffer's memory, it is a copy, perhaps of several mappings. */
void oracle_device_wrote(unsigned long pfn, size_t offset, size_t size)
{
	u8 *from = memory_at(PFN_PHYS(pfn)) + offset, *to = from + size;
	struct oracle_mapping *m;
	struct run run;

	oracle_cpu_wrote(PFN_PHYS(pfn) + offset, size);
	for (m = mappings; m; m = m->next) {
		for_each_run(m, 0, m->size, &run) {
			u8 *begin = from > run.device ? from : run.device;
			u8 *end = run.device + run.size;

			if (to < end)
				end = to;
			if (run.copied && begin < end)
				memcpy(m->view + run.at + (begin - run.device), begin,
				       end - begin);
		}
	}
}

void oracle_held(grant_ref_t ref, unsigned long pfn, bool begins)
{
	if (begins && page_of[index_of(pfn)] == NOBODYS)
		oracle_violation("a backend maps a free page: reference %#x", ref);
	holds[index_of(pfn)] += begins ? 1 : -1;
	held_times[ref] += begins ? 1 : -1;
	held_frame[ref] = pfn;
}

/* What a backend let go of before now may not be granted any more. */
void oracle_worked(void)
{
	grant_ref_t ref;

	for (ref = 0; ref < host_references(); ref++)
		if (!in_use(&host_table[ref]))
			late[ref] = false;
}

/* Of a byte that is not as it must be: what that means. */
static const char *meaning(phys_addr_t phys)
{
	const struct oracle_mapping *m;
	const char *text = "memory beside the buffers changes";
	struct run run;

	for (m = mappings; m; m = m->next) {
		for_each_run(m, 0, m->size, &run) {
			if (phys < run.phys || phys >= run.phys + run.size)
				continue;
			switch (m->state[run.at + (phys - run.phys)]) {
			case CPUS:
				return "what the CPU was given is wrong, or changes";
			case OWNERS:
				return "memory changes that the device was not given";
			}
			text = "memory changes that is the device's, before it is the CPU's again";
		}
	}
	return text;
}

static void check_memory(void)
{
	unsigned long i, pfn;
	unsigned int k, byte;
	u8 *page;

	for (k = 0; k < ARRAY_SIZE(buffers); k++) {
		for (i = 0; i < buffers[k].pages; i++) {
			pfn = buffers[k].pfn + i;
			page = memory_at(PFN_PHYS(pfn));
			if (!memcmp(page, shadow[index_of(pfn)], PAGE_SIZE))
				continue;
			for (byte = 0; page[byte] == shadow[index_of(pfn)][byte]; byte++)
				;
			oracle_violation("%s: byte %#x of page %lu is %#x, not %#x",
					 meaning(PFN_PHYS(pfn) + byte), byte, i,
					 page[byte], shadow[index_of(pfn)][byte]);
		}
	}
}

/* What the device sees of a mapping must be the memory itself, or what was copied. */
static void check_view(const struct oracle_mapping *m)
{
	struct run run;
	size_t i;

	for (i = 0; i < mapping_pages(m); i++) {
		check_entry(m, i);
		if (m->frames[i] != host_table[first_ref(m) + i].frame)
			oracle_violation("a mapping's page changes: reference %#zx",
					 first_ref(m) + i);
	}
	for_each_run(m, 0, m->size, &run) {
		if (!run.copied && PAGE_OFFSET_OF(m->addr + run.at) != PAGE_OFFSET_OF(run.phys))
			oracle_violation("a mapping leads beside its buffer: %#llx",
					 (unsigned long long)(m->addr + run.at));
		if (!run.copied || !memcmp(run.device, m->view + run.at, run.size))
			continue;
		for (i = 0; run.device[i] == m->view[run.at + i]; i++)
			;
		oracle_violation("the device sees %#x at byte %#zx of a mapping, not %#x",
				 run.device[i], run.at + i, m->view[run.at + i]);
	}
}

static enum oracle_memory memory_of(unsigned long pfn)
{
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(buffers); k++)
		if (pfn - buffers[k].pfn < buffers[k].pages)
			return kept_by_count(&buffers[k], pfn - buffers[k].pfn) ?
				ORACLE_COUNTED : buffers[k].memory;
	return ORACLE_COUNTED;
}

/* Whether a level lets a device have the page itself, not a copy. */
static bool may_have_page(const struct oracle_mapping *m, const struct run *run)
{
	enum oracle_memory memory = memory_of(PHYS_PFN(run->phys));

	if (m->coherent || level == ORACLE_PAGE)
		return true;
	if (level == ORACLE_FULL || run->size < XEN_PAGE_SIZE)
		return false;
	return memory == ORACLE_COUNTED && (!m->premapped || m->dir == DMA_TO_DEVICE);
}

/* Notes what backends may do by references. That domain and page are right was seen before. */
static void note_rights(void)
{
	const struct oracle_mapping *m;
	struct run run;

	memset(rights, 0, host_references());
	for (m = mappings; m; m = m->next)
		for_each_run(m, 0, m->size, &run)
			if (!run.copied && may_have_page(m, &run))
				rights[ref_at(m, run.at)] = MAY_SEE |
					(m->dir == DMA_TO_DEVICE ? 0 : MAY_WRITE);
}

/* Puts what a domain was given out of sight, or back. */
static void hide_given(u16 domid, bool hide)
{
	const struct oracle_mapping *m;
	struct run run;

	for (m = mappings; m; m = m->next) {
		if (m->domid != domid)
			continue;
		for_each_run(m, 0, m->size, &run) {
			if (!run.copied)
				continue;
			if (hide)
				memset(run.device, 0, run.size);
			else
				memcpy(run.device, m->view + run.at, run.size);
		}
	}
}

static bool unseen(unsigned long pfn, unsigned int i)
{
	u8 byte = memory_at(PFN_PHYS(pfn))[i];

	return is_guests(byte) && !(shown[index_of(pfn)] && shown[index_of(pfn)][i] == byte);
}

static bool is_in_parts(const struct oracle_mapping *m, const u8 *bytes, size_t size)
{
	unsigned int i;

	for (i = 0; i < m->nparts; i++)
		if (memmem(memory_at(m->parts[i].phys), m->parts[i].size, bytes, size))
			return true;
	return false;
}

/* Two copies have no such stretch in common. */
#define STRETCH		64

static void note_given_up(const struct oracle_mapping *m, unsigned long pfn)
{
	u8 *page = memory_at(PFN_PHYS(pfn));
	struct run run = { };
	unsigned int i;

	for (i = 0; i < PAGE_SIZE; i += run.size ?: 1) {
		run.device = page + i;
		for (run.size = 0; run.size < STRETCH - i % STRETCH && unseen(pfn, i + run.size);
		     run.size++)
			;
		if (run.size && is_in_parts(m, run.device, run.size))
			note_shown(&run);
	}
}

void oracle_given_up(const struct oracle_mapping *m)
{
	const struct grant_entry_v1 *entry = host_table, *end = entry + host_references();

	hide_given(m->domid, true);
	for (; entry < end; entry++)
		if (grants(entry) && entry->domid == m->domid && is_memory(entry->frame) &&
		    page_of[index_of(entry->frame)] == DRIVERS)
			note_given_up(m, entry->frame);
	hide_given(m->domid, false);
}

/* Of what the guest wrote, only what was shown may be in a page that the driver has for copies. */
static void check_driver_page(grant_ref_t ref, unsigned long pfn)
{
	const u64 *word = (u64 *)memory_at(PFN_PHYS(pfn));
	unsigned int i;

	for (i = 0; i < XEN_PAGE_SIZE; i++)
		if (word[i / 8] & 0x8080808080808080ULL && unseen(pfn, i))
			oracle_violation("domain %u sees memory of the guest: reference %#x at %#x",
					 host_table[ref].domid, ref, i);
}

static void check_guest_page(grant_ref_t ref, unsigned long pfn)
{
	const struct grant_entry_v1 *entry = &host_table[ref];
	u8 may = rights[ref];

	if (may & MAY_SEE) {
		if (!(may & MAY_WRITE) && !(entry->flags & GTF_readonly))
			oracle_violation("domain %u can write what it may read: reference %#x",
					 entry->domid, ref);
		return;
	}
	if (!in_use(entry) && !late[ref])
		oracle_violation("domain %u has a page that it may not have%s: reference %#x",
				 entry->domid,
				 page_of[index_of(pfn)] == GUESTS ? "" : " any more", ref);
	late[ref] = true;
	late_entries[index_of(pfn)]++;
}

static void check_entries_of(u16 domid)
{
	const struct grant_entry_v1 *entry;
	grant_ref_t ref;

	hide_given(domid, true);
	for (ref = 0; ref < host_references(); ref++) {
		entry = &host_table[ref];
		if (!grants(entry) || entry->domid != domid)
			continue;
		if (!is_memory(entry->frame) || page_of[index_of(entry->frame)] == NOBODYS)
			oracle_violation("domain %u has a page that is free: reference %#x",
					 domid, ref);
		if (page_of[index_of(entry->frame)] == DRIVERS)
			check_driver_page(ref, entry->frame);
		else
			check_guest_page(ref, entry->frame);
	}
	hide_given(domid, false);
}

static void check_table(void)
{
	const struct grant_entry_v1 *entry;
	grant_ref_t ref;
	u16 domid;

	memset(late_entries, 0, host_ram_pages * sizeof(*late_entries));
	for (ref = 0; ref < host_references(); ref++) {
		entry = &host_table[ref];
		if (!grants(entry))
			late[ref] = false;
		if (entry->flags && (!grants(entry) || entry->domid >= ORACLE_DOMAINS))
			oracle_violation("an entry that no domain may have: reference %#x", ref);
		if (held_times[ref] && (!in_use(entry) || entry->frame != held_frame[ref]))
			oracle_violation("an entry changes while a backend uses it: reference %#x",
					 ref);
	}
	note_rights();
	for (domid = 0; domid < ORACLE_DOMAINS; domid++)
		check_entries_of(domid);
}

/* A first page has a count for each reference that grants its folio after a mapping's end. */
static void check_counts(void)
{
	const struct oracle_buffer *buffer;
	unsigned long folio, i;
	int count, expected;
	unsigned int k;

	for (k = 0; k < ARRAY_SIZE(buffers); k++) {
		buffer = &buffers[k];
		if (!buffer->pages)
			continue;
		count = folio_ref_count(pfn_folio(buffer->pfn));
		expected = buffer->memory != ORACLE_SLAB;
		folio = buffer->memory == ORACLE_COUNTED ? buffer->pages : expected;
		for (i = 0; i < folio; i++)
			expected += late_entries[index_of(buffer->pfn + i)];
		if (count != expected)
			oracle_violation("the count of page %#lx is %d, not %d",
					 buffer->pfn, count, expected);
	}
}

void oracle_check(void)
{
	const struct oracle_mapping *m;

	check_memory();
	for (m = mappings; m; m = m->next)
		check_view(m);
	check_table();
	check_counts();
	if (host_warnings)
		oracle_violation("a warning");
}

/* No mapping, no buffer, no device, nothing held, and the workers are done. */
void oracle_end(void)
{
	grant_ref_t ref;

	for (ref = 0; ref < host_references(); ref++)
		if (host_table[ref].flags)
			oracle_violation("reference %#x is still granted at the end", ref);
	if (host_pages_used() > pages_before)
		oracle_violation("%lu pages are left at the end",
				 host_pages_used() - pages_before);
}
