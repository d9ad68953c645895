// SPDX-License-Identifier: GPL-2.0-only
/*
 * A backend without manners.  Runs in dom0 or a driver domain, against a guest's grant table:
 *
 *   hostile snoop DOMID SECONDS VISITS KINDS   reads all that can be mapped
 *   hostile scribble DOMID SECONDS             overwrites what can be mapped writable
 *   hostile hold DOMID COUNT SECONDS           keeps what was mapped
 *   hostile linger DOMID SECONDS VISITS        keeps it for a second, then writes to it
 *   hostile keep DOMID SECONDS                 maps all that can be mapped, and keeps it
 *   hostile foreign DOMID                      maps memory of the guest without grants
 *
 * Snoop goes on for SECONDS, and until it has made VISITS: a visit is a scan of
 * a page that is mapped at that moment.  It prints how often it saw each kind of
 * word (secret.h).
 *
 * Scribble takes the references from its input, a line each: the reference, then
 * "ro" if the guest granted it read-only, else "rw". It goes through them once,
 * and again until SECONDS have passed.
 *
 * Hold prints "ready" when it knows what was mapped before, which it leaves alone.
 * Then it takes what comes to be mapped for large I/O, prints "holding" once it
 * has COUNT references, and lets go after SECONDS, 0 for when its input ends, which
 * also ends the taking.
 *
 * Linger maps what can be mapped, writable if possible, and visits it again and
 * again. After a second it overwrites what it saw of I/O, and lets go. Nothing else is
 * touched, so that the devices work. It goes on as snoop does, or,
 * where SECONDS is 0, until its input ends.
 *
 * Keep goes through the references once and prints "references", with all that it
 * has mapped, and "kept", with how many these are.
 *
 * Foreign tries the guest's first pages, and prints "foreign", with how many it got.
 *
 * Figures are printed as lines of a name and a number.
 */

#include <err.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xenforeignmemory.h>
#include <xengnttab.h>
#include <xentoollog.h>

#include "secret.h"

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof(*(a)))

#define USAGE "usage: hostile snoop DOMID SECONDS VISITS KINDS | scribble DOMID SECONDS | " \
	"hold DOMID COUNT SECONDS | linger DOMID SECONDS VISITS | keep DOMID SECONDS | " \
	"foreign DOMID"

#define PAGE_BYTES	4096
#define PAGE_WORDS	(PAGE_BYTES / sizeof(__u64))

#define MAX_REFS	(64 * 512)	/* xl's default for a guest */
#define SWEEP		256		/* references probed at once, at least WINDOW */
#define WINDOW		64		/* references visited together */
#define BATCH		16		/* references mapped at once */
#define SCANS		16		/* of a page while it is mapped */
#define FINDS		8		/* pages with secrets that are told */
#define SCRIBBLE	0xa5		/* what is written */
#define NICE		5

/* References of large I/O come in runs, aligned to a power of two. */
#define RUN		16

/* Seconds more than it should take, on a machine with much else to do. */
#define PATIENCE	240

/**
 * struct victim - the guest that is attacked
 * @xgt: the way to its memory
 * @domid: its domain
 */
struct victim {
	xengnttab_handle *xgt;
	__u32 domid;
};

/**
 * struct mapping - references mapped together
 * @refs: the references
 * @pages: where their pages are
 * @count: number of references
 */
struct mapping {
	const __u32 *refs;
	__u64 *pages;
	unsigned int count;
};

/**
 * struct snoop - what was found in a guest
 * @victim: the guest
 * @known: references that could be mapped at some time
 * @known_count: how many
 * @is_known: whether a reference is among them
 * @visited: whether a reference was ever visited
 * @sweep: reference to probe next
 * @sweeps: how often all were probed
 * @turn: index into @known of the reference to visit next
 * @visits: pages scanned
 * @maps: references mapped
 * @words: words seen, by kind
 * @finds: pages with secrets that were reported so far
 * @last_find: reference of the last one
 */
struct snoop {
	struct victim victim;
	__u32 known[MAX_REFS];
	unsigned int known_count;
	bool is_known[MAX_REFS];
	bool visited[MAX_REFS];
	__u32 sweep;
	unsigned int sweeps;
	unsigned int turn;
	__u64 visits;
	__u64 maps;
	__u64 words[SECRET_COUNT];
	unsigned int finds;
	__u32 last_find;
};

