/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of consecutive grant references, granted and ended at once: without a call
 * for version 1 of the table, and with the fewest barriers that Xen's interface
 * allows for either version (xen/interface/grant_table.h).
 */

#ifndef _XEN_GRANT_RUN_H
#define _XEN_GRANT_RUN_H

#include <linux/atomic.h>
#include <linux/compiler.h>
#include <linux/types.h>

#include <asm/sync_bitops.h>

#include <xen/grant_table.h>
#include <xen/interface/grant_table.h>
#include <xen/page.h>

/* NULL unless the table has version 1. */
extern struct grant_entry_v1 *gnttab_entries_v1;

void gnttab_grant_run_v2(grant_ref_t first, domid_t domid, unsigned long pfn,
			 unsigned int count, unsigned int flags);
unsigned int gnttab_end_run_v2(grant_ref_t first, unsigned int count);

/*
 * Xen changes flags from another CPU even if this kernel has just one. Where
 * cmpxchg_relaxed() always cares about that, it does without a barrier a page.
 */
#ifdef CONFIG_ARM64
#define gnttab_try_cmpxchg	try_cmpxchg_relaxed
#else
#define gnttab_try_cmpxchg	sync_try_cmpxchg
#endif

/* A 64-bit kernel writes an entry by one store: Xen sees all or nothing of it. */
static inline void gnttab_write_entry_v1(struct grant_entry_v1 *entry,
					 struct grant_entry_v1 value)
{
	if (IS_ENABLED(CONFIG_64BIT)) {
		union {
			struct grant_entry_v1 entry;
			u64 word;
		} new = { .entry = value };

		WRITE_ONCE(*(u64 *)entry, new.word);
		return;
	}
	entry->domid = value.domid;
	entry->frame = value.frame;
	virt_wmb();	/* The entry is complete before it is valid. */
	WRITE_ONCE(entry->flags, value.flags);
}

static inline void gnttab_grant_run_v1(struct grant_entry_v1 *entry,
				       domid_t domid, unsigned long pfn,
				       unsigned int count, unsigned int flags)
{
	struct grant_entry_v1 *end = entry + count;

	virt_wmb();	/* What was written to the pages comes first. */
	for (; entry < end; entry++, pfn++)
		gnttab_write_entry_v1(entry, (struct grant_entry_v1) {
			.flags = flags,
			.domid = domid,
			.frame = pfn_to_gfn(pfn),
		});
}

static inline unsigned int gnttab_end_run_v1(struct grant_entry_v1 *entry,
					     unsigned int count)
{
	unsigned int i;
	u16 flags;

	for (i = 0; i < count; i++) {
		flags = READ_ONCE(entry[i].flags);
		do {
			if (flags & (GTF_reading | GTF_writing))
				goto out;
		} while (!gnttab_try_cmpxchg(&entry[i].flags, &flags, 0));
	}
out:
	virt_mb();	/* Pages and entries may have another use from here on. */
	return i;
}

/**
 * gnttab_grant_run() - let a domain access a run of Xen pages
 * @first: first of as many consecutive grant references
 * @domid: the domain
 * @pfn: first page, in units of XEN_PAGE_SIZE
 * @count: number of pages
 * @readonly: refuse write access
 *
 * As gnttab_grant_foreign_access_ref() for each page.
 *
 * Context: Any.
 */
static inline void gnttab_grant_run(grant_ref_t first, domid_t domid,
				    unsigned long pfn, unsigned int count,
				    bool readonly)
{
	unsigned int flags = GTF_permit_access | (readonly ? GTF_readonly : 0);

	if (likely(gnttab_entries_v1))
		gnttab_grant_run_v1(gnttab_entries_v1 + first, domid, pfn,
				    count, flags);
	else
		gnttab_grant_run_v2(first, domid, pfn, count, flags);
}

/**
 * gnttab_end_run() - end access through consecutive references
 * @first: first reference
 * @count: number of references
 *
 * Frees neither the references nor the pages. May be called again for what is
 * left.
 *
 * Context: Any.
 * Return: for how many references access has ended: @count, or less when the
 * one after these is still in use. More may have ended after that one.
 */
static inline unsigned int gnttab_end_run(grant_ref_t first, unsigned int count)
{
	if (likely(gnttab_entries_v1))
		return gnttab_end_run_v1(gnttab_entries_v1 + first, count);
	return gnttab_end_run_v2(first, count);
}

#endif /* _XEN_GRANT_RUN_H */
