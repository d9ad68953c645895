// SPDX-License-Identifier: GPL-2.0-only
/*
 * Puts secrets into pages of which the I/O is over, in a guest:
 *
 *   late DISK OFFSET
 *
 * until it gets SIGTERM. Each turn writes data (secret.h) from whole pages to the
 * disk, or reads it, some hundred times, as a backend may need a while to find the
 * pages. Then the pages hold secrets for a time, and nobody else may change them.
 *
 * OFFSET and the 64 KiB from there on are the program's. At the end it prints
 * lines of a name and a number: turns, and bytes that were changed; and before, as
 * soon as there is one of these, "damaged".
 */

#define _GNU_SOURCE

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fill.h"
#include "turn.h"

static void do_io(int fd, off_t offset, unsigned int turn)
{
	unsigned int i;

	for (i = 0; i < REPEAT; i++)
		if ((turn & 1 ? pread(fd, buffer, BUFFER_BYTES, offset) :
				pwrite(fd, buffer, BUFFER_BYTES, offset)) != BUFFER_BYTES)
			err(1, "can't write to or read from the disk");
}

int main(int argc, char **argv)
{
	unsigned int turns, bytes = 0;
	bool done = false;
	off_t offset;
	int fd;

	if (argc != 3)
		errx(2, "usage: late DISK OFFSET");
	fd = open(argv[1], O_RDWR | O_DIRECT);
	if (fd < 0)
		err(1, "can't open %s", argv[1]);
	offset = strtoul(argv[2], NULL, 0);
	turns_begin();
	for (turns = 0; !done; turns++) {
		if (!(turns & 1))
			fill(buffer, sizeof(buffer), SECRET_DATA);
		do_io(fd, offset, turns);
		fill(buffer, sizeof(buffer), SECRET_LATE);
		done = turn_end();
		bytes += differ(buffer, sizeof(buffer), SECRET_LATE);
		tell_damage(bytes);
	}
	printf("turns %u\nchanged %u\n", turns, bytes);
	return 0;
}
