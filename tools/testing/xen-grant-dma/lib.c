// SPDX-License-Identifier: GPL-2.0-only
/*
 * Of the kernel's library, what the C library does not have.
 */

#include "host.h"

void *memchr_inv(const void *start, int c, size_t bytes)
{
	const u8 *p = start, *end = p + bytes;

	while (p < end && *p == (u8)c)
		p++;
	return p < end ? (void *)p : NULL;
}

char *strnstr(const char *text, const char *what, size_t length)
{
	return memmem(text, strnlen(text, length), what, strlen(what));
}

ssize_t strscpy(char *to, const char *from, size_t size)
{
	size_t length = strnlen(from, size - 1);

	memcpy(to, from, length);
	to[length] = 0;
	return from[length] ? -E2BIG : length;
}

char *kstrdup(const char *text, gfp_t gfp)
{
	return text ? kmemdup(text, strlen(text) + 1, gfp) : NULL;
}

char *kstrndup(const char *text, size_t max, gfp_t gfp)
{
	size_t length = strnlen(text, max);
	char *copy = kzalloc(length + 1, gfp);

	return copy ? memcpy(copy, text, length) : NULL;
}

void *kmemdup(const void *from, size_t size, gfp_t gfp)
{
	void *copy = kmalloc(size, gfp);

	return copy ? memcpy(copy, from, size) : NULL;
}

void sort(void *base, size_t num, size_t size, int (*cmp)(const void *a, const void *b),
	  void *swap)
{
	qsort(base, num, size, cmp);
}
