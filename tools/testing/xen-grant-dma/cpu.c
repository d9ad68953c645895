// SPDX-License-Identifier: GPL-2.0-only
/*
 * CPUs: their own variables, locks and RCU.
 */

#include <sys/mman.h>

#include "host.h"
#include "machine.h"

unsigned int host_cpus = 2;
__thread unsigned int stub_cpu;
__thread int stub_preempt_count;
char *stub_percpu_base;
#ifdef STUB_PERCPU_GS
#include <asm/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#else
__thread unsigned long stub_percpu_offset;
#endif
#ifdef HOST_SANITIZE
pthread_rwlock_t stub_rcu = PTHREAD_RWLOCK_INITIALIZER;
#endif

void host_set_cpu(unsigned int cpu)
{
	char *base = stub_percpu_base + cpu * STUB_PERCPU_SIZE;

	stub_cpu = cpu;
#ifdef STUB_PERCPU_GS
	*(unsigned long *)base = (unsigned long)base;
	syscall(SYS_arch_prctl, ARCH_SET_GS, base);
#else
	stub_percpu_offset = (unsigned long)base;
#endif
}

/* What was allocated of each CPU's memory, which begins with its own address. */
static struct percpu_area {
	size_t at;
	size_t size;
	bool used;
} areas[4096];
static unsigned int area_count;
static size_t area_end = 64;
static pthread_mutex_t area_lock = PTHREAD_MUTEX_INITIALIZER;

/* One that was freed, or a new one; each is followed by some bytes of nobody's. */
static struct percpu_area *area_get(size_t size, size_t align)
{
	struct percpu_area *area;

	for (area = areas; area < areas + area_count; area++)
		if (!area->used && area->size == size)
			return area;
	area->at = ALIGN(area_end, max_t(size_t, align, 64));
	area->size = size;
	area_end = area->at + size + 64;
	if (++area_count == ARRAY_SIZE(areas) || area_end > STUB_PERCPU_SIZE)
		abort();
	return area;
}

void *__alloc_percpu(size_t size, size_t align)
{
	struct percpu_area *area;
	unsigned int cpu;
	char *p;

	if (host_allocation_fails(GFP_KERNEL))
		return NULL;
	pthread_mutex_lock(&area_lock);
	area = area_get(size, align);
	area->used = true;
	for (cpu = 0; cpu < HOST_CPUS; cpu++) {
		p = stub_percpu_base + cpu * STUB_PERCPU_SIZE + area->at;
		unpoison(p, size);
		memset(p, 0, size);
	}
	pthread_mutex_unlock(&area_lock);
	return (void *)area->at;
}

void free_percpu(void *p)
{
	struct percpu_area *area;
	unsigned int cpu;

	if (!p)
		return;
	pthread_mutex_lock(&area_lock);
	for (area = areas; area->at != (size_t)p; area++)
		;
	if (!area->used)
		abort();
	area->used = false;
	for (cpu = 0; cpu < HOST_CPUS; cpu++)
		poison(stub_percpu_base + cpu * STUB_PERCPU_SIZE + area->at,
		       area->size);
	pthread_mutex_unlock(&area_lock);
}

void cpu_init(void)
{
	unsigned int cpu;

	stub_percpu_base = host_map_memory(HOST_CPUS * STUB_PERCPU_SIZE);
	poison(stub_percpu_base, HOST_CPUS * STUB_PERCPU_SIZE);
	for (cpu = 0; cpu < HOST_CPUS; cpu++)
		unpoison(stub_percpu_base + cpu * STUB_PERCPU_SIZE, 64);
	host_set_cpu(0);
}

static __always_inline void lock(spinlock_t *l)
{
	u32 zero = 0;

	stub_preempt_count++;
	barrier();
	while (unlikely(!__atomic_compare_exchange_n(&l->val, &zero, 1, false,
						     __ATOMIC_ACQUIRE,
						     __ATOMIC_RELAXED))) {
		while (__atomic_load_n(&l->val, __ATOMIC_RELAXED))
			cpu_relax();
		zero = 0;
	}
}

static __always_inline void unlock(spinlock_t *l)
{
	__atomic_store_n(&l->val, 0, __ATOMIC_RELEASE);
	barrier();
	stub_preempt_count--;
}

/* Functions of their own, as in the kernel. */
noinline unsigned long _raw_spin_lock_irqsave(spinlock_t *l)
{
	unsigned long flags = 0;

#ifdef STUB_PERCPU_GS
	/* To forbid interrupts is not a program's; nothing stands for it. */
	asm volatile("pushf; pop %0" : "=rm" (flags) : : "memory");
#endif
	lock(l);
	return flags;
}

noinline void _raw_spin_unlock_irqrestore(spinlock_t *l, unsigned long flags)
{
	unlock(l);
	if (!(flags & 0x200))
		barrier();
}

noinline void _raw_spin_lock(spinlock_t *l)
{
	lock(l);
}

noinline void _raw_spin_unlock(spinlock_t *l)
{
	unlock(l);
}
