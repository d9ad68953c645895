/* SPDX-License-Identifier: GPL-2.0-only */
/* Threads and completions. */

struct kunit;

struct completion {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	unsigned int done;
};

void init_completion(struct completion *completion);
#define completion_done(completion) READ_ONCE((completion)->done)
void complete(struct completion *completion);
void wait_for_completion(struct completion *completion);
unsigned long wait_for_completion_timeout(struct completion *completion,
					  unsigned long timeout);

struct task_struct {
	char comm[16];
	int pid;
	unsigned int cpu;
	struct kunit *kunit_test;
	int (*function)(void *data);
	void *data;
	long result;
	atomic_t users;
	struct completion exited;
	struct completion *vfork_done;
};

extern __thread struct task_struct *stub_current;
#define current stub_current

struct task_struct *stub_kthread_create(int (*function)(void *data),
					void *data);
#define kthread_create(function, data, ...) stub_kthread_create(function, data)
#define kthread_run(function, data, ...)                     \
	({                                                   \
		struct task_struct *_task =                  \
			stub_kthread_create(function, data); \
		wake_up_process(_task);                      \
		_task;                                       \
	})
#define kthread_bind(task, on) ((task)->cpu = (on))
#define kthread_stop(task) abort()
int wake_up_process(struct task_struct *task);
void kthread_exit(long result) __attribute__((noreturn));
#define get_task_struct(task) atomic_inc(&(task)->users)
void put_task_struct(struct task_struct *task);
long work_on_cpu(int cpu, long (*function)(void *data), void *data);

#define in_task() true
#define migrate_disable() \
	do {              \
	} while (0)
#define migrate_enable() \
	do {             \
	} while (0)