static const char *const kinds[] = { SECRET_KINDS };

static struct victim victim_open(__u32 domid)
{
	/* That references can't be mapped is no news. */
	xentoollog_logger_stdiostream *logger =
		xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	struct victim victim = { .domid = domid };

	victim.xgt = xengnttab_open((xentoollog_logger *)logger, 0);
	if (!victim.xgt)
		err(1, "can't open Xen's grant device");
	return victim;
}

static bool victim_map(const struct victim *victim, __u32 *refs,
		       unsigned int count, int prot, struct mapping *mapping)
{
	mapping->refs = refs;
	mapping->count = count;
	mapping->pages = xengnttab_map_domain_grant_refs(victim->xgt, count,
							 victim->domid, refs,
							 prot);
	return mapping->pages;
}

static void victim_unmap(const struct victim *victim, struct mapping *mapping)
{
	if (xengnttab_unmap(victim->xgt, mapping->pages, mapping->count))
		err(1, "can't unmap %u references", mapping->count);
}

/*
 * Leaves the references that Xen gives access to, and returns how many. A copy
 * of a word costs far less than a mapping, and tells for each of many.
 */
static unsigned int victim_probe(const struct victim *victim, __u32 *refs,
				 unsigned int count)
{
	xengnttab_grant_copy_segment_t segments[SWEEP] = {};
	unsigned int i, readable = 0;
	__u64 word;

	for (i = 0; i < count; i++) {
		segments[i].source.foreign.ref = refs[i];
		segments[i].source.foreign.domid = victim->domid;
		segments[i].dest.virt = &word;
		segments[i].len = sizeof(word);
		segments[i].flags = GNTCOPY_source_gref;
	}
	if (xengnttab_grant_copy(victim->xgt, count, segments))
		err(1, "can't copy from domain %u", victim->domid);
	for (i = 0; i < count; i++) {
		if (segments[i].status == GNTST_bad_domain)
			errx(1, "domain %u is gone", victim->domid);
		if (segments[i].status == GNTST_okay)
			refs[readable++] = refs[i];
	}
	return readable;
}

static void snoop_found(struct snoop *snoop, __u32 ref, unsigned int at,
			__u64 word)
{
	unsigned int kind = (word & 0xff) - 1;

	if (kind >= SECRET_COUNT || word != SECRET_OF(kind))
		return;
	snoop->words[kind]++;
	if (kind == SECRET_DATA || snoop->last_find == ref ||
	    snoop->finds == FINDS)
		return;
	snoop->last_find = ref;
	snoop->finds++;
	printf("# %s in reference %u at %zu\n", kinds[kind], ref,
	       at * sizeof(__u64));
}

static void snoop_scan(struct snoop *snoop, __u32 ref, const __u64 *page)
{
	unsigned int i;

	for (i = 0; i < PAGE_WORDS; i++)
		if ((page[i] & ~SECRET_KIND_MASK) == SECRET)
			snoop_found(snoop, ref, i, page[i]);
	snoop->visits++;
}

/* Scans them in turns, so that what is in flight changes in between. */
static void snoop_scan_all(struct snoop *snoop, const struct mapping *mappings,
			   unsigned int count)
{
	const struct mapping *mapping;
	unsigned int scan, i;

	for (scan = 0; scan < SCANS; scan++)
		for (mapping = mappings; mapping < mappings + count; mapping++)
			for (i = 0; i < mapping->count; i++)
				snoop_scan(snoop, mapping->refs[i],
					   mapping->pages + i * PAGE_WORDS);
}

static bool snoop_map(struct snoop *snoop, __u32 *refs, unsigned int count,
		      struct mapping *mapping)
{
	unsigned int i;

	if (!victim_map(&snoop->victim, refs, count, PROT_READ, mapping))
		return false;
	for (i = 0; i < count; i++)
		snoop->visited[refs[i]] = true;
	snoop->maps += count;
	return true;
}

