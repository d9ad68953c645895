/* SPDX-License-Identifier: GPL-2.0-only */
/* The compiler, checks and what belongs to modules. */

/* ---- compiler ---- */
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)
#define __always_inline inline __attribute__((__always_inline__))
#define noinline __attribute__((noinline))
#define __must_check
#define __init
#define __initdata
#define __exit
#define __cold
#define __percpu
#define __user
#define __rcu
#define __force
#define __iomem
#define __private
#define __acquires(x)
#define __releases(x)
#define __must_hold(x)
#define __ro_after_init
#define __maybe_unused __attribute__((unused))
#define __packed __attribute__((packed))
#define __pure __attribute__((pure))
#define __aligned(x) __attribute__((aligned(x)))
#define __counted_by(x)
#define __printf(a, b)
#define __noreturn __attribute__((noreturn))
#define __malloc
#define __cleanup(function) __attribute__((cleanup(function)))
#define __cond_acquires(...)
#define __noreturn __attribute__((noreturn))
#define __nonnull_args(...) __attribute__((nonnull(__VA_ARGS__)))
#define __used __attribute__((used))
#define __section(name) __attribute__((section(name)))
#define __PASTE(a, b) ___PASTE(a, b)
#define ___PASTE(a, b) a##b
#define __UNIQUE_ID(prefix) __PASTE(__PASTE(stub_, prefix), __COUNTER__)
#define __attribute_const__ __attribute__((const))
#define __context_unsafe(x)
#define __bitwise
#define __no_context_analysis
#define context_unsafe(x) x
#define __guarded_by(x)
#define __alloc_size(...)
#define fallthrough __attribute__((fallthrough))
#define barrier() __asm__ __volatile__("" : : : "memory")
#define asm_inline asm
#ifdef HOST_SANITIZE
/* A sanitizer knows atomics, not volatile accesses nor assembly. */
#define READ_ONCE(x) __atomic_load_n(&(x), __ATOMIC_RELAXED)
#define WRITE_ONCE(x, v) __atomic_store_n(&(x), (v), __ATOMIC_RELAXED)
#else
#define READ_ONCE(x) (*(const volatile typeof(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#endif
#define data_race(x) (x)
#define typeof __typeof__
#define container_of(ptr, type, member) \
	((type *)((char *)(ptr)-offsetof(type, member)))
#define container_of_const container_of
#define typeof_member(T, m) typeof(((T *)0)->m)
#define sizeof_field(T, m) sizeof(((T *)0)->m)
#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BUILD_BUG_ON(x) _Static_assert(!(x), #x)
#define BUILD_BUG_ON_MSG(x, text) _Static_assert(!(x), text)
#define __is_constexpr(x) __builtin_constant_p(x)
#define BUILD_BUG_ON_ZERO(x) 0
#define static_assert(x, ...) _Static_assert(x, #x)
#define BUG() __builtin_trap()
#define BUG_ON(x)                \
	do {                     \
		if (unlikely(x)) \
			BUG();   \
	} while (0)
#define VM_BUG_ON(x) \
	do {         \
	} while (0)
void stub_warn(const char *file, int line);
#define WARN_ON(x)                                     \
	({                                             \
		bool __w = !!(x);                      \
		if (unlikely(__w))                     \
			stub_warn(__FILE__, __LINE__); \
		unlikely(__w);                         \
	})
#define WARN_ON_ONCE WARN_ON
#define WARN(x, ...) WARN_ON(x)
#define WARN_ONCE(x, ...) WARN_ON(x)
#ifndef EREMOTEIO
#define EREMOTEIO 121
#endif
