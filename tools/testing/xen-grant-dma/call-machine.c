// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: workers, CPUs, failing allocations.
 */

#include "calls.h"

static void run_work(const struct call_args *a)
{
	host_run_works(true);
	oracle_worked();
}

/* Drivers end their mappings before the domain is saved. */
static void run_restore(const struct call_args *a)
{
	unsigned int i;

	for (i = 0; i < DEVICES; i++)
		if (devices[i].bound)
			end_mappings(i);
	oracle_check();
	for (i = 0; i < HELD; i++) {
		if (helds[i].is)
			oracle_held(helds[i].ref, helds[i].pfn, false);
		helds[i].is = false;
	}
	host_restore();
	run_work(a);
}

static bool draw_cpu(struct call_args *a)
{
	a->cpu = calls_random(2);
	return true;
}

static void run_cpu(const struct call_args *a)
{
	host_set_cpu(a->cpu % 2);
}

static bool draw_fail(struct call_args *a)
{
	a->nth = 1 + calls_random(20);
	return true;
}

/* An allocation of memory will fail. */
static void run_fail(const struct call_args *a)
{
	host_fail_nth = a->nth;
	failing = true;
}

/* Before all others. */
static void run_level(const struct call_args *a)
{
	static const char * const levels[] = { "page", "strict", "full" };

	level_name = levels[a->level % 3];
	oracle_begin(a->level % 3);
	failing = false;
	host_fail_nth = 0;
}

const struct call machine_calls[] = {
	{ "level", "level", 0, NULL, run_level },
	{ "work", "", 5, draw_nothing, run_work },
	{ "restore", "", 1, draw_nothing, run_restore },
	{ "cpu", "cpu", 3, draw_cpu, run_cpu },
	{ "fail", "nth", 1, draw_fail, run_fail },
	{ }
};