/* Any that can't be mapped by now spoils its batch. */
static void snoop_visit(struct snoop *snoop, __u32 *refs, unsigned int count)
{
	struct mapping mappings[WINDOW + SWEEP];
	unsigned int mapped = 0, i, j, batch;

	for (i = 0; i < count; i += batch) {
		batch = count - i < BATCH ? count - i : BATCH;
		if (snoop_map(snoop, refs + i, batch, &mappings[mapped])) {
			mapped++;
			continue;
		}
		for (j = i; j < i + batch; j++)
			mapped += snoop_map(snoop, refs + j, 1,
					    &mappings[mapped]);
	}
	snoop_scan_all(snoop, mappings, mapped);
	while (mapped)
		victim_unmap(&snoop->victim, &mappings[--mapped]);
}

/* Learns which references can be mapped, some at a time. Returns new ones. */
static unsigned int snoop_sweep(struct snoop *snoop, __u32 *refs)
{
	unsigned int count = 0, i;

	for (i = 0; i < SWEEP; i++) {
		if (!snoop->is_known[snoop->sweep])
			refs[count++] = snoop->sweep;
		snoop->sweep = (snoop->sweep + 1) % MAX_REFS;
	}
	snoop->sweeps += !snoop->sweep;
	count = victim_probe(&snoop->victim, refs, count);
	for (i = 0; i < count; i++) {
		snoop->is_known[refs[i]] = true;
		snoop->known[snoop->known_count++] = refs[i];
	}
	return count;
}

/* Comes back to some that could be mapped before. Returns those that still can. */
static unsigned int snoop_again(struct snoop *snoop, __u32 *refs)
{
	unsigned int count = 0, i;

	for (i = 0; i < WINDOW && i < snoop->known_count; i++) {
		snoop->turn = (snoop->turn + 1) % snoop->known_count;
		refs[count++] = snoop->known[snoop->turn];
	}
	return victim_probe(&snoop->victim, refs, count);
}

static void snoop_round(struct snoop *snoop)
{
	__u32 refs[WINDOW + SWEEP];
	unsigned int count;

	count = snoop_again(snoop, refs);
	count += snoop_sweep(snoop, refs + count);
	snoop_visit(snoop, refs, count);
}

static void snoop_report(const struct snoop *snoop)
{
	unsigned int references = 0, i;

	for (i = 0; i < MAX_REFS; i++)
		references += snoop->visited[i];
	printf("visits %llu\n", snoop->visits);
	printf("bytes %llu\n", snoop->visits * PAGE_BYTES);
	printf("maps %llu\n", snoop->maps);
	printf("references %u\n", references);
	printf("sweeps %u\n", snoop->sweeps);
	for (i = 0; i < SECRET_COUNT; i++)
		printf("%s %llu\n", kinds[i], snoop->words[i]);
}

/* Whether secrets of as many kinds were seen, in the order of enum secret_kind. */
static bool snoop_saw(const struct snoop *snoop, unsigned int kinds)
{
	while (kinds)
		if (!snoop->words[--kinds])
			return false;
	return true;
}

/* For so long, and until so much was done and seen; but not for ever. */
static void snoop(struct victim victim, unsigned int seconds,
		  unsigned int visits, unsigned int kinds)
{
	static struct snoop snoop;
	time_t start = time(NULL), now;

	/* Those that serve the guest go first, or there is nothing to see. */
	errno = 0;
	if (nice(NICE) == -1 && errno)
		err(1, "can't be nice");
	snoop.victim = victim;
	for (now = start; now < start + seconds ||
	     ((snoop.visits < visits || !snoop.sweeps ||
	       !snoop_saw(&snoop, kinds)) &&
	      now < start + seconds + PATIENCE);
	     now = time(NULL))
		snoop_round(&snoop);
	snoop_report(&snoop);
}

/**
 * struct scribble - what came of writing to a guest's pages
 * @written: could be written
 * @read_only: could be mapped, but not writable
 * @unmapped: could not be mapped
 * @violations: could be written though granted read-only
 */
struct scribble {
	unsigned int written;
	unsigned int read_only;
	unsigned int unmapped;
	unsigned int violations;
};

static void scribble_page(const struct victim *victim, __u32 ref,
			  bool read_only, struct scribble *scribble)
{
	struct mapping mapping;

	if (victim_map(victim, &ref, 1, PROT_READ | PROT_WRITE, &mapping)) {
		memset(mapping.pages, SCRIBBLE, PAGE_BYTES);
		scribble->written++;
		scribble->violations += read_only;
	} else if (victim_map(victim, &ref, 1, PROT_READ, &mapping)) {
		scribble->read_only++;
	} else {
		scribble->unmapped++;
		return;
	}
	victim_unmap(victim, &mapping);
}

