/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel uses and sparse 0.6.4, which Debian 12 has, does not know. The
 * kernel runs no sparse that does not know the first one.
 */
#define __typeof_unqual__ __typeof__
#define __builtin_strlen(string) (sizeof(string) - 1)
