/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the program that measures and each driver, which is linked with all that it uses. */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>

struct bench_row {
	unsigned int number;
	bool from_device;
};

/* ns for an operation; NAN if it can't be measured here. */
struct bench_time {
	double min, median;
};

/**
 * struct bench_driver - a driver with all that it uses, to be started once in a process
 * @start: at a level of its own, or "direct", "copy" or "entries"
 * @name: of a row, or NULL if there are no more
 * @measure: a row
 * @once: stop by SIGSTOP, then do one operation of a row between two calls of bench_mark(); false if it is not counted
 */
struct bench_driver {
	void (*start)(const char *level);
	const char *(*name)(unsigned int number);
	struct bench_time (*measure)(struct bench_row row);
	bool (*once)(struct bench_row row);
};

extern const struct bench_driver bench_ours, bench_in_tree;

void bench_mark(void);

/* The instructions of an operation; 0: it is not counted, -1: no process may be traced. */
long bench_count(const struct bench_driver *driver, const char *level, struct bench_row row);

#endif
