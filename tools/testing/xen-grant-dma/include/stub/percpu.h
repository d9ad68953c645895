/* SPDX-License-Identifier: GPL-2.0-only */
/* Variables of each CPU. */

/* ---- per CPU: gs: relative, as on x86 ---- */
#define NR_CPUS 8
#if defined(__x86_64__) && !defined(HOST_SANITIZE)
#define STUB_PERCPU_GS
#endif
#define STUB_PERCPU_SIZE (1UL << 20)
extern char *stub_percpu_base;
extern unsigned int host_cpus;
#define num_possible_cpus() host_cpus
#define num_online_cpus() host_cpus
#define for_each_possible_cpu(c) for ((c) = 0; (c) < (int)host_cpus; (c)++)
void *__alloc_percpu(size_t size, size_t align);
void free_percpu(void *p);
#define alloc_percpu(t) ((t *)__alloc_percpu(sizeof(t), __alignof__(t)))
#define per_cpu_ptr(p, cpu)                                           \
	((typeof(p))((char *)(p) + (unsigned long)(stub_percpu_base + \
						   (cpu)*STUB_PERCPU_SIZE)))
#ifndef STUB_PERCPU_GS
extern __thread unsigned long stub_percpu_offset;
#define raw_cpu_ptr(p) ((typeof(p))((char *)(p) + stub_percpu_offset))
#define this_cpu_add_return(v, n) \
	__atomic_add_fetch(raw_cpu_ptr(&(v)), n, __ATOMIC_RELAXED)
#define this_cpu_xchg(v, n) \
	__atomic_exchange_n(raw_cpu_ptr(&(v)), n, __ATOMIC_RELAXED)
#define this_cpu_add(v, n) \
	((void)__atomic_add_fetch(raw_cpu_ptr(&(v)), n, __ATOMIC_RELAXED))
#define this_cpu_sub(v, n) \
	((void)__atomic_sub_fetch(raw_cpu_ptr(&(v)), n, __ATOMIC_RELAXED))
#define this_cpu_inc(v) \
	((void)__atomic_add_fetch(raw_cpu_ptr(&(v)), 1, __ATOMIC_RELAXED))
/* data_race() in effect: it may miss one. */
#define raw_cpu_inc(v)                                                    \
	__atomic_store_n(                                                 \
		raw_cpu_ptr(&(v)),                                        \
		__atomic_load_n(raw_cpu_ptr(&(v)), __ATOMIC_RELAXED) + 1, \
		__ATOMIC_RELAXED)
#else
/* gs:0 holds this_cpu_off; that a thread stays where it is need not be known. */
#define raw_cpu_ptr(p)                                               \
	({                                                           \
		unsigned long _o = (unsigned long)(p);               \
		asm volatile("addq %%gs:0, %0" : "+r"(_o) : : "cc"); \
		(typeof(p))_o;                                       \
	})
#define this_cpu_add_return(v, n)                \
	({                                       \
		typeof(v) _r = (n);              \
		asm volatile("xadd %0, %%gs:%1"  \
			     : "+r"(_r), "+m"(v) \
			     :                   \
			     : "memory", "cc");  \
		_r + (n);                        \
	})
#define this_cpu_xchg(v, n)                        \
	({                                         \
		typeof(v) *_p = raw_cpu_ptr(&(v)); \
		typeof(v) _x = *_p;                \
		*_p = (n);                         \
		_x;                                \
	})
#define this_cpu_add(v, n) \
	asm volatile("addl %1, %%gs:%0" : "+m"(v) : "er"((int)(n)) : "cc")
#define this_cpu_sub(v, n) \
	asm volatile("subl %1, %%gs:%0" : "+m"(v) : "er"((int)(n)) : "cc")
#define this_cpu_inc(v) asm volatile("incq %%gs:%0" : "+m"(v) : : "cc")
#define raw_cpu_inc(v) asm volatile("incq %%gs:%0" : "+m"(v) : : "cc")
#endif
