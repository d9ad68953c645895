/* SPDX-License-Identifier: GPL-2.0-only */
/* The kernel's own memcpy(), x86's as a CPU with FSRM gets it. */
#define EXPORT_SYMBOL(name)
#ifdef __x86_64__
#define RET ret
#define SYM_PIC_ALIAS(name)
	.macro ALTERNATIVE old, new, feature
	.endm
#include <arch/x86/lib/memcpy_64.S>
#else
#include <arch/arm64/lib/memcpy.S>
#endif
	.section .note.GNU-stack, "", %progbits
