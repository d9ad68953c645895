/* SPDX-License-Identifier: GPL-2.0-only */
/* Arithmetic and bitmaps. */

#define BITS_PER_LONG 64
#define BITS_PER_LONG_LONG 64

/* ---- math, bits ---- */
#define min(a, b)                                     \
	({                                            \
		typeof((a) + (b)) _a = (a), _b = (b); \
		_a < _b ? _a : _b;                    \
	})
#define max(a, b)                                     \
	({                                            \
		typeof((a) + (b)) _a = (a), _b = (b); \
		_a > _b ? _a : _b;                    \
	})
#define min_t(t, a, b)                \
	({                            \
		t _a = (a), _b = (b); \
		_a < _b ? _a : _b;    \
	})
#define max_t(t, a, b)                \
	({                            \
		t _a = (a), _b = (b); \
		_a > _b ? _a : _b;    \
	})
#define clamp(v, lo, hi) min(max(v, lo), hi)
#define min_not_zero(x, y)                         \
	({                                         \
		typeof(x) _x = (x);                \
		typeof(y) _y = (y);                \
		!_x ? _y : !_y ? _x : min(_x, _y); \
	})
#define swap(a, b)                  \
	do {                        \
		typeof(a) _t = (a); \
		(a) = (b);          \
		(b) = _t;           \
	} while (0)
#define DIV_ROUND_UP(n, d) (((n) + (d)-1) / (d))
#define roundup(x, y) ((((x) + ((y)-1)) / (y)) * (y))
#define round_up(x, y) ((((x)-1) | ((typeof(x))(y)-1)) + 1)
#define round_down(x, y) ((x) & ~((typeof(x))(y)-1))
#define ALIGN(x, a) (((x) + (typeof(x))(a)-1) & ~((typeof(x))(a)-1))
#define ALIGN_DOWN(x, a) ((x) & ~((typeof(x))(a)-1))
#define IS_ALIGNED(x, a) (((x) & ((typeof(x))(a)-1)) == 0)
#define BIT(n) (1UL << (n))
#define BIT_ULL(n) (1ULL << (n))
#define GENMASK(h, l) ((~0UL << (l)) & (~0UL >> (63 - (h))))
#define GENMASK_ULL GENMASK
#define _AC(x, y) x##y
#define UL(x) x##UL
#define lower_32_bits(x) ((u32)(x))
#include <linux/sizes.h>
#define hweight64(x) __builtin_popcountll(x)
static __always_inline unsigned int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}
static __always_inline unsigned int fls64(u64 x)
{
	return x ? 64 - __builtin_clzll(x) : 0;
}
static __always_inline unsigned int fls_long(unsigned long x)
{
	return fls64(x);
}
static __always_inline unsigned long __ffs(unsigned long x)
{
	return __builtin_ctzl(x);
}
static __always_inline unsigned int __ffs64(u64 x)
{
	return __builtin_ctzll(x);
}
static __always_inline unsigned long ffz(unsigned long x)
{
	return __builtin_ctzl(~x);
}
#define BITS_TO_LONGS(n) DIV_ROUND_UP(n, 64)
#define BITS_PER_BYTE 8
#define DECLARE_BITMAP(name, bits) unsigned long name[BITS_TO_LONGS(bits)]
#define BITMAP_LAST_WORD_MASK(n) (~0UL >> (-(n)&63))
#define BITMAP_FIRST_WORD_MASK(n) (~0UL << ((n)&63))
#if defined(__x86_64__) && !defined(HOST_SANITIZE)
#define STUB_BIT_INSTRUCTIONS
#endif
static __always_inline void __set_bit(long nr, unsigned long *a)
{
#ifndef STUB_BIT_INSTRUCTIONS
	a[nr / 64] |= 1UL << (nr & 63);
#else
	asm volatile("btsq %1,%0"
		     :
		     : "m"(*(volatile long *)a), "Ir"(nr)
		     : "memory");
#endif
}
static __always_inline void __clear_bit(long nr, unsigned long *a)
{
#ifndef STUB_BIT_INSTRUCTIONS
	a[nr / 64] &= ~(1UL << (nr & 63));
#else
	asm volatile("btrq %1,%0"
		     :
		     : "m"(*(volatile long *)a), "Ir"(nr)
		     : "memory");
#endif
}
static __always_inline bool test_bit(long nr, const unsigned long *a)
{
	return a[nr / 64] >> (nr & 63) & 1;
}
static __always_inline bool __test_and_set_bit(long nr, unsigned long *a)
{
	bool r = test_bit(nr, a);
	a[nr / 64] |= 1UL << (nr & 63);
	return r;
}
static __always_inline bool __test_and_clear_bit(long nr, unsigned long *a)
{
	bool r = test_bit(nr, a);
	a[nr / 64] &= ~(1UL << (nr & 63));
	return r;
}
void __bitmap_set(unsigned long *map, unsigned int start, int len);
void __bitmap_clear(unsigned long *map, unsigned int start, int len);
unsigned long find_next_bit(const unsigned long *a, unsigned long size,
			    unsigned long off);
unsigned long find_next_zero_bit(const unsigned long *a, unsigned long size,
				 unsigned long off);
static inline unsigned long find_first_bit(const unsigned long *a,
					   unsigned long size)
{
	return find_next_bit(a, size, 0);
}
#define for_each_set_bitrange(b, e, addr, size)                              \
	for ((b) = 0; (b) = find_next_bit((addr), (size), b),                \
	    (e) = find_next_zero_bit((addr), (size), (b) + 1), (b) < (size); \
	     (b) = (e) + 1)
static __always_inline void bitmap_set(unsigned long *map, unsigned int start,
				       unsigned int n)
{
	if (__builtin_constant_p(n) && n == 1)
		__set_bit(start, map);
	else
		__bitmap_set(map, start, n);
}
static __always_inline void bitmap_clear(unsigned long *map, unsigned int start,
					 unsigned int n)
{
	if (__builtin_constant_p(n) && n == 1)
		__clear_bit(start, map);
	else
		__bitmap_clear(map, start, n);
}
static inline void bitmap_fill(unsigned long *m, unsigned int n)
{
	memset(m, 255, BITS_TO_LONGS(n) * 8);
}
static inline bool bitmap_empty(const unsigned long *m, unsigned int n)
{
	return find_next_bit(m, n, 0) >= n;
}
static inline bool bitmap_full(const unsigned long *m, unsigned int n)
{
	return find_next_zero_bit(m, n, 0) >= n;
}
static inline unsigned long bitmap_find_next_zero_area(unsigned long *map,
						       unsigned long size,
						       unsigned long start,
						       unsigned int nr,
						       unsigned long mask)
{
	unsigned long index, end, i;
again:
	index = find_next_zero_bit(map, size, start);
	index = (index + mask) & ~mask;
	end = index + nr;
	if (end > size)
		return end;
	i = find_next_bit(map, end, index);
	if (i < end) {
		start = i + 1;
		goto again;
	}
	return index;
}
#define bitmap_zalloc(n, g) kcalloc(BITS_TO_LONGS(n), sizeof(long), g)
#define bitmap_free kfree

#define for_each_set_bit(bit, map, size)                                       \
	for ((bit) = 0; (bit) = find_next_bit(map, size, bit), (bit) < (size); \
	     (bit)++)

#define __change_bit(nr, map) ((map)[(nr) / 64] ^= BIT((nr) % 64))
#define clear_bit __clear_bit
unsigned int bitmap_weight(const unsigned long *map, unsigned int bits);
#define put_unaligned(value, to) \
	memcpy(to, &(typeof(*(to))){ value }, sizeof(*(to)))
