/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grants as DMA addresses: what the files of the driver share.
 *
 * A function may be called in any context, if nothing else is said.
 */

#ifndef _XEN_GRANT_DMA_INTERNAL_H
#define _XEN_GRANT_DMA_INTERNAL_H

#include <linux/dma-map-ops.h>
#include <linux/errno.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/percpu.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include <xen/grant-dma.h>
#include <xen/grant_table.h>
#include <xen/interface/xen.h>
#include <xen/page.h>

#include "bits.h"
#include "table.h"

/* References leave the grant table in blocks; a mapping has one block at most. */
#define GRANT_BLOCK_ORDER	8
#define GRANT_BLOCK		(1U << GRANT_BLOCK_ORDER)
#define GRANT_BLOCK_WORDS	(GRANT_BLOCK / BITS_PER_LONG)
#define GRANT_MAPPING_MAX	((size_t)GRANT_BLOCK << XEN_PAGE_SHIFT)

/*
 * The record of a deferred reference in grant_backend::mapped: these, and the page frame
 * number. No number of pages is as high.
 */
#define GRANT_DEFERRED		BIT(BITS_PER_LONG - 1)
#define GRANT_DEFERRED_FOLIO	BIT(BITS_PER_LONG - 2)	/* its folio's count is raised */
#define GRANT_DEFERRED_OLD	BIT(BITS_PER_LONG - 3)	/* it was there at the last mark */
#define GRANT_DEFERRED_PFN	(GRANT_DEFERRED_OLD - 1)

/* Units are the parts of a bounce area that buffers consist of, in bytes. */
#define GRANT_UNIT_SHIFT	8
#define GRANT_UNIT		BIT(GRANT_UNIT_SHIFT)
#define GRANT_PAGE_UNITS	(XEN_PAGE_SIZE >> GRANT_UNIT_SHIFT)

/* Xen pages of an area at least; all have a power of two. */
#define GRANT_AREA_MIN		16U

/* What is not used is given back after this or twice this, in jiffies. */
#define GRANT_REAP_DELAY	(2 * HZ)

/**
 * enum grant_isolation - what a backend may see, each level with that before it
 * @GRANT_ISOLATION_PAGE: the Xen pages that buffers touch
 * @GRANT_ISOLATION_STRICT: of the guest's memory, only pages that a buffer fills
 * @GRANT_ISOLATION_FULL: copies alone, in memory that is used for nothing else
 */
enum grant_isolation {
	GRANT_ISOLATION_PAGE,
	GRANT_ISOLATION_STRICT,
	GRANT_ISOLATION_FULL,
};

/**
 * enum grant_kind - areas of a kind hold buffers that live alike
 * @GRANT_READONLY: the backend may read them
 * @GRANT_WRITABLE: it may write them, too
 * @GRANT_PREMAPPED: so, and their owner keeps them mapped for long
 * @GRANT_KINDS: how many kinds there are, and the kind of a device's reserve
 */
enum grant_kind {
	GRANT_READONLY,
	GRANT_WRITABLE,
	GRANT_PREMAPPED,
	GRANT_KINDS,
};

/**
 * struct grant_block - neighbouring references of the grant table
 * @used: a bit for each that can't be had: in use, or not the backend's
 * @node: in the list of those that the backend has references of
 * @cpu: who takes from it, or -1
 * @taken: how many the backend has
 * @deferred: how many are deferred
 * @idle: none was in use when that was last looked at
 */
struct grant_block {
	atomic_long_t used[GRANT_BLOCK_WORDS];
	struct list_head node;
	int cpu;
	u16 taken;
	u16 deferred;
	bool idle;
} ____cacheline_aligned_in_smp;

/**
 * struct grant_unit - the part of a mapping in one Xen page of an area, by its first unit
 * @phys: the memory that it is a copy of
 * @left: bytes from there to the end of the mapping, 0 if no part begins here
 * @offset: where in the page it begins
 * @dir: direction of the mapping
 * @begins: the mapping begins here
 */
struct grant_unit {
	phys_addr_t phys;
	u32 left;
	u16 offset;
	u8 dir;
	bool begins;
};

/**
 * struct grant_area - memory for bounced buffers, which stays granted
 * @backend: to whom
 * @kind: its kind
 * @readonly: the backend may only read it
 * @first: the first of its references
 * @pages: how many it has
 * @words: how many words of @used it needs
 * @used: a bit for each unit
 * @units: what they are copies of
 * @node: in the backend's list
 * @cpu: who takes from it, or -1
 * @idle: none was in use when that was last looked at
 * @vaddr: its Xen pages
 */
struct grant_area {
	struct grant_backend *backend;
	enum grant_kind kind;
	bool readonly;
	grant_ref_t first;
	unsigned int pages;
	unsigned int words;
	atomic_long_t used[GRANT_BLOCK * GRANT_PAGE_UNITS / BITS_PER_LONG];
	struct grant_unit *units;
	struct list_head node;
	int cpu;
	bool idle;
	void *vaddr[];
};

