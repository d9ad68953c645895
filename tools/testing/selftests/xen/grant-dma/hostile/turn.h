/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Programs in a guest whose pages a backend keeps: turns of much I/O to a buffer, after
 * which that is left alone for a time, until SIGTERM.
 */

#ifndef XEN_GRANT_DMA_TURN_H
#define XEN_GRANT_DMA_TURN_H

#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <time.h>

#include <linux/types.h>

#define PAGE_BYTES	4096
#define BUFFER_BYTES	(16 * PAGE_BYTES)
#define REPEAT		100	/* of the I/O of a turn */

static alignas(PAGE_BYTES) __u64 buffer[BUFFER_BYTES / sizeof(__u64)];

static sigset_t stop_signal;

static void turns_begin(void)
{
	sigemptyset(&stop_signal);
	sigaddset(&stop_signal, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop_signal, NULL);
}

/* Leaves the buffer alone. Returns whether this was the last turn. */
static bool turn_end(void)
{
	const struct timespec pause = { .tv_sec = 1, .tv_nsec = 500000000 };

	return sigtimedwait(&stop_signal, NULL, &pause) == SIGTERM;
}

/* Tells, once, that there are changed bytes, while the program goes on. */
static void tell_damage(unsigned int bytes)
{
	static bool told;

	if (!bytes || told)
		return;
	told = true;
	printf("damaged 1\n");
	fflush(stdout);
}

#endif /* XEN_GRANT_DMA_TURN_H */
