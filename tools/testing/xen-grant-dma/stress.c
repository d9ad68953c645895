// SPDX-License-Identifier: GPL-2.0-only
/*
 * Threads that map, unmap, sync and list, bind and unbind devices, read debugfs and do
 * the workers' work, while backends do what they can and allocations fail. Each level
 * of isolation, on grant tables of several sizes.
 *
 *   stress [-s SECONDS] [-r SEED] [LEVEL-FRAMES...]
 */

#include <getopt.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "stress.h"

static const char * const levels[] = { "page", "strict", "full" };
/* The free list of an odd table ends in the middle of a page. */
static const unsigned int frames[] = { 1, 2, 3, 64, 65 };

#define CONFIGURATIONS	(ARRAY_SIZE(levels) * ARRAY_SIZE(frames))

bool by_page;
unsigned long mapped, refused, synced, held_grants;
static unsigned long bound_again, violations;
static const char *level;
static u64 seed;
static double seconds = 5;

void report_violation(const char *format, ...)
{
	va_list args;

	count(&violations);
	va_start(args, format);
	flockfile(stdout);
	printf("violation: ");
	vprintf(format, args);
	printf("\n");
	funlockfile(stdout);
	va_end(args);
}

/* Of each thread; several may be on a CPU, as if one had interrupted the other. */
static struct random thread_begins(void *number)
{
	unsigned long thread = (unsigned long)number;

	host_set_cpu(thread % host_cpus);
	return (struct random){ .state = (seed + 1) * 0x9e3779b97f4a7c15 + thread * 7919 };
}

/*
 * A device with its mappings, each of which belongs to the thread that takes it. The
 * lock is for read while threads use the device, for write while its driver unbinds.
 */
#define MAPPINGS	48

static struct bound_device {
	domid_t domid;
	bool works;
	pthread_rwlock_t lock;
	struct device dev;
	struct mapping *mappings[MAPPINGS];
} devices[] = {
	{ READER, false, PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP },
	{ SCRIBBLER, false, PTHREAD_RWLOCK_WRITER_NONRECURSIVE_INITIALIZER_NP },
};

static void put(struct mapping **slot, struct mapping *mapping, struct random *random)
{
	mapping = xchg(slot, mapping);
	if (mapping)
		mapping_end(mapping, random);
}

static void map_step(struct bound_device *device, struct random *random)
{
	struct mapping **slot = &device->mappings[random_below(random, MAPPINGS)];
	struct mapping *mapping = xchg(slot, NULL);

	if (!mapping) {
		mapping = mapping_begin(&device->dev, device->domid, random);
		put(slot, mapping, random);
	} else if (one_in(random, 3)) {
		mapping_sync(mapping, random);
		put(slot, mapping, random);
	} else {
		mapping_end(mapping, random);
	}
}

/* Low bits of addresses that a device wants to be kept. */
static const unsigned int masks[] = { 0, 0, 511, 4095, 65535 };

static void bind(struct bound_device *device, struct random *random)
{
	/* Of the first allocations, one fails. */
	__atomic_store_n(&host_fail_nth, one_in(random, 2) ? random_below(random, 80) : 0,
			 __ATOMIC_RELAXED);
	device->works = !host_bind(&device->dev, "stressed", device->domid, level);
	__atomic_store_n(&host_fail_nth, 0, __ATOMIC_RELAXED);
	device->dev.dma_parms->min_align_mask = masks[random_below(random, ARRAY_SIZE(masks))];
}

static void unbind(struct bound_device *device, struct random *random)
{
	unsigned int i;

	for (i = 0; i < MAPPINGS; i++)
		put(&device->mappings[i], NULL, random);
	host_unbind(&device->dev);
}

static bool stop_users, stop_others;

static bool runs(const bool *stop)
{
	return !__atomic_load_n(stop, __ATOMIC_RELAXED);
}

static void *mapper(void *number)
{
	struct random random = thread_begins(number);
	struct bound_device *device;

	while (runs(&stop_users)) {
		host_set_cpu(random_below(&random, host_cpus));
		device = &devices[random_below(&random, ARRAY_SIZE(devices))];
		pthread_rwlock_rdlock(&device->lock);
		if (device->works)
			map_step(device, &random);
		pthread_rwlock_unlock(&device->lock);
	}
	return NULL;
}

static void *binder(void *number)
{
	struct random random = thread_begins(number);
	struct bound_device *device;

	while (runs(&stop_users)) {
		usleep(random_below(&random, 20000));
		device = &devices[random_below(&random, ARRAY_SIZE(devices))];
		pthread_rwlock_wrlock(&device->lock);
		if (device->works)
			unbind(device, &random);
		bind(device, &random);
		count(&bound_again);
		pthread_rwlock_unlock(&device->lock);
		__atomic_store_n(&host_fail_alloc, one_in(&random, 2) ? 20 : 0,
				 __ATOMIC_RELAXED);
	}
	return NULL;
}

static void *backend(void *number)
{
	struct random random = thread_begins(number);

	while (runs(&stop_others)) {
		backend_step(&random);
		if (one_in(&random, 50))
			usleep(1);
	}
	backend_let_go();
	return NULL;
}

static void *worker(void *number)
{
	struct random random = thread_begins(number);

	while (runs(&stop_others)) {
		host_run_works(one_in(&random, 3));
		usleep(random_below(&random, 1000));
	}
	return NULL;
}

static void *reader(void *number)
{
	thread_begins(number);
	while (runs(&stop_others)) {
		host_read_debugfs();
		usleep(1);
	}
	return NULL;
}

static void * (* const users[])(void *number) = { mapper, mapper, mapper, binder };
static void * (* const others[])(void *number) = { backend, worker, reader };