enum access { ACCESS_NONE, ACCESS_READ, ACCESS_WRITE };

static void read_references(enum access *access)
{
	char word[3];
	__u32 ref;
	int got;

	while ((got = scanf("%u %2s", &ref, word)) == 2) {
		if (ref >= MAX_REFS)
			errx(1, "reference %u is not below %u", ref, MAX_REFS);
		access[ref] = strcmp(word, "ro") ? ACCESS_WRITE : ACCESS_READ;
	}
	if (got != EOF)
		errx(1, "input must be lines of a reference and ro or rw");
}

static void scribble(struct victim victim, unsigned int seconds)
{
	static enum access access[MAX_REFS];
	time_t end = time(NULL) + seconds;
	struct scribble scribble = {};
	__u32 ref;

	read_references(access);
	do {
		for (ref = 0; ref < MAX_REFS; ref++)
			if (access[ref] != ACCESS_NONE)
				scribble_page(&victim, ref,
					      access[ref] == ACCESS_READ,
					      &scribble);
	} while (time(NULL) < end);
	printf("written %u\n", scribble.written);
	printf("read-only %u\n", scribble.read_only);
	printf("unmapped %u\n", scribble.unmapped);
	printf("violations %u\n", scribble.violations);
}

/**
 * struct hold - references that are kept
 * @victim: whose
 * @taken: runs of which some reference was mapped before, or is kept
 * @kept: the mappings
 * @mappings: how many
 * @count: references kept
 * @wanted: references to keep
 */
struct hold {
	struct victim victim;
	bool taken[MAX_REFS / RUN];
	struct mapping kept[MAX_REFS / RUN];
	unsigned int mappings;
	unsigned int count;
	unsigned int wanted;
};

/* Leaves alone the rings, and whatever else stays mapped. */
static void hold_exclude(struct hold *hold)
{
	unsigned int count, i;
	__u32 refs[RUN];
	__u32 run;

	for (run = 0; run < ARRAY_SIZE(hold->taken); run++) {
		for (i = 0; i < RUN; i++)
			refs[i] = run * RUN + i;
		count = victim_probe(&hold->victim, refs, RUN);
		hold->taken[run] = count;
	}
}

/*
 * Data of large I/O fills its pages. Others stay granted for small buffers, and end with
 * bytes that nobody wrote.
 */
static bool holds_data(const struct mapping *mapping)
{
	unsigned int i;

	for (i = 1; i <= mapping->count; i++)
		if (!mapping->pages[i * PAGE_WORDS - 1])
			return false;
	return true;
}

static void hold_run(struct hold *hold, __u32 run)
{
	struct mapping *mapping = &hold->kept[hold->mappings];
	unsigned int count = hold->wanted - hold->count, i;
	__u32 refs[RUN];

	for (i = 0; i < RUN; i++)
		refs[i] = run * RUN + i;
	if (victim_probe(&hold->victim, refs, RUN) < RUN)
		return;
	if (count > RUN)
		count = RUN;
	if (!victim_map(&hold->victim, refs, count, PROT_READ, mapping))
		return;
	if (!holds_data(mapping)) {
		victim_unmap(&hold->victim, mapping);
		return;
	}
	hold->taken[run] = true;
	hold->mappings++;
	hold->count += count;
}

/* Takes those runs whose first reference can be mapped now. */
static void hold_some(struct hold *hold)
{
	unsigned int count = 0, i;
	__u32 refs[WINDOW];
	__u32 run;

	for (run = 0; run < ARRAY_SIZE(hold->taken); run++) {
		if (!hold->taken[run])
			refs[count++] = run * RUN;
		if (count < WINDOW && run + 1 < ARRAY_SIZE(hold->taken))
			continue;
		count = victim_probe(&hold->victim, refs, count);
		for (i = 0; i < count && hold->count < hold->wanted; i++)
			hold_run(hold, refs[i] / RUN);
		count = 0;
	}
}

