/* SPDX-License-Identifier: GPL-2.0-only */
/* Barriers, atomic variables and counts of references. */

/* ---- barriers and atomics: as on x86 and arm64 ---- */
#if defined(HOST_SANITIZE)
#define mb() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define wmb() mb()
#define rmb() mb()
#define virt_mb() mb()
#define virt_wmb() barrier()
#define virt_rmb() barrier()
#elif defined(__x86_64__)
#define mb() asm volatile("mfence" : : : "memory")
#define wmb() asm volatile("sfence" : : : "memory")
#define rmb() asm volatile("lfence" : : : "memory")
#define virt_mb() asm volatile("lock; addl $0,-4(%%rsp)" : : : "memory", "cc")
#define virt_wmb() barrier()
#define virt_rmb() barrier()
#else
#define mb() asm volatile("dsb sy" : : : "memory")
#define wmb() asm volatile("dsb st" : : : "memory")
#define rmb() asm volatile("dsb ld" : : : "memory")
#define virt_mb() asm volatile("dmb ish" : : : "memory")
#define virt_wmb() asm volatile("dmb ishst" : : : "memory")
#define virt_rmb() asm volatile("dmb ishld" : : : "memory")
#endif
#define smp_mb() virt_mb()
#define smp_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)
#define smp_load_acquire(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define xchg(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
#define xchg_acquire(p, v) __atomic_exchange_n(p, v, __ATOMIC_ACQUIRE)
#define cmpxchg(p, o, n)                                                       \
	({                                                                     \
		typeof(*(p)) _o = (o);                                         \
		__atomic_compare_exchange_n(                                   \
			p, &_o, n, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST); \
		_o;                                                            \
	})
#define try_cmpxchg(p, o, n)                                          \
	__atomic_compare_exchange_n(p, o, n, false, __ATOMIC_SEQ_CST, \
				    __ATOMIC_SEQ_CST)
#define sync_try_cmpxchg(p, o, n) likely(try_cmpxchg(p, o, n))
#define sync_cmpxchg cmpxchg
#define ATOMIC_INIT(i) \
	{              \
		i      \
	}
#define ATOMIC64_INIT(i) \
	{                \
		i        \
	}
static __always_inline int atomic_read(const atomic_t *v)
{
	return __atomic_load_n(&v->counter, __ATOMIC_RELAXED);
}
static __always_inline void atomic_set(atomic_t *v, int i)
{
	__atomic_store_n(&v->counter, i, __ATOMIC_RELAXED);
}
static __always_inline void atomic_add(int i, atomic_t *v)
{
	__atomic_fetch_add(&v->counter, i, __ATOMIC_RELAXED);
}
static __always_inline void atomic_sub(int i, atomic_t *v)
{
	__atomic_fetch_sub(&v->counter, i, __ATOMIC_RELAXED);
}
static __always_inline void atomic_inc(atomic_t *v)
{
	atomic_add(1, v);
}
static __always_inline void atomic_dec(atomic_t *v)
{
	atomic_sub(1, v);
}
static __always_inline int atomic_add_return(int i, atomic_t *v)
{
	return __atomic_add_fetch(&v->counter, i, __ATOMIC_SEQ_CST);
}
static __always_inline int atomic_sub_return(int i, atomic_t *v)
{
	return __atomic_sub_fetch(&v->counter, i, __ATOMIC_SEQ_CST);
}
static __always_inline bool atomic_dec_and_test(atomic_t *v)
{
	return !atomic_sub_return(1, v);
}
#define atomic_inc_return(v) atomic_add_return(1, v)
static __always_inline bool atomic_try_cmpxchg(atomic_t *v, int *old, int new)
{
	return __atomic_compare_exchange_n(&v->counter, old, new, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
static __always_inline bool atomic_add_unless(atomic_t *v, int a, int u)
{
	int c = atomic_read(v);
	do {
		if (c == u)
			return false;
	} while (!atomic_try_cmpxchg(v, &c, c + a));
	return true;
}
#define atomic_long_read(v) __atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic_long_xchg(v, n) \
	__atomic_exchange_n(&(v)->counter, n, __ATOMIC_SEQ_CST)
#define atomic_long_set(v, n) \
	__atomic_store_n(&(v)->counter, n, __ATOMIC_RELAXED)
#define atomic_long_set_release(v, n) \
	__atomic_store_n(&(v)->counter, n, __ATOMIC_RELEASE)
static __always_inline bool atomic_long_try_cmpxchg(atomic_long_t *v, long *old,
						    long n)
{
	return __atomic_compare_exchange_n(&v->counter, old, n, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
/* TSan knows no fences: stronger than asked for. */
#if defined(HOST_SANITIZE) || !defined(__x86_64__)
static __always_inline void atomic_long_andnot(long i, atomic_long_t *v)
{
	__atomic_fetch_and(&v->counter, ~i, __ATOMIC_SEQ_CST);
}
#else
static __always_inline void atomic_long_andnot(long i, atomic_long_t *v)
{
	asm volatile("lock; andq %1, %0"
		     : "+m"(v->counter)
		     : "er"(~i)
		     : "memory", "cc");
}
#endif
#ifdef __x86_64__
#define smp_mb__before_atomic() barrier()
#else
#define smp_mb__before_atomic() smp_mb()
#endif
#define atomic64_xchg(v, n) \
	__atomic_exchange_n(&(v)->counter, n, __ATOMIC_SEQ_CST)
static __always_inline bool atomic64_try_cmpxchg(atomic64_t *v, s64 *old, s64 n)
{
	return __atomic_compare_exchange_n(&v->counter, old, n, false,
					   __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);
}
#define hweight32(x) __builtin_popcount(x)
#define hweight_long(x) __builtin_popcountl(x)
#define __cacheline_aligned __attribute__((aligned(64)))
#define ____cacheline_aligned_in_smp __attribute__((aligned(64)))
#define atomic64_read(v) __atomic_load_n(&(v)->counter, __ATOMIC_RELAXED)
#define atomic64_inc_return(v) \
	__atomic_add_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)
#define atomic64_dec_return(v) \
	__atomic_sub_fetch(&(v)->counter, 1, __ATOMIC_SEQ_CST)

#define atomic_cmpxchg_is(v, old, new)             \
	({                                         \
		int _old = (old);                  \
		atomic_try_cmpxchg(v, &_old, new); \
	})
#define atomic_fetch_add_relaxed(i, v) \
	__atomic_fetch_add(&(v)->counter, i, __ATOMIC_RELAXED)
#define atomic_fetch_sub_relaxed(i, v) \
	__atomic_fetch_sub(&(v)->counter, i, __ATOMIC_RELAXED)
#define atomic_fetch_sub_release(i, v) \
	__atomic_fetch_sub(&(v)->counter, i, __ATOMIC_ACQ_REL)
#define atomic_try_cmpxchg_relaxed atomic_try_cmpxchg
#define atomic_try_cmpxchg_release atomic_try_cmpxchg
#define atomic_try_cmpxchg_acquire atomic_try_cmpxchg
#define smp_acquire__after_ctrl_dep() \
	do {                          \
	} while (0)
