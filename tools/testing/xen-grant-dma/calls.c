// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: what all kinds have of each other.
 */

#include "calls.h"

struct fuzz_device devices[DEVICES];
struct fuzz_buffer buffers[BUFFERS];
struct fuzz_mapping mappings[MAPPINGS];
struct fuzz_held helds[HELD];
const u16 domid_of[DEVICES] = { 0, 1, 1 };
const char *level_name;
bool failing;
unsigned int (*calls_random)(unsigned int below);

const struct call * const call_kinds[] = {
	device_calls, buffer_calls, mapping_calls, sync_calls, backend_calls, machine_calls,
	NULL
};

struct fuzz_messages messages(void)
{
	static struct kmsg_dump_iter iter;
	static struct fuzz_messages count;
	char line[256];
	size_t length;

	while (kmsg_dump_get_line(&iter, false, line, sizeof(line), &length)) {
		count.misuses += !!strstr(line, "misused");
		count.no_reserves += !!strstr(line, "for a reserve");
	}
	return count;
}

void fill_pattern(void *to, size_t size, bool device)
{
	static unsigned int turn;
	u8 *p = to;

	for (turn++; size; size--, p++)
		*p = device ? oracle_device_byte(turn + size) : oracle_guest_byte(turn + size);
}

bool draw_one(unsigned int *one, unsigned int count, bool (*is)(unsigned int), bool wanted)
{
	unsigned int start = calls_random(count), i;

	for (i = 0; i < count; i++) {
		*one = (start + i) % count;
		if (is(*one) == wanted)
			return true;
	}
	return false;
}

bool draw_nothing(struct call_args *a)
{
	return true;
}

void draw_part(struct call_args *a, size_t size)
{
	a->offset = calls_random(2) ? 0 : calls_random(size);
	if (calls_random(2))
		a->offset &= PAGE_MASK;
	a->size = size - a->offset;
	if (calls_random(2))
		a->size = 1 + calls_random(a->size);
	else if (a->size > PAGE_SIZE && calls_random(2))
		a->size = PAGE_SIZE;
}

/* The grant table keeps what it grows by, so it grows before anything is counted. */
void calls_init(void)
{
	grant_ref_t head;

	stub_initcall_backends_init();
	if (gnttab_alloc_grant_references(host_references() - GNTTAB_NR_RESERVED_ENTRIES, &head))
		abort();
	gnttab_free_grant_references(head);
}

static void run_call(const char *name, struct call_args args)
{
	call_find(name)->run(&args);
}

void calls_end(void)
{
	unsigned int i;

	host_fail_nth = 0;
	for (i = 0; i < DEVICES; i++)
		run_call("unbind", (struct call_args){ .device = i });
	oracle_check();
	for (i = 0; i < HELD; i++)
		run_call("release", (struct call_args){ .held = i });
	run_call("work", (struct call_args){ });
	oracle_check();
	for (i = 0; i < BUFFERS; i++)
		run_call("free", (struct call_args){ .buffer = i });
	oracle_check();
	oracle_end();
}