static void start(void *(*function)(void *number), unsigned long number, pthread_t *thread)
{
	if (pthread_create(thread, NULL, function, (void *)(number + 1)))
		exit(EXIT_FAILURE);
}

/* What nothing was done of was not tested either: it goes on a while for that. */
static const struct {
	const char *name;
	const unsigned long *count;
} done[] = {
	{ "mapped", &mapped },
	{ "refused", &refused },
	{ "synced", &synced },
	{ "bound again", &bound_again },
	{ "held by a backend", &held_grants },
};

static const char *not_done(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(done); i++)
		if (!__atomic_load_n(done[i].count, __ATOMIC_RELAXED))
			return done[i].name;
	return NULL;
}

#define WAIT_MORE	200	/* times 50 ms */

static void run_threads(void)
{
	pthread_t threads[ARRAY_SIZE(users) + ARRAY_SIZE(others)];
	unsigned long i, n = 0;

	for (i = 0; i < ARRAY_SIZE(users); i++)
		start(users[i], n, &threads[n]), n++;
	for (i = 0; i < ARRAY_SIZE(others); i++)
		start(others[i], n, &threads[n]), n++;
	usleep(seconds * 1000000);
	for (i = 0; i < WAIT_MORE && not_done(); i++)
		usleep(50000);
	__atomic_store_n(&stop_users, true, __ATOMIC_RELAXED);
	for (i = 0; i < ARRAY_SIZE(users); i++)
		pthread_join(threads[i], NULL);
	__atomic_store_n(&stop_others, true, __ATOMIC_RELAXED);
	for (; i < n; i++)
		pthread_join(threads[i], NULL);
	if (not_done())
		report_violation("nothing was %s", not_done());
}

/* After the last driver is gone nothing is granted, and all references are there. */
static void check_end(unsigned long pages_before)
{
	/* Frames of the table's list of free references stay. */
	unsigned long most = pages_before + host_frames;
	grant_ref_t ref, head;

	for (ref = 0; ref < host_references(); ref++)
		if (host_table[ref].flags)
			report_violation("reference %#x is still granted", ref);
	if (host_pages_used() > most)
		report_violation("%lu pages are left, of %lu", host_pages_used(), most);
	if (gnttab_alloc_grant_references(host_references() - GNTTAB_NR_RESERVED_ENTRIES,
					  &head))
		report_violation("references are lost");
}

static void run(unsigned int table_frames)
{
	unsigned long pages_before;
	struct random random;
	unsigned int i;

	host_frames = table_frames;
	host_cpus = 4;
	host_quiet = true;
	by_page = !strcmp(level, "page");
	backend_init();
	host_init();
	random = thread_begins(NULL);
	pages_before = host_pages_used();
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		bind(&devices[i], &random);
	run_threads();
	host_fail_alloc = 0;
	for (i = 0; i < ARRAY_SIZE(devices); i++)
		if (devices[i].works)
			unbind(&devices[i], &random);
	/* One work at a time may be what another one queues. */
	for (i = 0; i < 100; i++)
		host_run_works(true);
	check_end(pages_before);
	for (i = 0; i < ARRAY_SIZE(done); i++)
		printf("%s: %lu\n", done[i].name, *done[i].count);
	exit(violations || host_warnings ? EXIT_FAILURE : EXIT_SUCCESS);
}

/* The first fault says most. */
#define LINES	25

static void show(const char *path)
{
	FILE *log = fopen(path, "r");
	char line[400];
	int i;

	for (i = 0; log && i < LINES && fgets(line, sizeof(line), log); i++)
		printf("# %s", line);
	printf("# all of it: %s\n", path);
	if (log)
		fclose(log);
}

/* The grant table is set up once, so each configuration is a process of its own. */
static bool test(unsigned int number, unsigned int i, const char *program)
{
	unsigned int table_frames = frames[i % ARRAY_SIZE(frames)];
	char path[400];
	int status;
	pid_t pid;

	level = levels[i / ARRAY_SIZE(frames)];
	snprintf(path, sizeof(path), "%s-%s-%u.log", program, level, table_frames);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		if (!freopen(path, "w", stdout) || dup2(fileno(stdout), 2) < 0)
			exit(EXIT_FAILURE);
		alarm(60 + 20 * seconds);
		run(table_frames);
	}
	waitpid(pid, &status, 0);
	if (status)
		show(path);
	printf("%sok %u stress: %s, %u frames%s\n", status ? "not " : "", number, level,
	       table_frames, WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ?
	       " # it hangs" : "");
	return status;
}

/* Whether a configuration is among those that are named, or none is. */
static bool is_named(unsigned int i, char **names)
{
	char name[20], **at;

	snprintf(name, sizeof(name), "%s-%u", levels[i / ARRAY_SIZE(frames)],
		 frames[i % ARRAY_SIZE(frames)]);
	for (at = names; *at && strcmp(*at, name); at++)
		;
	return *at || !*names;
}

static unsigned int count_tests(char **names)
{
	unsigned int i, tests = 0;

	for (i = 0; i < CONFIGURATIONS; i++)
		tests += is_named(i, names);
	return tests;
}

int main(int argc, char **argv)
{
	unsigned int i, tests, number = 0;
	bool failed = false;
	int option;

	seed = time(NULL);
	while ((option = getopt(argc, argv, "s:r:")) != -1) {
		if (option == 's')
			seconds = atof(optarg);
		else if (option == 'r')
			seed = strtoull(optarg, NULL, 0);
		else
			return EXIT_FAILURE;
	}
	printf("KTAP version 1\n# seed %llu\n", seed);
	tests = count_tests(argv + optind);
	seconds /= tests;
	printf("1..%u\n", tests);
	for (i = 0; i < CONFIGURATIONS; i++)
		if (is_named(i, argv + optind))
			failed |= test(++number, i, argv[0]);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
