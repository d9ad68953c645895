/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words that guest and backend know, in the memory of a program.
 */

#ifndef XEN_GRANT_DMA_FILL_H
#define XEN_GRANT_DMA_FILL_H

#include <stddef.h>

#include <linux/types.h>

#include "secret.h"

/* No word of the program is a secret, as it was read from a disk. */
__u32 half = SECRET >> 32;

static inline void fill(__u64 *words, size_t bytes, enum secret_kind kind)
{
	__u32 other = SECRET_OF(kind);
	size_t i;

	for (i = 0; i < bytes / sizeof(*words); i++)
		words[i] = (__u64)half << 32 | other;
}

/* Bytes that are not what fill() left. */
static inline unsigned int differ(const __u64 *words, size_t bytes, enum secret_kind kind)
{
	const unsigned char *found = (const unsigned char *)words;
	const __u64 word = SECRET_OF(kind);
	const unsigned char *expected = (const unsigned char *)&word;
	unsigned int count = 0;
	size_t i;

	for (i = 0; i < bytes; i++)
		count += found[i] != expected[i % sizeof(word)];
	return count;
}

#endif /* XEN_GRANT_DMA_FILL_H */
