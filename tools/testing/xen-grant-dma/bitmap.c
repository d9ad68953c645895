// SPDX-License-Identifier: GPL-2.0-only
/* Bitmaps. */

#include "host.h"

void __bitmap_set(unsigned long *map, unsigned int start, int len)
{
	unsigned long *p = map + start / 64, mask = BITMAP_FIRST_WORD_MASK(start);
	const unsigned int size = start + len;
	int bits = 64 - start % 64;

	while (len - bits >= 0) { *p |= mask; len -= bits; bits = 64; mask = ~0UL; p++; }
	if (len) { mask &= BITMAP_LAST_WORD_MASK(size); *p |= mask; }
}
void __bitmap_clear(unsigned long *map, unsigned int start, int len)
{
	unsigned long *p = map + start / 64, mask = BITMAP_FIRST_WORD_MASK(start);
	const unsigned int size = start + len;
	int bits = 64 - start % 64;

	while (len - bits >= 0) { *p &= ~mask; len -= bits; bits = 64; mask = ~0UL; p++; }
	if (len) { mask &= BITMAP_LAST_WORD_MASK(size); *p &= ~mask; }
}
#define FIND(FETCH)							\
	unsigned long idx, tmp;						\
	if (off >= size) return size;					\
	idx = off / 64;							\
	tmp = (FETCH) & BITMAP_FIRST_WORD_MASK(off);			\
	while (!tmp) {							\
		if ((idx + 1) * 64 >= size) return size;		\
		idx++; tmp = (FETCH);					\
	}								\
	return min(idx * 64 + __ffs(tmp), size)
unsigned long find_next_bit(const unsigned long *a, unsigned long size, unsigned long off) { FIND(a[idx]); }
unsigned long find_next_zero_bit(const unsigned long *a, unsigned long size, unsigned long off) { FIND(~a[idx]); }

unsigned int bitmap_weight(const unsigned long *map, unsigned int bits)
{
	unsigned int bit, weight = 0;

	for_each_set_bit(bit, map, bits)
		weight++;
	return weight;
}
