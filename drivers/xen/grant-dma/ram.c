// SPDX-License-Identifier: GPL-2.0-only
/*
 * The largest range of RAM that was there at boot.
 */

#include <linux/init.h>
#include <linux/memblock.h>

#include "ram.h"

struct grant_ram grant_ram_largest __ro_after_init;

static int __init grant_ram_init(void)
{
	unsigned long start, end;
	int i;

	for_each_mem_pfn_range(i, MAX_NUMNODES, &start, &end, NULL)
		if (end - start > grant_ram_largest.count)
			grant_ram_largest = (struct grant_ram) {
				.pfn = start,
				.count = end - start,
			};
	return 0;
}
early_initcall(grant_ram_init);
