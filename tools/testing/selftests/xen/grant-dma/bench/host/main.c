// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a map and an unmap cost, with each driver and level of isolation, as CSV.
 *
 *   bench [TURNS]   ns, in turns: turn, implementation, direction, row, minimum, median
 *   bench count     instructions, on x86: implementation, direction, row, instructions
 *
 * Each implementation has a process, which waits while others measure. A row is measured
 * with one after the other, every second turn in reverse, so that a change of the
 * machine's speed meets all alike.
 */
#include <errno.h>
#include <math.h>
#include <sched.h>
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

struct request {
	struct bench_row row;
	bool count;
};

struct answer {
	struct bench_time time;
	long instructions;
};

static void serve(const struct implementation *impl, int requests, int answers)
{
	const struct bench_driver *driver = impl->driver;
	struct request request;

	driver->start(impl->level);
	while (read(requests, &request, sizeof(request)) == sizeof(request)) {
		struct answer answer = {};

		if (request.count)
			answer.instructions = driver->count(request.row);
		else
			answer.time = driver->measure(request.row);
		if (write(answers, &answer, sizeof(answer)) != sizeof(answer))
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

static struct answer ask(const struct implementation *impl, struct bench_row row, bool count)
{
	const struct request request = { row, count };
	struct answer answer;

	errno = 0;
	if (write(impl->requests, &request, sizeof(request)) != sizeof(request) ||
	    read(impl->answers, &answer, sizeof(answer)) != sizeof(answer))
		fail(impl->name);
	return answer;
}

static void measure_row(int turn, const char *name, struct bench_row row)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		const struct implementation *impl = &implementations[turn % 2 ? COUNT - 1 - i : i];
		struct bench_time time = ask(impl, row, false).time;

		if (!isnan(time.median))
			printf("%d,%s,%s,\"%s\",%.2f,%.2f\n", turn, impl->name,
			       directions[row.from_device], name, time.min, time.median);
	}
	fflush(stdout);
}

static void measure(int turns)
{
	const char *name;
	cpu_set_t allowed;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	if (CPU_COUNT(&allowed) < 2)
		fputs("bench: one CPU: what needs two is skipped\n", stderr);
	puts("turn,implementation,direction,row,minimum,median");
	for (int turn = 0; turn < turns; turn++) {
		for (unsigned int row = 0; (name = bench_ours.name(row)); row++) {
			measure_row(turn, name, (struct bench_row){ row, false });
			measure_row(turn, name, (struct bench_row){ row, true });
		}
		fprintf(stderr, "turn %d of %d\n", turn + 1, turns);
	}
}

static void count_row(const char *name, struct bench_row row)
{
	for (unsigned int i = 0; i < COUNT; i++) {
		long instructions = ask(&implementations[i], row, true).instructions;

		if (instructions)
			printf("%s,%s,\"%s\",%ld\n", implementations[i].name,
			       directions[row.from_device], name, instructions);
	}
}

static void count(void)
{
	const char *name;

	puts("implementation,direction,row,instructions");
	for (unsigned int row = 0; (name = bench_ours.name(row)); row++) {
		count_row(name, (struct bench_row){ row, false });
		count_row(name, (struct bench_row){ row, true });
	}
}

int main(int argc, char **argv)
{
	for (unsigned int i = 0; i < COUNT; i++)
		start(&implementations[i]);
	if (argc > 1 && !strcmp(argv[1], "count"))
		count();
	else
		measure(argc > 1 ? atoi(argv[1]) : TURNS);
	return 0;
}
