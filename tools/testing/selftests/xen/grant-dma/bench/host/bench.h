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
 * @count: instructions of one operation of a row; 0 if it is not counted
 */
struct bench_driver {
	void (*start)(const char *level);
	const char *(*name)(unsigned int number);
	struct bench_time (*measure)(struct bench_row row);
	long (*count)(struct bench_row row);
};

extern const struct bench_driver bench_ours, bench_in_tree;

/* The instructions of one call, 0 where they can't be counted. */
long bench_count(void (*operation)(const void *data), const void *data);

#endif
