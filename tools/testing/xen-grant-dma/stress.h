/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stress: mappings of drivers, and backends that do what they can.
 */

#ifndef _STRESS_H
#define _STRESS_H

#include "host.h"

/* Backends: one looks at all that it can map, the other one also writes to it. */
#define READER		1
#define SCRIBBLER	2

/* All memory is full of this, but for what is in buffers. */
#define SECRET		0xa7

extern bool by_page;	/* the level of isolation */

struct random {
	u64 state;
};

/* A number below @limit. */
static inline u32 random_below(struct random *random, u32 limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (random->state >> 20) % limit;
}

static inline bool one_in(struct random *random, u32 n)
{
	return !random_below(random, n);
}

/* Reports that a promise was broken, which fails the test. */
__printf(1, 2)
void report_violation(const char *format, ...);

/* What was done, as a test that did nothing must not pass. */
extern unsigned long mapped, refused, synced, held_grants;

static inline void count(unsigned long *counter)
{
	__atomic_fetch_add(counter, 1, __ATOMIC_RELAXED);
}

/* mappings.c */
struct mapping;
struct mapping *mapping_begin(struct device *dev, domid_t domid, struct random *random);
void mapping_sync(struct mapping *mapping, struct random *random);
void mapping_end(struct mapping *mapping, struct random *random);

/* hostile.c */
void backend_init(void);
void backend_step(struct random *random);
void backend_let_go(void);

#endif /* _STRESS_H */