static bool input_ended(void)
{
	struct pollfd input = { .fd = STDIN_FILENO, .events = POLLIN };
	char byte;

	return poll(&input, 1, 0) > 0 && read(input.fd, &byte, 1) <= 0;
}

static void say(const char *what, unsigned int count)
{
	printf("%s %u\n", what, count);
	fflush(stdout);
}

static void hold(struct victim victim, unsigned int wanted,
		 unsigned int seconds)
{
	static struct hold hold;
	time_t end;
	char end_of_input[64];

	hold.victim = victim;
	hold.wanted = wanted;
	hold_exclude(&hold);
	say("ready", 0);

	end = time(NULL) + PATIENCE;
	while (hold.count < wanted && time(NULL) < end && (seconds || !input_ended()))
		hold_some(&hold);
	say("holding", hold.count);

	if (seconds)
		sleep(seconds);
	else
		while (read(STDIN_FILENO, end_of_input, sizeof(end_of_input)) > 0)
			;
	while (hold.mappings)
		victim_unmap(&victim, &hold.kept[--hold.mappings]);
	say("released", hold.count);
}

#define LINGER		1024	/* pages kept at once */
#define LINGER_MS	1000	/* for so long */

/**
 * struct lingering - a page that is kept
 * @mapping: the page
 * @ref: its reference
 * @writable: whether it could be mapped so
 * @until: milliseconds when it ends
 */
struct lingering {
	struct mapping mapping;
	__u32 ref;
	bool writable;
	__u64 until;
};

/**
 * struct linger - what is kept, the oldest first
 * @snoop: what was found
 * @pages: a ring of pages
 * @first: the oldest
 * @count: how many
 * @is_kept: whether a reference is among them
 * @written: pages of which words were overwritten
 */
struct linger {
	struct snoop snoop;
	struct lingering pages[LINGER];
	unsigned int first;
	unsigned int count;
	bool is_kept[MAX_REFS];
	unsigned int written;
};

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static struct lingering *linger_page(struct linger *linger, unsigned int index)
{
	return &linger->pages[(linger->first + index) % LINGER];
}

static void linger_keep(struct linger *linger, __u32 ref)
{
	struct lingering *page = linger_page(linger, linger->count);
	struct victim *victim = &linger->snoop.victim;

	if (linger->is_kept[ref] || linger->count == LINGER)
		return;
	page->ref = ref;
	page->writable = victim_map(victim, &page->ref, 1, PROT_READ | PROT_WRITE,
				    &page->mapping);
	if (!page->writable &&
	    !victim_map(victim, &page->ref, 1, PROT_READ, &page->mapping))
		return;
	page->until = now_ms() + LINGER_MS;
	linger->is_kept[ref] = true;
	linger->snoop.visited[ref] = true;
	linger->snoop.maps++;
	linger->count++;
}

/* Whether a page holds I/O, or what became of it. */
static bool linger_visit(struct linger *linger, struct lingering *page)
{
	struct snoop *snoop = &linger->snoop;
	__u64 before = snoop->words[SECRET_DATA] + snoop->words[SECRET_LATE];

	snoop_scan(snoop, page->ref, page->mapping.pages);
	return snoop->words[SECRET_DATA] + snoop->words[SECRET_LATE] != before;
}

/* Other bytes of a page that copies share may be the status of a request by now. */
/* In one step, as a word that I/O left may become another request's status, which must stay. */
static void linger_overwrite(__u64 *page)
{
	unsigned int i, kind;

	for (i = 0; i < PAGE_WORDS; i++)
		for (kind = 0; kind < SECRET_COUNT; kind++)
			__sync_bool_compare_and_swap(&page[i], SECRET_OF(kind),
						     ~0ULL / 0xff * SCRIBBLE);
}

static void linger_let_go(struct linger *linger)
{
	struct lingering *page = linger_page(linger, 0);

	if (linger_visit(linger, page) && page->writable) {
		linger_overwrite(page->mapping.pages);
		linger->written++;
	}
	victim_unmap(&linger->snoop.victim, &page->mapping);
	linger->is_kept[page->ref] = false;
	linger->first = (linger->first + 1) % LINGER;
	linger->count--;
}