/**
 * struct grant_cpu - where a CPU takes from
 * @block: its own block
 * @freed: where it freed references last
 * @area: its own areas, or NULL; change with the backend's lock held
 * @given: where it gave units back last, or NULL
 */
struct grant_cpu {
	struct grant_block *block;
	struct grant_block *freed;
	struct grant_area __rcu *area[GRANT_KINDS];
	struct grant_area __rcu *given[GRANT_KINDS];
};

/**
 * struct grant_counters - what the DMA ops of a device did, on one CPU
 * @used: references that came into use, less those that went out
 * @mappings: mappings made
 * @failures: mappings that failed
 */
struct grant_counters {
	int used;
	u64 mappings;
	u64 failures;
};

/**
 * struct grant_backend - a backend domain, with what it has of the grant table
 * @domid: the domain
 * @isolation: what it may see
 * @size: references that the table can grow to
 * @cpus: where each CPU takes from
 * @mapped: of each reference, Xen pages of the mapping that begins there, or 0; or
 *	GRANT_DEFERRED and so on
 * @area: the bounce area of each GRANT_AREA_MIN references, or NULL
 * @kref: its users: devices, and deferral
 * @node: in the list of backends
 * @devices: its devices; changes with grant_backends_lock held
 * @past: what devices that are gone counted
 * @lock: protects what follows up to @late, and blocks but for their bits
 * @taken: references that it has
 * @blocks: the blocks of which it has any
 * @areas: bounce areas of each kind
 * @area_pages: how many Xen pages they have
 * @deferred: references that it still uses after their end
 * @delay: jiffies until the next try to end them
 * @late: of these, those that it should have let go of before
 * @late_reported: how many of these were reported
 * @next_report: jiffies when it is reported again, at the earliest
 * @next_mark: jiffies when the records of deferred references are marked
 * @old: it was reported that some are deferred for long
 * @reap: gives back what is not used
 * @retry: tries to end what is deferred
 * @block: all blocks of the table
 */
struct grant_backend {
	domid_t domid;
	enum grant_isolation isolation;
	unsigned int size;
	struct grant_cpu __percpu *cpus;
	unsigned long *mapped;
	struct grant_area __rcu **area;
	struct kref kref;
	struct list_head node;
	struct list_head devices;
	struct grant_counters past;
	spinlock_t lock;	/* what follows, up to late */
	unsigned int taken;
	struct list_head blocks;
	struct list_head areas[GRANT_KINDS];
	unsigned int area_pages[GRANT_KINDS];
	unsigned int deferred;
	unsigned long delay;
	unsigned int late;
	unsigned int late_reported;
	unsigned long next_report;
	unsigned long next_mark;
	bool old;
	struct delayed_work reap;
	struct delayed_work retry;
	struct grant_block block[];
};

/**
 * struct grant_device - a device whose DMA goes through grants
 * @ops: its DMA ops, by which it is found
 * @dev: the device
 * @backend: the domain that serves it
 * @node: in the backend's list of devices
 * @counters: what each CPU counted
 * @reserve: areas for when nothing else is left, readonly and writable; NULL if there
 *	was none
 * @max_size: bytes of the longest mapping that a driver should make
 * @misused: a misuse of the DMA API by the driver was reported
 * @other_ops: DMA ops that were in force before, restored at the end
 */
struct grant_device {
	const struct dma_map_ops ops;
	struct device *dev;
	struct grant_backend *backend;
	struct list_head node;
	struct grant_counters __percpu *counters;
	struct grant_area *reserve[GRANT_PREMAPPED];
	size_t max_size;
	bool misused;
	const struct dma_map_ops *other_ops;
};

static inline struct grant_device *to_grant_device(struct device *dev)
{
	return container_of(dev->dma_ops, struct grant_device, ops);
}

/* Xen pages, and so references, that @size bytes from @addr on touch. */
static inline unsigned int grant_pages(u64 addr, size_t size)
{
	return XEN_PFN_UP(xen_offset_in_page(addr) + size);
}

static inline dma_addr_t grant_addr(grant_ref_t ref, unsigned int offset)
{
	return XEN_GRANT_DMA_FLAG | ((dma_addr_t)ref << XEN_GRANT_DMA_SHIFT) | offset;
}

/* The reference at a DMA address; backend->size if it is none of the backend's table. */
static inline grant_ref_t grant_ref_of(const struct grant_backend *backend, dma_addr_t addr)
{
	u64 ref = (addr ^ XEN_GRANT_DMA_FLAG) >> XEN_GRANT_DMA_SHIFT;

	return likely(ref < backend->size) ? ref : backend->size;
}

/* backend.c */
extern struct mutex grant_backends_lock;
extern struct list_head grant_backends;

