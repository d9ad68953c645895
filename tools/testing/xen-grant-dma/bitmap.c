// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bitmaps of many words.
 */

#include "host.h"

/* Those of the bits from @at to @end, which is not one of them, that are in one word. */
static unsigned long bits_in_word(unsigned long at, unsigned long end)
{
	unsigned long mask = BITMAP_FIRST_WORD_MASK(at);

	if (end - ALIGN_DOWN(at, BITS_PER_LONG) < BITS_PER_LONG)
		mask &= BITMAP_LAST_WORD_MASK(end);
	return mask;
}

void __bitmap_set(unsigned long *map, unsigned int start, int len)
{
	unsigned long end = start + len, at;

	for (at = start; at < end; at = ALIGN(at + 1, BITS_PER_LONG))
		map[at / BITS_PER_LONG] |= bits_in_word(at, end);
}

void __bitmap_clear(unsigned long *map, unsigned int start, int len)
{
	unsigned long end = start + len, at;

	for (at = start; at < end; at = ALIGN(at + 1, BITS_PER_LONG))
		map[at / BITS_PER_LONG] &= ~bits_in_word(at, end);
}

/* Finds a bit that differs from those of @other, all 0 or all 1. */
static unsigned long find_next(const unsigned long *map, unsigned long size,
			       unsigned long at, unsigned long other)
{
	unsigned long word;

	for (; at < size; at = ALIGN(at + 1, BITS_PER_LONG)) {
		word = map[at / BITS_PER_LONG] ^ other;
		word &= BITMAP_FIRST_WORD_MASK(at);
		if (word)
			return min(ALIGN_DOWN(at, BITS_PER_LONG) + __ffs(word), size);
	}
	return size;
}

unsigned long find_next_bit(const unsigned long *map, unsigned long size,
			    unsigned long offset)
{
	return find_next(map, size, offset, 0);
}

unsigned long find_next_zero_bit(const unsigned long *map, unsigned long size,
				 unsigned long offset)
{
	return find_next(map, size, offset, ~0UL);
}

unsigned int bitmap_weight(const unsigned long *map, unsigned int bits)
{
	unsigned int bit, weight = 0;

	for_each_set_bit(bit, map, bits)
		weight++;
	return weight;
}
