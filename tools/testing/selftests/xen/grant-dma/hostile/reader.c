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
 * succeeded; and before, as soon as there is one of these, "damaged".
 */

#define _GNU_SOURCE

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fill.h"
#include "turn.h"

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
static bool read_buffer(int fd)
{
	if (pread(fd, buffer, BUFFER_BYTES, 0) == BUFFER_BYTES)
		return true;
	if (errno != EIO)
		err(1, "can't read");
	return false;
}

static void write_buffer(int fd, enum secret_kind kind)
{
	fill(buffer, sizeof(buffer), kind);
	if (pwrite(fd, buffer, BUFFER_BYTES, 0) != BUFFER_BYTES || fsync(fd))
		err(1, "can't write");
}

static void read_until_told(int fd, enum secret_kind kind)
{
	unsigned int i, bytes, right = 0, failed = 0, wrong = 0;
	bool succeeded, done;

	turns_begin();
	do {
		for (i = 0; i < REPEAT; i++) {
			succeeded = read_buffer(fd);
			bytes = succeeded ? differ(buffer, sizeof(buffer), kind) : 0;
			failed += !succeeded;
			right += succeeded && !bytes;
			wrong += bytes;
		}
		done = turn_end();
		if (succeeded)
			wrong += differ(buffer, sizeof(buffer), kind);
		tell_damage(wrong);
	} while (!done);
	printf("right %u\nfailed %u\nwrong %u\n", right, failed, wrong);
}

int main(int argc, char **argv)
{
	bool writes = argc == 4 && !strcmp(argv[3], "write");
	enum secret_kind kind;
	int fd;

	if (argc != 3 && !writes)
		errx(2, "usage: reader DISK KIND [write]");
	kind = kind_of(argv[2]);
	fd = open(argv[1], (writes ? O_WRONLY : O_RDONLY) | O_DIRECT);
	if (fd < 0)
		err(1, "can't open %s", argv[1]);
	if (writes)
		write_buffer(fd, kind);
	else
		read_until_told(fd, kind);
	return 0;
}
