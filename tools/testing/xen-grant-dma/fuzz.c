// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random calls of the DMA API with an oracle that knows what may come of them:
 *
 *	fuzz FILE			the calls in a file, see sequence.h
 *	fuzz -r SEED -s SECONDS -o DIR	random ones, in sequences that each have a seed, from this
 *					on, and go to a file if they find a fault; -n COUNT of
 *					them instead
 *	fuzz -b FILE			calls that bytes stand for, as libFuzzer keeps them
 *
 * -l LEVEL is used whatever the file says; -k "S2 S5" names faults that are known, -v
 * shows calls. It ends with 0 if nothing was found, with 1 after a violation, and with
 * something else after a crash.
 */

#include <stdarg.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "calls.h"

#define MOST_CALLS	400
#define LINE		200

/* What was called, for whoever is there after a crash. */
static struct {
	size_t used;
	char text[MOST_CALLS * LINE];
} *record;
static bool verbose;
static char level[40];

void oracle_violation(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	fprintf(stderr, "violation: ");
	vfprintf(stderr, fmt, args);
	fprintf(stderr, "\n");
	va_end(args);
#ifdef FUZZER
	fprintf(stderr, "%s", record->text);
	abort();
#else
	_exit(1);
#endif
}

static void do_call(const struct call *call, const struct call_args *args)
{
	char line[LINE];

	sequence_print(call, args, line, sizeof(line));
	if (record->used + LINE < sizeof(record->text))
		record->used += sprintf(record->text + record->used, "%s", line);
	if (verbose)
		fprintf(stderr, "%s", line);
	call->run(args);
	oracle_check();
}

/* In proportion to their weights. */
static const struct call *draw_call(void)
{
	const struct call * const *kind;
	const struct call *call;
	unsigned int sum = 0, at;

	for (kind = call_kinds; *kind; kind++)
		for (call = *kind; call->name; call++)
			sum += call->weight;
	at = calls_random(sum);
	for (kind = call_kinds; ; kind++) {
		for (call = *kind; call->name; call++) {
			if (at < call->weight)
				return call;
			at -= call->weight;
		}
	}
}

/* As long as @more says so. */
static void random_calls(bool (*more)(void))
{
	struct call_args args = { };
	const struct call *call;
	unsigned int i;

	record->used = 0;
	args.level = calls_random(3);
	do_call(call_find("level"), &args);
	for (i = 0; i < MOST_CALLS && more(); i++) {
		call = draw_call();
		memset(&args, 0, sizeof(args));
		if (call->draw(&args))
			do_call(call, &args);
	}
	calls_end();
}

/* Bytes decide. */
static const u8 *bytes, *bytes_end;

static unsigned int byte_random(unsigned int below)
{
	unsigned int value = 0, n;

	for (n = 1; n < below; n <<= 8)
		value = value << 8 | (bytes < bytes_end ? *bytes++ : 0);
	return value % below;
}

static bool more_bytes(void)
{
	return bytes < bytes_end;
}

static void calls_of_bytes(const u8 *data, size_t size)
{
	bytes = data;
	bytes_end = data + size;
	calls_random = byte_random;
	random_calls(more_bytes);
}

/* A seed decides. */
static u64 random_state;
static unsigned int calls_left;

static unsigned int seed_random(unsigned int below)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (random_state >> 20) % below;
}

static bool more_calls(void)
{
	return calls_left--;
}

static void calls_of_seed(u64 seed)
{
	unsigned int i;

	random_state = (seed + 1) * 0x9e3779b97f4a7c15ULL;
	calls_random = seed_random;
	for (i = 0; i < 8; i++)
		seed_random(2);
	calls_left = 20 + seed_random(MOST_CALLS - 20);
	random_calls(more_calls);
}

static void init(void)
{
	host_quiet = true;
	host_ram_pages = 8192;
	host_frames = 4;
	host_cpus = 2;
	record = mmap(NULL, sizeof(*record), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	oracle_init();
	host_init();
	calls_init();
}

#ifdef FUZZER
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	oracle_known_faults = getenv("KNOWN") ?: "";
	init();
	return 0;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	calls_of_bytes(data, size);
	return 0;
}
#else
static FILE *open_or_exit(const char *name, const char *mode)
{
	FILE *file = fopen(name, mode);

	if (!file) {
		perror(name);
		exit(2);
	}
	return file;
}

static void calls_of_file(const char *name)
{
	FILE *file = open_or_exit(name, "r");
	const struct call *call;
	struct call_args args;
	char line[1000];

	while (fgets(line, sizeof(line), file)) {
		call = sequence_parse(line, &args);
		if (call == call_find("level") && *level)
			sequence_parse(level, &args);
		if (call)
			do_call(call, &args);
	}
	fclose(file);
	calls_end();
}

static void calls_of_file_of_bytes(const char *name)
{
	FILE *file = open_or_exit(name, "rb");
	static u8 data[1 << 16];
	size_t size = fread(data, 1, sizeof(data), file);

	fclose(file);
	calls_of_bytes(data, size);
}

static void keep_record(const char *dir, u64 seed)
{
	char name[1000];
	FILE *file;

	snprintf(name, sizeof(name), "%s/%llu.calls", dir, (unsigned long long)seed);
	file = open_or_exit(name, "w");
	fwrite(record->text, 1, record->used, file);
	fclose(file);
	printf("%s\n", name);
	fflush(stdout);
}

/* Each sequence in a process of its own, so that it does the same when it is repeated. */
static int calls_of_seeds(u64 seed, unsigned int seconds, unsigned int count, const char *dir)
{
	time_t end = time(NULL) + seconds;
	int status, found = 0;
	unsigned int n = 0;
	pid_t pid;

	for (; (count ? n < count : time(NULL) < end) && found < 5; seed++, n++) {
		pid = fork();
		if (!pid) {
			calls_of_seed(seed);
			_exit(0);
		}
		waitpid(pid, &status, 0);
		if (status) {
			if (WIFSIGNALED(status))
				printf("# %s\n", strsignal(WTERMSIG(status)));
			keep_record(dir, seed);
			found++;
		}
	}
	printf("# %u sequences\n", n);
	return !!found;
}

/* Of a process, so that a busy machine is not taken for a call that doesn't end. */
static void limit_time(void)
{
	struct rlimit limit = { 60, 60 };

	setrlimit(RLIMIT_CPU, &limit);
}

int main(int argc, char **argv)
{
	const char *dir = ".";
	bool random = false;
	unsigned int seconds = 10, count = 0;
	u64 seed = 0;
	int option;

	limit_time();
	init();
	while ((option = getopt(argc, argv, "k:l:n:r:s:o:b:v")) != -1) {
		switch (option) {
		case 'k':
			oracle_known_faults = optarg;
			break;
		case 'l':
			snprintf(level, sizeof(level), "level level=%s", optarg);
			break;
		case 'n':
			count = strtoul(optarg, NULL, 0);
			break;
		case 'r':
			random = true;
			seed = strtoull(optarg, NULL, 0);
			break;
		case 's':
			seconds = strtoul(optarg, NULL, 0);
			break;
		case 'o':
			dir = optarg;
			break;
		case 'b':
			verbose = true;
			calls_of_file_of_bytes(optarg);
			return 0;
		case 'v':
			verbose = true;
			break;
		default:
			return 2;
		}
	}
	if (random)
		return calls_of_seeds(seed, seconds, count, dir);
	for (; optind < argc; optind++)
		calls_of_file(argv[optind]);
	return 0;
}
#endif
