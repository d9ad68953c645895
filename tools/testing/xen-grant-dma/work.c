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

/* Those that are queued, in their order. */
static LIST_HEAD(queue);
/* Those that threads are at; not noted in them, as a work may free itself. */
static struct running {
	struct delayed_work *work;
	struct running *next;
} *running;
static pthread_mutex_t queue_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t finished = PTHREAD_COND_INITIALIZER;

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

/* With the lock held, as all that follows. */
static bool dequeue(struct delayed_work *work)
{
	bool was = work->pending;

	if (was)
		set_pending(work, false);
	return was;
}

static bool is_running(const struct delayed_work *work)
{
	const struct running *entry;

	for (entry = running; entry; entry = entry->next)
		if (entry->work == work)
			return true;
	return false;
}

static void wait_until_done(struct delayed_work *work)
{
	while (is_running(work))
		pthread_cond_wait(&finished, &queue_lock);
}

/* It was taken out of the queue. Other works may be run meanwhile, by it, too. */
static void run(struct delayed_work *work)
{
	struct running entry = { work, running }, **link = &running;

	running = &entry;
	pthread_mutex_unlock(&queue_lock);
	work->work.func(&work->work);
	pthread_mutex_lock(&queue_lock);
	while (*link != &entry)
		link = &(*link)->next;
	*link = entry.next;
	pthread_cond_broadcast(&finished);
}

bool cancel_delayed_work_sync(struct delayed_work *work)
{
	bool was;

	pthread_mutex_lock(&queue_lock);
	was = dequeue(work);
	wait_until_done(work);
	/* It may have queued itself. */
	was |= dequeue(work);
	pthread_mutex_unlock(&queue_lock);
	return was;
}

bool flush_delayed_work(struct delayed_work *work)
{
	bool was;

	pthread_mutex_lock(&queue_lock);
	wait_until_done(work);
	was = dequeue(work);
	if (was)
		run(work);
	pthread_mutex_unlock(&queue_lock);
	return was;
}

/* Nobody runs the same work twice at once. */
static struct delayed_work *take_due(bool all)
{
	struct delayed_work *work;

	list_for_each_entry(work, &queue, node) {
		if (is_running(work) || !(all || time_after_eq(jiffies, work->due)))
			continue;
		set_pending(work, false);
		return work;
	}
	return NULL;
}

/* Some queue themselves for ever. */
#define MOST_WORKS	100

unsigned int host_run_works(bool all)
{
	struct delayed_work *work;
	unsigned int done;

	pthread_mutex_lock(&queue_lock);
	for (done = 0; done < MOST_WORKS; done++) {
		work = take_due(all);
		if (!work)
			break;
		run(work);
	}
	pthread_mutex_unlock(&queue_lock);
	return done;
}

void stub_traced(void)
{
}
