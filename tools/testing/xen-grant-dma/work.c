// SPDX-License-Identifier: GPL-2.0-only
/*
 * Work that is done when a program says so, and time.
 */

#include <linux/list.h>
#include <time.h>

#include "host.h"

unsigned long stub_jiffies(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
	return now.tv_sec * HZ + now.tv_nsec / (1000000000 / HZ);
}

/* Those that are queued, in their order; one thread at a time does work. */
static LIST_HEAD(queue);
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
/* A work may wait for another one. */
static pthread_mutex_t run_lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;

static void set_pending(struct delayed_work *work, bool pending)
{
	__atomic_store_n(&work->pending, pending, __ATOMIC_RELAXED);
	if (pending)
		list_add_tail(&work->node, &queue);
	else
		list_del(&work->node);
}

bool stub_queue_work(struct delayed_work *work, unsigned long delay)
{
	bool was;

	pthread_mutex_lock(&queue_lock);
	was = work->pending;
	if (!was) {
		work->due = jiffies + delay;
		set_pending(work, true);
	}
	pthread_mutex_unlock(&queue_lock);
	return !was;
}

static bool dequeue(struct delayed_work *work)
{
	bool was;

	pthread_mutex_lock(&queue_lock);
	was = work->pending;
	if (was)
		set_pending(work, false);
	pthread_mutex_unlock(&queue_lock);
	return was;
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	bool was = dequeue(work);

	/* It may be under way. */
	pthread_mutex_lock(&run_lock);
	pthread_mutex_unlock(&run_lock);
	/* Or it may have queued itself. */
	return dequeue(work) || was;
}

bool flush_delayed_work(struct delayed_work *work)
{
	bool was;

	pthread_mutex_lock(&run_lock);
	was = dequeue(work);
	if (was)
		work->work.func(&work->work);
	pthread_mutex_unlock(&run_lock);
	return was;
}

static struct delayed_work *take_due(bool all)
{
	struct delayed_work *work, *due = NULL;

	pthread_mutex_lock(&queue_lock);
	list_for_each_entry(work, &queue, node) {
		if (all || time_after_eq(jiffies, work->due)) {
			due = work;
			set_pending(work, false);
			break;
		}
	}
	pthread_mutex_unlock(&queue_lock);
	return due;
}

/* Some queue themselves for ever. */
#define MOST_WORKS	100

unsigned int host_run_works(bool all)
{
	struct delayed_work *work;
	unsigned int done;

	pthread_mutex_lock(&run_lock);
	for (done = 0; done < MOST_WORKS; done++) {
		work = take_due(all);
		if (!work)
			break;
		work->work.func(&work->work);
	}
	pthread_mutex_unlock(&run_lock);
	return done;
}

void stub_traced(void)
{
}
