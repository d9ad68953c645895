/* SPDX-License-Identifier: GPL-2.0-only */
/* What KUnit and tests need beside what the driver does. */

#include <ctype.h>
#include <fcntl.h>

#define noinline_for_stack noinline

/* Static keys are variables. */
struct static_key_false {
	int enabled;
};

#define DECLARE_STATIC_KEY_FALSE(name) extern struct static_key_false name
#define DEFINE_STATIC_KEY_FALSE(name) struct static_key_false name
#define static_branch_unlikely(key) unlikely((key)->enabled)
#define static_branch_inc(key) ((key)->enabled++)
#define static_branch_dec(key) ((key)->enabled--)

/* CPUs. */
struct cpumask;
#define cpu_online_mask ((const struct cpumask *)NULL)
#define nr_cpu_ids host_cpus
#define cpumask_first(mask) 0
#define cpumask_next(cpu, mask) ((cpu) + 1)
#define cpumask_any_but(mask, cpu) ((cpu) ? 0 : host_cpus > 1 ? 1 : nr_cpu_ids)

/* No file can be mapped: tests of that are skipped. */
struct file {
	void *private_data;
};

struct file *anon_inode_getfile(const char *name,
				const struct file_operations *fops,
				void *private_data, int flags);
unsigned long kunit_vm_mmap(struct kunit *test, struct file *file,
			    unsigned long addr, unsigned long length,
			    unsigned long prot, unsigned long flag,
			    unsigned long offset);
#define PROT_READ 1
#define PROT_WRITE 2
#define MAP_SHARED 1
#define get_user(value, from) ((value) = *(from), 0)
#define vm_munmap(addr, length) 0
#define fput(file) \
	do {       \
	} while (0)

/* Time: that a test is slow is not told, as no sanitizer was counted on. */
struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

#define MSEC_PER_SEC 1000L
#define NSEC_PER_SEC 1000000000L
#define ktime_get_ts64(time) (*(time) = (struct timespec64){})
#define timespec64_sub(a, b) (a)
#define timespec64_compare(a, b) (-1)
#define ns_to_timespec64(ns) ((struct timespec64){ (ns) / NSEC_PER_SEC })

/* KUnit is no module here. */
struct module {
	struct kunit_suite **kunit_suites, **kunit_init_suites;
	int num_kunit_suites, num_kunit_init_suites;
};

enum {
	MODULE_STATE_LIVE,
	MODULE_STATE_COMING,
	MODULE_STATE_GOING,
	MODULE_STATE_UNFORMED,
};

#define register_module_notifier(block) ((void)(block), 0)
#define unregister_module_notifier(block) \
	do {                              \
	} while (0)
#define virt_addr_valid(p) true
#define is_kernel_rodata(p) false
#define add_taint(flag, lockdep) \
	do {                     \
	} while (0)
#define kernel_halt() \
	do {          \
	} while (0)
#define kernel_restart(how) \
	do {                \
	} while (0)
#define kernel_power_off() \
	do {               \
	} while (0)

struct seq_buf {
	char *buffer;
	size_t size;
};

#define seq_buf_init(seq, to, length) (*(seq) = (struct seq_buf){ to, length })
#define seq_buf_puts(seq, text) strncat((seq)->buffer, text, (seq)->size)

void sort(void *base, size_t num, size_t size,
	  int (*cmp)(const void *a, const void *b), void *swap);
