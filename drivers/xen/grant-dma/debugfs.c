// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen/grant-dma/ in debugfs: what each device and each backend has in use.
 */

#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/seq_file.h>

#include <xen/xen.h>

#include "grant-dma.h"

static unsigned int units_used(const struct grant_area *area)
{
	unsigned int used = 0, i;

	for (i = 0; i < area->words; i++)
		used += hweight_long(atomic_long_read(&area->used[i]));
	return used;
}

/* Pages of a device's reserve, and bytes of it that are in use. */
static void reserve_show(struct seq_file *m, const struct grant_device *gdev)
{
	unsigned int pages = 0, used = 0, i;

	for (i = 0; i < ARRAY_SIZE(gdev->reserve); i++) {
		if (!gdev->reserve[i])
			continue;
		pages += gdev->reserve[i]->pages;
		used += units_used(gdev->reserve[i]);
	}
	seq_printf(m, " %u %u\n", pages, used << GRANT_UNIT_SHIFT);
}

static int devices_show(struct seq_file *m, void *unused)
{
	struct grant_counters counters;
	struct grant_backend *backend;
	struct grant_device *gdev;

	seq_puts(m, "device backend references mappings failures reserve reserved\n");
	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node) {
		list_for_each_entry(gdev, &backend->devices, node) {
			counters = (struct grant_counters) {};
			grant_counters_add(&counters, gdev);
			seq_printf(m, "%s %u %d %llu %llu", dev_name(gdev->dev), backend->domid,
				   counters.used, counters.mappings, counters.failures);
			reserve_show(m, gdev);
		}
	}
	mutex_unlock(&grant_backends_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(devices);

static void backend_show(struct seq_file *m, struct grant_backend *backend)
{
	unsigned int deferred = READ_ONCE(backend->deferred), devices = 0, areas = 0, i;
	struct grant_counters sum = backend->past;
	struct grant_device *gdev;

	list_for_each_entry(gdev, &backend->devices, node) {
		grant_counters_add(&sum, gdev);
		devices++;
	}
	for (i = 0; i < GRANT_KINDS; i++)
		areas += READ_ONCE(backend->area_pages[i]);
	seq_printf(m, "%u %u %d %u %u %u %u %llu %llu %u\n", backend->domid, devices,
		   sum.used + deferred, READ_ONCE(backend->taken), grant_refs_budget(backend),
		   deferred, READ_ONCE(backend->late), sum.mappings, sum.failures,
		   areas);
}

static int backends_show(struct seq_file *m, void *unused)
{
	struct grant_backend *backend;

	seq_puts(m, "backend devices references taken budget deferred late mappings failures areas\n");
	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		backend_show(m, backend);
	mutex_unlock(&grant_backends_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(backends);

/* After arch code made xen/, where it does. */
static int __init grant_debugfs_init(void)
{
	struct dentry *xen, *dir;

	if (!xen_domain())
		return 0;

	xen = debugfs_lookup("xen", NULL);
	dir = debugfs_create_dir("grant-dma", xen ?: debugfs_create_dir("xen", NULL));
	dput(xen);
	debugfs_create_file("devices", 0400, dir, NULL, &devices_fops);
	debugfs_create_file("backends", 0400, dir, NULL, &backends_fops);
	return 0;
}
late_initcall(grant_debugfs_init);
