// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen/grant-dma/ in debugfs: what every device and every backend has in use, and
 * what caches did.
 */

#include <linux/dcache.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/init.h>
#include <linux/minmax.h>
#include <linux/seq_file.h>

#include <xen/xen.h>

#include "backend.h"
#include "device.h"
#include "isolation.h"
#include "pool.h"
#include "slot.h"

static unsigned int pool_pages(const struct grant_device *gdev)
{
	unsigned int pages = 0, use;

	for (use = 0; use < GRANT_SLOT_USES; use++)
		pages += gdev->pools[use] ? gdev->pools[use]->count : 0;
	return pages;
}

static u64 pool_mappings(const struct grant_device *gdev)
{
	u64 mappings = 0;
	unsigned int use;

	for (use = 0; use < GRANT_SLOT_USES; use++)
		if (gdev->pools[use])
			mappings += READ_ONCE(gdev->pools[use]->mappings);
	return mappings;
}

static int devices_show(struct seq_file *m, void *unused)
{
	struct grant_device *gdev;
	struct grant_counters counters;
	struct grant_backend *backend;

	seq_puts(m, "device backend references peak mappings failures pool pooled\n");
	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node) {
		list_for_each_entry(gdev, &backend->devices, node) {
			counters = grant_device_counters(gdev);
			seq_printf(m, "%s %u %d %d %llu %llu %u %llu\n",
				   dev_name(gdev->dev), backend->domid,
				   counters.used,
				   max(counters.used, atomic_read(&gdev->usage.peak)),
				   counters.mappings, counters.failures,
				   pool_pages(gdev), pool_mappings(gdev));
		}
	}
	mutex_unlock(&grant_backends_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(devices);

static void backend_show(struct seq_file *m, struct grant_backend *backend)
{
	unsigned int deferred = READ_ONCE(backend->deferred.count);
	int used = atomic_read(&backend->usage.used) + deferred;
	u64 mappings = backend->past_mappings;
	u64 failures = backend->past_failures;
	struct grant_device *gdev;
	struct grant_counters counters;
	unsigned int devices = 0;

	list_for_each_entry(gdev, &backend->devices, node) {
		counters = grant_device_counters(gdev);
		mappings += counters.mappings;
		failures += counters.failures;
		used += grant_device_cpu_counters(gdev).used;
		devices++;
	}
	seq_printf(m, "%u %u %d %d %u %u %llu %llu %d\n", backend->domid, devices,
		   used, max(used, atomic_read(&backend->usage.peak)), deferred,
		   READ_ONCE(backend->deferred.late), mappings, failures,
		   backend->slots ? atomic_read(&backend->slots->pages) : 0);
}

static int backends_show(struct seq_file *m, void *unused)
{
	struct grant_backend *backend;

	seq_puts(m, "backend devices references peak deferred late mappings failures slots\n");
	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		backend_show(m, backend);
	mutex_unlock(&grant_backends_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(backends);

static void cache_show(struct seq_file *m, const char *what, unsigned int length,
		       const struct grant_cache *cache)
{
	seq_printf(m, "%s %u %u %u\n", what, length, READ_ONCE(cache->items),
		   READ_ONCE(cache->most_moved));
}

/* Of ranges, which backends share, and of each backend's slots. */
static int caches_show(struct seq_file *m, void *unused)
{
	const struct grant_ranges *ranges = NULL;
	struct grant_backend *backend;
	unsigned int use, n;

	seq_puts(m, "cache length items most-moved\n");
	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node) {
		for (n = 0; !ranges && n <= GRANT_RANGE_MAX_ORDER; n++)
			cache_show(m, "ranges", 1 << n,
				   &backend->ranges->orders[n].cache);
		ranges = backend->ranges;
		if (!backend->slots)
			continue;
		for (use = 0; use < GRANT_SLOT_USES; use++)
			for (n = 0; n < GRANT_SLOT_SIZES; n++)
				cache_show(m, use == GRANT_SLOT_READONLY ?
					   "readonly-slots" : "writable-slots",
					   1 << (GRANT_SLOT_MIN_SHIFT +
						 n * GRANT_SLOT_SIZE_STEP),
					   &backend->slots->caches[use][n].cache);
	}
	mutex_unlock(&grant_backends_lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(caches);

static int isolation_show(struct seq_file *m, void *unused)
{
	seq_printf(m, "%s\n", grant_isolation_name());
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(isolation);

/* After arch code made xen/, where it does. */
static int __init grant_debugfs_init(void)
{
	struct dentry *xen, *dir;

	if (!xen_domain())
		return 0;

	xen = debugfs_lookup("xen", NULL);
	dir = debugfs_create_dir("grant-dma",
				 xen ?: debugfs_create_dir("xen", NULL));
	dput(xen);
	debugfs_create_file("devices", 0400, dir, NULL, &devices_fops);
	debugfs_create_file("backends", 0400, dir, NULL, &backends_fops);
	debugfs_create_file("caches", 0400, dir, NULL, &caches_fops);
	debugfs_create_file("isolation", 0400, dir, NULL, &isolation_fops);
	return 0;
}
late_initcall(grant_debugfs_init);
