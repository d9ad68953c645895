/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A model of the DMA API in a guest whose backends are not trusted: who may read and
 * write each byte of the guest now. It shares nothing with the driver. It is told of
 * calls and of what the backends do, and looks at memory, page counts, and the
 * entries of the grant table.
 */

#ifndef _ORACLE_H
#define _ORACLE_H

#include "host.h"

/* Backends are the domains below this. */
#define ORACLE_DOMAINS		2

enum oracle_level { ORACLE_PAGE, ORACLE_STRICT, ORACLE_FULL };

/*
 * Every byte tells who wrote it. All else in memory that a backend sees is 0, or 0xff,
 * which the driver fills copies with.
 */
#define oracle_guest_byte(n)	((u8)(0x80 | ((n) & 0x3f)))
#define oracle_device_byte(n)	((u8)(0x40 | ((n) & 0x3f)))

/* Faults that are known, and not looked for: "S3 S5", or "". See expected-faults. */
extern const char *oracle_known_faults;
bool oracle_known(const char *fault);

/* Says what is wrong, and ends the program. */
void __noreturn __printf(1, 2) oracle_violation(const char *fmt, ...);

/* Memory of the guest that mappings are made of: */
enum oracle_memory {
	ORACLE_COUNTED,		/* a folio, whose count keeps it from reuse */
	ORACLE_EACH_COUNTED,	/* so does that of each page */
	ORACLE_HEAD_COUNTED,	/* only the first page has one */
	ORACLE_SLAB,		/* parts of it get another owner, whatever is counted */
	ORACLE_CMA,		/* all of it gets another owner, whatever is counted */
};

struct oracle_buffer {
	unsigned long pfn;
	unsigned long pages;
	enum oracle_memory memory;
};

/* A stretch of DMA addresses, and the memory that it stands for. */
#define ORACLE_PARTS		16

struct oracle_mapping {
	u16 domid;
	dma_addr_t addr;
	size_t size;
	enum dma_data_direction dir;
	bool coherent;
	bool premapped;		/* its owner syncs, and gives the device parts of it */
	unsigned int nparts;
	struct oracle_part {
		phys_addr_t phys;
		size_t size;
	} parts[ORACLE_PARTS];
	/* The model's own. */
	u32 *frames;
	u8 *view;
	u8 *state;
	struct oracle_mapping *next;
};

void oracle_init(void);
void oracle_begin(enum oracle_level level);
void oracle_end(void);
void oracle_check(void);

void oracle_buffer_new(const struct oracle_buffer *buffer);
/* Whether it may be freed: false if a level does not keep it from reuse. */
bool oracle_buffer_free(const struct oracle_buffer *buffer);
void oracle_cpu_wrote(phys_addr_t phys, size_t size);

void oracle_mapped(struct oracle_mapping *mapping);
void oracle_unmapped(struct oracle_mapping *mapping, bool skip);
void oracle_synced(struct oracle_mapping *mapping, size_t at, size_t size, bool for_device);
/* Of a premapped one: the device may use some bytes; the owner took them back. */
void oracle_gave(struct oracle_mapping *mapping, size_t at, size_t size);
void oracle_refused(u16 domid);
/* Copies of its memory are perhaps where the domain sees them, though it was given up. */
void oracle_given_up(const struct oracle_mapping *mapping);
/* Whether a byte of a mapping is in a copy. */
bool oracle_copied(const struct oracle_mapping *mapping, size_t at);

void oracle_device_wrote(unsigned long pfn, size_t offset, size_t size);
void oracle_held(grant_ref_t ref, unsigned long pfn, bool holds);
void oracle_worked(void);

#endif /* _ORACLE_H */
