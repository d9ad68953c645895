// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a map and an unmap cost, with each driver and level of isolation, as CSV.
 *
 *   bench [TURNS]                     ns, in turns: turn, implementation, direction, row, minimum, median
 *   bench count [IMPLEMENTATION...]   instructions: implementation, direction, row, instructions
 *
 * Each implementation has a process, which waits while others measure. A row is measured with one after the other, and
 * every second turn in reverse, so that a change of the machine's speed meets all alike.
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"

#define TURNS 5

static struct implementation {
	const char *name;
	const struct bench_driver *driver;
	const char *level;
	int requests, answers;	/* pipes */
} implementations[] = {
	{ "in-tree", &bench_in_tree, "" },
	{ "page", &bench_ours, "page" },
	{ "strict", &bench_ours, "strict" },
	{ "full", &bench_ours, "full" },
	{ "direct", &bench_ours, "direct" },
	{ "copy", &bench_ours, "copy" },
	{ "entries", &bench_ours, "entries" },
};

#define COUNT (sizeof(implementations) / sizeof(*implementations))

static const char * const directions[] = { "to", "from" };

static __attribute__((noreturn)) void fail(const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void serve(const struct implementation *impl, int requests, int answers)
{
	struct bench_time time;
	struct bench_row row;

	impl->driver->start(impl->level);
	while (read(requests, &row, sizeof(row)) == sizeof(row)) {
		time = impl->driver->measure(row);
		if (write(answers, &time, sizeof(time)) != sizeof(time))
			break;
	}
	_exit(0);
}

static void start(struct implementation *impl)
{
	int requests[2], answers[2];

	if (pipe(requests) || pipe(answers))
		fail("pipe");
	switch (fork()) {
	case -1:
		fail("fork");
	case 0:
		/* The end of the program is the end of all requests, if nobody else holds the pipe. */
		for (struct implementation *other = implementations; other < impl; other++)
			close(other->requests);
		close(requests[1]);
		serve(impl, requests[0], answers[1]);
	}
	close(requests[0]);
	close(answers[1]);
	impl->requests = requests[1];
	impl->answers = answers[0];
}

static struct bench_time ask(const struct implementation *impl, struct bench_row row)
{
	struct bench_time time;

	errno = 0;
	if (write(impl->requests, &row, sizeof(row)) != sizeof(row) ||
	    read(impl->answers, &time, sizeof(time)) != sizeof(time))
		fail(impl->name);
	return time;
}

static void measure_row(int turn, const char *name, struct bench_row row)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		const struct implementation *impl = &implementations[turn % 2 ? COUNT - 1 - i : i];
		struct bench_time time = ask(impl, row);

		if (!isnan(time.median))
			printf("%d,%s,%s,\"%s\",%.2f,%.2f\n", turn, impl->name, directions[row.from_device],
			       name, time.min, time.median);
	}
	fflush(stdout);
}

static void measure(int turns)
{
	const char *name;

	puts("turn,implementation,direction,row,minimum,median");
	for (unsigned int i = 0; i < COUNT; i++)
		start(&implementations[i]);
	for (int turn = 0; turn < turns; turn++) {
		for (unsigned int row = 0; (name = bench_ours.name(row)); row++) {
			measure_row(turn, name, (struct bench_row){ row, false });
			measure_row(turn, name, (struct bench_row){ row, true });
		}
		fprintf(stderr, "turn %d of %d\n", turn + 1, turns);
	}
}

static void count_row(const struct implementation *impl, const char *name, struct bench_row row)
{
	long instructions = bench_count(impl->driver, impl->level, row);

	if (instructions < 0) {
		fprintf(stderr, "bench: no process can be stepped through here\n");
		exit(1);
	}
	if (instructions)
		printf("%s,%s,\"%s\",%ld\n", impl->name, directions[row.from_device], name, instructions);
}

static bool is_named(const char *name, char **names)
{
	for (char **each = names; *each; each++)
		if (!strcmp(name, *each))
			return true;
	return !*names;
}

static void count(char **names)
{
	const char *name;

	puts("implementation,direction,row,instructions");
	for (unsigned int i = 0; i < COUNT; i++) {
		if (!is_named(implementations[i].name, names))
			continue;
		for (unsigned int row = 0; (name = bench_ours.name(row)); row++) {
			count_row(&implementations[i], name, (struct bench_row){ row, false });
			count_row(&implementations[i], name, (struct bench_row){ row, true });
		}
	}
}

int main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "count"))
		count(argv + 2);
	else
		measure(argc > 1 ? atoi(argv[1]) : TURNS);
	return 0;
}
