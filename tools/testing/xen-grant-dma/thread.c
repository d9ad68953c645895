// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kernel's threads, and how they wait for each other.
 */

#include <time.h>

#include "host.h"

static struct task_struct first_task = { .comm = "host", .pid = 1 };
__thread struct task_struct *stub_current = &first_task;

void init_completion(struct completion *completion)
{
	*completion = (struct completion){
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
}

void complete(struct completion *completion)
{
	pthread_mutex_lock(&completion->lock);
	completion->done++;
	pthread_cond_broadcast(&completion->changed);
	pthread_mutex_unlock(&completion->lock);
}

/* Returns 0 if it takes longer. */
unsigned long wait_for_completion_timeout(struct completion *completion,
					  unsigned long timeout)
{
	struct timespec until;
	bool done;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += timeout / HZ;
	until.tv_nsec += timeout % HZ * (1000000000 / HZ);
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}

	pthread_mutex_lock(&completion->lock);
	while (!completion->done &&
	       pthread_cond_timedwait(&completion->changed, &completion->lock,
				      &until) != ETIMEDOUT)
		;
	done = completion->done;
	if (done)
		completion->done--;
	pthread_mutex_unlock(&completion->lock);
	return done;
}

void wait_for_completion(struct completion *completion)
{
	while (!wait_for_completion_timeout(completion, 3600 * HZ))
		;
}

void put_task_struct(struct task_struct *task)
{
	if (atomic_dec_and_test(&task->users))
		free(task);
}

void kthread_exit(long result)
{
	struct task_struct *task = current;

	task->result = result;
	complete(task->vfork_done);
	put_task_struct(task);
	pthread_exit(NULL);
}

static void *run_thread(void *arg)
{
	stub_current = arg;
	host_set_cpu(current->cpu);
	kthread_exit(current->function(current->data));
	return NULL;
}

/* Threads are spread over CPUs, and stay there. */
struct task_struct *stub_kthread_create(int (*function)(void *data), void *data)
{
	static unsigned int number;
	struct task_struct *task = calloc(1, sizeof(*task));

	task->function = function;
	task->data = data;
	task->pid = 2 + __atomic_fetch_add(&number, 1, __ATOMIC_RELAXED);
	task->cpu = task->pid % host_cpus;
	task->vfork_done = &task->exited;
	init_completion(&task->exited);
	atomic_set(&task->users, 1);
	return task;
}

int wake_up_process(struct task_struct *task)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, run_thread, task))
		abort();
	pthread_detach(thread);
	return 1;
}

struct call {
	long (*function)(void *data);
	void *data;
	long result;
};

static int run_call(void *data)
{
	struct call *call = data;

	call->result = call->function(call->data);
	return 0;
}

long work_on_cpu(int cpu, long (*function)(void *data), void *data)
{
	struct call call = { function, data };
	struct task_struct *task = stub_kthread_create(run_call, &call);

	get_task_struct(task);
	kthread_bind(task, cpu);
	wake_up_process(task);
	wait_for_completion(task->vfork_done);
	put_task_struct(task);
	return call.result;
}