static void linger_round(struct linger *linger)
{
	__u32 refs[WINDOW + SWEEP];
	unsigned int count, i;

	count = snoop_again(&linger->snoop, refs);
	count += snoop_sweep(&linger->snoop, refs + count);
	for (i = 0; i < count; i++)
		linger_keep(linger, refs[i]);
	for (i = 0; i < linger->count; i++)
		linger_visit(linger, linger_page(linger, i));
	while (linger->count && linger_page(linger, 0)->until <= now_ms())
		linger_let_go(linger);
}

static void linger(struct victim victim, unsigned int seconds,
		   unsigned int visits)
{
	static struct linger linger;
	time_t start = time(NULL), now;

	linger.snoop.victim = victim;
	for (now = start; seconds ? now < start + seconds ||
	     (linger.snoop.visits < visits && now < start + seconds + PATIENCE) :
	     !input_ended(); now = time(NULL))
		linger_round(&linger);
	while (linger.count)
		linger_let_go(&linger);
	snoop_report(&linger.snoop);
	printf("written %u\n", linger.written);
}

static unsigned int probe_all(const struct victim *victim, __u32 *refs)
{
	unsigned int count = 0, i;
	__u32 first;

	for (first = 0; first < MAX_REFS; first += SWEEP) {
		for (i = 0; i < SWEEP; i++)
			refs[count + i] = first + i;
		count += victim_probe(victim, refs + count, SWEEP);
	}
	return count;
}

/* The end of the program unmaps. */
static void keep(struct victim victim, unsigned int seconds)
{
	unsigned int found, count = 0, i;
	static __u32 refs[MAX_REFS];
	struct mapping mapping;

	found = probe_all(&victim, refs);
	printf("references");
	for (i = 0; i < found; i++) {
		if (!victim_map(&victim, &refs[i], 1, PROT_READ, &mapping))
			continue;
		printf(" %u", refs[i]);
		count++;
	}
	printf("\n");
	say("kept", count);
	sleep(seconds);
}

/* What an Arm guest's memory begins at (GUEST_RAM0_BASE, xen/include/public/arch-arm.h). */
#define RAM_BASE	0x40000000UL

static void foreign(__u32 domid)
{
	xenforeignmemory_handle *memory = xenforeignmemory_open(NULL, 0);
	unsigned int mapped = 0, i;
	xen_pfn_t pfns[SWEEP];
	int errors[SWEEP];

	if (!memory)
		err(1, "can't open Xen's privileged device");
	for (i = 0; i < SWEEP; i++)
		pfns[i] = RAM_BASE / PAGE_BYTES + i;
	if (xenforeignmemory_map(memory, domid, PROT_READ, SWEEP, pfns, errors))
		for (i = 0; i < SWEEP; i++)
			mapped += !errors[i];
	say("foreign", mapped);
}

static unsigned int parse_number(const char *text)
{
	unsigned long value;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno || *end || end == text || *text == '-' || value > INT_MAX)
		errx(2, "not a number: %s", text);
	return value;
}

static __u32 parse_domid(const char *text)
{
	unsigned int domid = parse_number(text);

	if (domid >= DOMID_FIRST_RESERVED)
		errx(2, "%u is not a domain ID", domid);
	return domid;
}

static struct victim victim_named(const char *domid)
{
	return victim_open(parse_domid(domid));
}

int main(int argc, char **argv)
{
	const char *what = argc > 2 ? argv[1] : "";

	if (!strcmp(what, "snoop") && argc == 6)
		snoop(victim_named(argv[2]), parse_number(argv[3]), parse_number(argv[4]),
		      parse_number(argv[5]));
	else if (!strcmp(what, "scribble") && argc == 4)
		scribble(victim_named(argv[2]), parse_number(argv[3]));
	else if (!strcmp(what, "hold") && argc == 5)
		hold(victim_named(argv[2]), parse_number(argv[3]), parse_number(argv[4]));
	else if (!strcmp(what, "linger") && argc == 5)
		linger(victim_named(argv[2]), parse_number(argv[3]), parse_number(argv[4]));
	else if (!strcmp(what, "keep") && argc == 4)
		keep(victim_named(argv[2]), parse_number(argv[3]));
	else if (!strcmp(what, "foreign") && argc == 3)
		foreign(parse_domid(argv[2]));
	else
		errx(2, USAGE);
	return 0;
}