enum grant_isolation grant_isolation_level(void);
struct grant_backend *grant_backend_get(domid_t domid);
void grant_backend_put(struct grant_backend *backend);
unsigned int grant_backend_end(const struct grant_backend *backend);
void grant_backend_queue(struct delayed_work *work, unsigned long delay);

/* refs.c */
atomic_t *grant_refs_taken(void);
unsigned int grant_refs_limit(const struct grant_backend *backend);
unsigned int grant_refs_budget(const struct grant_backend *backend);
grant_ref_t grant_refs_alloc(struct grant_backend *backend, unsigned int count);
void grant_refs_reap(struct grant_backend *backend, bool all);

/* deferred.c */
void grant_refs_defer(struct grant_backend *backend, grant_ref_t first, unsigned int count,
		      unsigned int ended, bool late);
void grant_deferred_report(struct grant_backend *backend);
void grant_deferred_retry(struct work_struct *work);

/* area.c */
struct grant_area *grant_area_create(struct grant_backend *backend, bool readonly,
				     unsigned int pages, gfp_t gfp);
bool grant_area_destroy(struct grant_area *area);
struct grant_area *grant_area_take(struct grant_device *gdev, enum grant_kind kind,
				   unsigned int count, unsigned int *at);
void grant_area_give(struct grant_area *area, unsigned int at, unsigned int count);
void grant_areas_reap(struct grant_backend *backend, bool all);
void grant_areas_regrant(struct grant_backend *backend);

/* bounce.c */
dma_addr_t grant_bounce_alloc(struct grant_device *gdev, phys_addr_t phys, size_t size,
			      enum dma_data_direction dir, unsigned long attrs);
void grant_bounce_fill(struct grant_backend *backend, dma_addr_t addr, phys_addr_t phys,
		       size_t size, size_t left, bool begins, enum dma_data_direction dir,
		       unsigned long attrs);
dma_addr_t grant_bounce_map(struct grant_device *gdev, phys_addr_t phys, size_t size,
			    enum dma_data_direction dir, unsigned long attrs);
size_t grant_bounce_unmap(struct grant_backend *backend, dma_addr_t addr,
			  enum dma_data_direction dir, unsigned long attrs);
bool grant_bounce_sync(struct grant_backend *backend, dma_addr_t addr, size_t size,
		       enum dma_data_direction dir, bool for_device);

/* map.c */
extern const struct dma_map_ops grant_dma_ops;

/* device.c */
int grant_device_create(struct device *dev, domid_t domid);
void grant_counters_add(struct grant_counters *sum, const struct grant_device *gdev);

/* firmware.c */
#ifdef CONFIG_OF
int grant_firmware_backend(struct device *dev, domid_t *domid);
int grant_firmware_backend_of(struct device *dev, struct device_node *np, domid_t *domid);
bool grant_firmware_xen_translates(struct device *dev);
#else
static inline int grant_firmware_backend(struct device *dev, domid_t *domid)
{
	return -ENODEV;
}

static inline bool grant_firmware_xen_translates(struct device *dev)
{
	return false;
}
#endif

/* setup.c */
bool grant_setup_done(const struct device *dev);
bool grant_setup_refused(const struct device *dev);
void grant_setup(struct device *dev, domid_t domid);
bool grant_virtio_wanted(bool described, bool pv, bool initial, bool force);

/* Takes a reference, if the CPU's own block has one; or returns 0. */
static __always_inline grant_ref_t grant_refs_alloc_here(struct grant_backend *backend)
{
	struct grant_block *block = READ_ONCE(raw_cpu_ptr(backend->cpus)->block);
	unsigned int at = grant_bits_take(block->used, GRANT_BLOCK_WORDS, 1);

	return likely(at != GRANT_BITS_NONE) ? (block - backend->block) * GRANT_BLOCK + at : 0;
}

/* Frees references whose access was ended, by a cmpxchg(), or never granted. */
static __always_inline void grant_refs_free(struct grant_backend *backend, grant_ref_t first,
					    unsigned int count)
{
	struct grant_block *block = &backend->block[first / GRANT_BLOCK];

	WRITE_ONCE(raw_cpu_ptr(backend->cpus)->freed, block);
	grant_bits_clear(block->used, first % GRANT_BLOCK, count);
}

/*
 * Ends access by references, and frees them. What the backend still uses is deferred:
 * it is kept, with its page, until the backend lets go. The owner may free the pages as
 * soon as this returns. @late: the backend should have let go of them already.
 */
static __always_inline void grant_refs_end(struct grant_backend *backend, grant_ref_t first,
					   unsigned int count, bool late)
{
	unsigned int ended = grant_table_end(first, count);

	if (likely(ended == count))
		grant_refs_free(backend, first, count);
	else
		grant_refs_defer(backend, first, count, ended, late);
}

#endif /* _XEN_GRANT_DMA_INTERNAL_H */
