/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the machine have of each other. */

#ifndef _HOST_MACHINE_H
#define _HOST_MACHINE_H

#include <sanitizer/asan_interface.h>

/* They do nothing where AddressSanitizer does not. */
#define poison(p, n)	ASAN_POISON_MEMORY_REGION(p, n)
#define unpoison(p, n)	ASAN_UNPOISON_MEMORY_REGION(p, n)

void *host_map_memory(size_t size);
bool host_allocation_fails(gfp_t gfp);

void cpu_init(void);
void memory_init(void);
void xen_init(void);

#endif /* _HOST_MACHINE_H */
