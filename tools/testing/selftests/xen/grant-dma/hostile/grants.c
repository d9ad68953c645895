// SPDX-License-Identifier: GPL-2.0-only
/*
 * Has the guest's kernel grant so many pages to dom0, as other users of the grant table
 * may, prints the highest reference, and keeps them until a signal ends it:
 *
 *   grants COUNT
 */

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/types.h>

#include <xen/gntalloc.h>

static __u32 grant_page(int fd)
{
	struct ioctl_gntalloc_alloc_gref page = { .count = 1 };

	if (ioctl(fd, IOCTL_GNTALLOC_ALLOC_GREF, &page))
		err(1, "can't grant a page");
	return page.gref_ids[0];
}

int main(int argc, char **argv)
{
	unsigned long count = argc == 2 ? strtoul(argv[1], NULL, 0) : 0;
	__u32 ref, highest = 0;
	int fd;

	if (!count)
		errx(2, "usage: grants COUNT");
	fd = open("/dev/xen/gntalloc", O_RDWR);
	if (fd < 0)
		err(1, "can't open Xen's device that allocates grants");
	while (count--) {
		ref = grant_page(fd);
		highest = ref > highest ? ref : highest;
	}
	printf("%u\n", highest);
	fflush(stdout);
	pause();
	return 0;
}
