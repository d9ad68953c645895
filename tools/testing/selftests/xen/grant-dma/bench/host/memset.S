/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own memset(), x86's as a CPU without FSRS gets it. */
#define EXPORT_SYMBOL(name)
#ifdef __x86_64__
#define RET ret
#define SYM_PIC_ALIAS(name)
	.macro ALTERNATIVE old, new, feature
	\old
	.endm
#include <arch/x86/lib/memset_64.S>
#else
#define L1_CACHE_SHIFT 6
#include <arch/arm64/lib/memset.S>
#endif
	.section .note.GNU-stack, "", %progbits
