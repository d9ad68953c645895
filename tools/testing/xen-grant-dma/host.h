/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine that the driver runs on in these programs: a guest's memory, its
 * CPUs, Xen, and a device. A program calls host_init() before anything else.
 */

#ifndef _HOST_H
#define _HOST_H

#include <xen/grant_table.h>
#include <xen/page.h>

/* Memory: the guest's pages begin with this frame. To be set before host_init(). */
#define HOST_FIRST_PFN	0x40000UL
extern unsigned long host_ram_pages;
extern char *host_ram;

/* The allocation after so many fails, once; none if 0. */
extern unsigned int host_fail_nth;

/* One in so many allocations that must not sleep fails; none if 0. */
extern unsigned int host_fail_alloc;

/* Allocations that take from what is kept for emergencies, where reclaim itself makes them. */
extern unsigned int host_emergencies;

/* Called when a page gets, or no longer has, an owner. */
extern void (*host_page_taken)(unsigned long pfn);
extern void (*host_page_freed)(unsigned long pfn);

/* Pages that have an owner, those of the grant table's lists included. */
unsigned long host_pages_used(void);

/* Of a page that has no flags: what slab has, or a page with a count of 0. */
void host_set_slab(struct page *page, bool slab);
/* Of a page that was just allocated: it is CMA's. */
void host_set_cma(struct page *page);

/*
 * CPUs: every thread says on which one it is, as often as it likes. Several may be
 * on one, as if one had interrupted the other anywhere.
 */
#define HOST_CPUS	8
extern unsigned int host_cpus;
void host_set_cpu(unsigned int cpu);

/* Does what workers and timers would: all that is queued, or what is due. */
unsigned int host_run_works(bool all);

/* Reads all files in debugfs, and returns their size. */
size_t host_read_debugfs(void);

/* Messages of the driver, printed unless quiet, and warnings, always printed. */
extern bool host_quiet;
extern unsigned int host_messages, host_warnings;

/* Xen: frames that the grant table may have, to be set before host_init(). */
extern unsigned int host_frames;
extern struct grant_entry_v1 *host_table;

/*
 * Version of the table, also to be set before. Linux has version 2 only in domains
 * of kind PV; nothing maps its references here.
 */
extern unsigned int host_version;
extern grant_status_t *host_status;
static inline unsigned int host_references(void)
{
	return host_frames * (XEN_PAGE_SIZE / sizeof(*host_table));
}

/* How many of these grant anything. */
unsigned int host_granted(void);

/*
 * What a backend does by hypercall: map a reference, which gives a frame, and
 * unmap it as often. Returns GNTST_okay or why Xen refuses.
 */
int host_map_grant(grant_ref_t ref, domid_t domid, bool readonly, unsigned long *pfn);
void host_unmap_grant(grant_ref_t ref, bool readonly);
/* Whether an entry of the table grants a page. */
bool host_page_granted(unsigned long pfn);
/* How often a reference is mapped. */
unsigned int host_grant_mapped(grant_ref_t ref);

/*
 * The domain is restored, with a table in which nothing is granted; or it is shut down,
 * perhaps for another kernel. The driver wants to know since its function for boot was
 * called.
 */
void host_restore(void);
void host_shut_down(bool kexec);
int stub_initcall_backends_init(void);

/* As a device does it, by a DMA address; false where grants do not let it. */
bool host_device_read(domid_t domid, dma_addr_t addr, void *data, size_t size);
bool host_device_write(domid_t domid, dma_addr_t addr, const void *data, size_t size);

/*
 * A device that is bound to a driver: @level is "page", "strict" or "full", for
 * backends that have no other device.
 */
bool host_isolation_is(const char *level);
int host_bind(struct device *dev, const char *name, domid_t domid, const char *level);
void host_unbind(struct device *dev);

void host_init(void);

#endif /* _HOST_H */
