// SPDX-License-Identifier: GPL-2.0-only
/*
 * Runs of bits that don't fit a word.
 */

#include <linux/math.h>

#include "bits.h"

static bool take_bits(atomic_long_t *word, unsigned long mask)
{
	long used = atomic_long_read(word);

	do {
		if (used & mask)
			return false;
	} while (!atomic_long_try_cmpxchg(word, &used, used | mask));
	return true;
}

/* As grant_bits_take(), for more bits than a word has. */
unsigned int grant_bits_take_long(atomic_long_t *words, unsigned int n, unsigned int count)
{
	unsigned int length = DIV_ROUND_UP(count, BITS_PER_LONG), i, have, part;

	for (i = 0; i + length <= n; i += roundup_pow_of_two(length)) {
		for (have = 0; have < count; have += part) {
			part = min(count - have, BITS_PER_LONG);
			if (!take_bits(&words[i + have / BITS_PER_LONG],
				       grant_bits_mask(0, part)))
				break;
		}
		if (have == count)
			return i * BITS_PER_LONG;
		grant_bits_clear(words, i * BITS_PER_LONG, have);
	}
	return GRANT_BITS_NONE;
}
