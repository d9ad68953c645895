// SPDX-License-Identifier: GPL-2.0-only
/*
 * Reads blocks of which the data must be right, in a guest:
 *
 *   reader DISK KIND write    writes words of that kind (secret.h) to the first 64 KiB
 *   reader DISK KIND          reads them, until it gets SIGTERM
 *
 * The reads go to pages of the program's, some hundred of them in a row, as a backend
 * may need a while to find the pages. Then the pages are left alone for a time, and looked
 * at again. At the end it prints lines of a name and a number: reads that were right
 * at once, reads that failed, and bytes that were wrong although their read had
 * succeeded.
 */

#define _GNU_SOURCE

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <linux/types.h>

#include "fill.h"

#define PAGE_BYTES	4096
#define BUFFER_BYTES	(16 * PAGE_BYTES)
#define WORDS		(BUFFER_BYTES / sizeof(__u64))
#define REPEAT		100	/* reads of a turn */

/* How long pages are left alone. */
static const struct timespec pause_time = { .tv_sec = 1, .tv_nsec = 500000000 };

static enum secret_kind kind_of(const char *name)
{
	static const char *const names[] = { SECRET_KINDS };
	unsigned int i;

	for (i = 0; i < SECRET_COUNT; i++)
		if (!strcmp(names[i], name))
			return i;
	errx(2, "%s is no kind of word", name);
}

/* Returns false when the read fails. */
static bool read_words(int fd, __u64 *words)
{
	if (pread(fd, words, BUFFER_BYTES, 0) == BUFFER_BYTES)
		return true;
	if (errno != EIO)
		err(1, "can't read");
	return false;
}

int main(int argc, char **argv)
{
	static alignas(PAGE_BYTES) __u64 words[WORDS];
	unsigned int i, right = 0, failed = 0, wrong = 0;
	bool writes = argc == 4 && !strcmp(argv[3], "write"), done = false, succeeded;
	enum secret_kind kind;
	sigset_t signals;
	int fd;

	if (argc != 3 && !writes)
		errx(2, "usage: reader DISK KIND [write]");
	kind = kind_of(argv[2]);
	fd = open(argv[1], (writes ? O_WRONLY : O_RDONLY) | O_DIRECT);
	if (fd < 0)
		err(1, "can't open %s", argv[1]);
	if (writes) {
		fill(words, sizeof(words), kind);
		if (pwrite(fd, words, BUFFER_BYTES, 0) != BUFFER_BYTES || fsync(fd))
			err(1, "can't write");
		return 0;
	}

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	while (!done) {
		for (i = 0; i < REPEAT; i++) {
			succeeded = read_words(fd, words);
			failed += !succeeded;
			if (succeeded && !differ(words, sizeof(words), kind))
				right++;
			else if (succeeded)
				wrong += differ(words, sizeof(words), kind);
		}
		done = sigtimedwait(&signals, NULL, &pause_time) == SIGTERM;
		if (succeeded)
			wrong += differ(words, sizeof(words), kind);
	}
	printf("right %u\nfailed %u\nwrong %u\n", right, failed, wrong);
	return 0;
}
