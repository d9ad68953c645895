/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the machine have of each other. */

#ifndef _HOST_MACHINE_H
#define _HOST_MACHINE_H

#ifndef __has_feature
#define __has_feature(x)	0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define poison(p, n)	__asan_poison_memory_region(p, n)
#define unpoison(p, n)	__asan_unpoison_memory_region(p, n)
#else
#define poison(p, n)	((void)(p), (void)(n))
#define unpoison(p, n)	((void)(p), (void)(n))
#endif

void *host_map_memory(size_t size);
bool host_allocation_fails(gfp_t gfp);

void cpu_init(void);
void memory_init(void);
void xen_init(void);

#endif /* _HOST_MACHINE_H */
