/* SPDX-License-Identifier: GPL-2.0-only */
/* Locks and RCU. */

/* ---- locks ---- */
typedef struct {
	u32 val;
} spinlock_t;
#define __SPIN_LOCK_UNLOCKED(x) \
	{                       \
		0               \
	}
#define DEFINE_SPINLOCK(x) spinlock_t x = { 0 }
#define spin_lock_init(l) ((l)->val = 0)
void _raw_spin_lock(spinlock_t *l);
void _raw_spin_unlock(spinlock_t *l);
unsigned long _raw_spin_lock_irqsave(spinlock_t *l);
void _raw_spin_unlock_irqrestore(spinlock_t *l, unsigned long flags);
#define spin_lock_irqsave(l, f) ((f) = _raw_spin_lock_irqsave(l))
#define spin_unlock_irqrestore(l, f) _raw_spin_unlock_irqrestore(l, f)
#define spin_lock_irq(l) _raw_spin_lock(l)
#define spin_unlock_irq(l) _raw_spin_unlock(l)
#define spin_lock(l) _raw_spin_lock(l)
#define spin_unlock(l) _raw_spin_unlock(l)
#define spin_lock_bh(l) _raw_spin_lock(l)
#define spin_unlock_bh(l) _raw_spin_unlock(l)
#define spin_lock_nested(l, x) _raw_spin_lock(l)
#define spin_lock_bh_nested(l, x) _raw_spin_lock(l)
#define spin_lock_irq_nested(l, x) _raw_spin_lock(l)
#define spin_lock_irqsave_nested(l, f, x) ((f) = _raw_spin_lock_irqsave(l))
#define spin_trylock(l)                         \
	({                                      \
		u32 _z = 0;                     \
		try_cmpxchg(&(l)->val, &_z, 1); \
	})
#define lockdep_is_held(l) 1
#define lockdep_assert_held(l)
#define local_irq_disable() \
	do {                \
	} while (0)
#define local_irq_enable() \
	do {               \
	} while (0)
struct mutex {
	pthread_mutex_t m;
};
#define DEFINE_MUTEX(x) struct mutex x = { PTHREAD_MUTEX_INITIALIZER }
#define mutex_lock(x) pthread_mutex_lock(&(x)->m)
#define mutex_unlock(x) pthread_mutex_unlock(&(x)->m)
#define mutex_init(x) pthread_mutex_init(&(x)->m, NULL)
#define in_atomic() 0
#define irqs_disabled() 0
#define cond_resched() \
	do {           \
	} while (0)
#define might_sleep() \
	do {          \
	} while (0)
#define might_alloc(x) \
	do {           \
	} while (0)
#ifdef HOST_SANITIZE
extern pthread_rwlock_t stub_rcu;
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_read_lock() pthread_rwlock_rdlock(&stub_rcu)
#define rcu_read_unlock() pthread_rwlock_unlock(&stub_rcu)
#define synchronize_rcu()                         \
	do {                                      \
		pthread_rwlock_wrlock(&stub_rcu); \
		pthread_rwlock_unlock(&stub_rcu); \
	} while (0)
#else
#define rcu_access_pointer(p) READ_ONCE(p)
#define rcu_read_lock() barrier()
#define rcu_read_unlock() barrier()
#define synchronize_rcu() \
	do {              \
	} while (0)
#endif
#ifdef HOST_SANITIZE
#define rcu_dereference(p) \
	__atomic_load_n(&(p), __ATOMIC_ACQUIRE) /* it knows no dependencies */
#else
#define rcu_dereference(p) READ_ONCE(p)
#endif
#define rcu_dereference_raw(p) READ_ONCE(p)
#define rcu_dereference_check(p, c) READ_ONCE(p)
#define rcu_dereference_protected(p, c) (p)
#define rcu_assign_pointer(p, v) smp_store_release(&(p), v)
#define RCU_INIT_POINTER(p, v) WRITE_ONCE(p, v)
#define call_rcu(h, f) (f)(h)
struct lock_class_key {
	int x;
};

#if defined(__x86_64__)
#define cpu_relax() __builtin_ia32_pause()
#else
#define cpu_relax() asm volatile("yield" ::: "memory")
#endif

#include <linux/refcount.h>
#include <linux/kref.h>

DEFINE_GUARD(mutex, struct mutex *, mutex_lock(_T), mutex_unlock(_T))
DEFINE_LOCK_GUARD_1(spinlock, spinlock_t, spin_lock(_T->lock),
		    spin_unlock(_T->lock))
#define mutex_lock_interruptible(x) (mutex_lock(x), 0)
