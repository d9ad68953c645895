/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of bits that any CPU takes and gives back without a lock.
 *
 * A run that fits a word lies in one, so that one cmpxchg() takes it. A longer one
 * begins with a word, and its words are taken one after another. Each begins at a
 * multiple of its length rounded up to a power of two.
 */

#ifndef _XEN_GRANT_DMA_BITS_H
#define _XEN_GRANT_DMA_BITS_H

#include <linux/atomic.h>
#include <linux/bitops.h>
#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/types.h>

#define GRANT_BITS_NONE	UINT_MAX

static inline unsigned long grant_bits_mask(unsigned int at, unsigned int count)
{
	return (~0UL >> (BITS_PER_LONG - count)) << at;
}

/* The bits of a word at which @count bits that are clear may begin. */
static inline unsigned long grant_bits_runs(unsigned long used, unsigned int count)
{
	static const unsigned long aligned[] = {
		~0UL, ~0UL / 0x3, ~0UL / 0xf, ~0UL / 0xff, ~0UL / 0xffff,
		~0UL / 0xffffffff, 1,
	};
	unsigned long free = ~used;
	unsigned int have, step;

	for (have = 1; have < count; have += step) {
		step = min(have, count - have);
		free &= free >> step;
	}
	return free & aligned[order_base_2(count)];
}

/*
 * Clears bits of a run. The caller has ordered what it did there before, as by a
 * cmpxchg(); grant_bits_give() is for all others.
 */
static inline void grant_bits_clear(atomic_long_t *words, unsigned int at, unsigned int count)
{
	unsigned int part;

	for (; count; count -= part, at += part) {
		part = min(count, BITS_PER_LONG - at % BITS_PER_LONG);
		atomic_long_andnot(grant_bits_mask(at % BITS_PER_LONG, part),
				   &words[at / BITS_PER_LONG]);
	}
}

/* Gives a run back. */
static inline void grant_bits_give(atomic_long_t *words, unsigned int at, unsigned int count)
{
	/* What was done with it is seen by who takes it next, by a cmpxchg(). */
	smp_mb__before_atomic();
	grant_bits_clear(words, at, count);
}

/* Takes a run that fits a word. */
static __always_inline unsigned int grant_bits_take_short(atomic_long_t *words, unsigned int n,
							  unsigned int count)
{
	unsigned long runs;
	unsigned int i, at;
	long used;

	for (i = 0; i < n; i++) {
		used = atomic_long_read(&words[i]);
		while (used != ~0L && (runs = grant_bits_runs(used, count))) {
			at = __ffs(runs);
			if (likely(atomic_long_try_cmpxchg(&words[i], &used,
							   used | grant_bits_mask(at, count))))
				return i * BITS_PER_LONG + at;
		}
	}
	return GRANT_BITS_NONE;
}

unsigned int grant_bits_take_long(atomic_long_t *words, unsigned int n, unsigned int count);

/* Takes a run, of at least one bit. Returns the first of them, or GRANT_BITS_NONE. */
static __always_inline unsigned int grant_bits_take(atomic_long_t *words, unsigned int n,
						    unsigned int count)
{
	if (likely(count == 1))
		return grant_bits_take_short(words, n, 1);
	if (count <= BITS_PER_LONG)
		return grant_bits_take_short(words, n, count);
	return grant_bits_take_long(words, n, count);
}

#endif /* _XEN_GRANT_DMA_BITS_H */
