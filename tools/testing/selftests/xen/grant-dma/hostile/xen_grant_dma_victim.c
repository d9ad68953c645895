// SPDX-License-Identifier: GPL-2.0-only
/*
 * Buffers mapped for a device whose DMA goes through grants, to be attacked by
 * its backend: of many sizes, at any offset, in slab memory and in pages, with
 * secrets all around.
 *
 * In debugfs, below grant-dma-victim/:
 *
 * buffers     a number written to it is that of buffers to map; those that were
 *             mapped before are unmapped and looked at. After an error those that
 *             could be mapped are
 * references  what the buffers are granted by, a line each: the reference, then
 *             "ro" if it is of a page that the device only reads, else "rw"
 * damage      bytes of the buffers unmapped last that are not what they were:
 *             outside of buffers, in buffers that the device only reads, and in
 *             others
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/align.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/prandom.h>
#include <linux/sched.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/string.h>

#include <xen/page.h>

#include "secret.h"

#define MAX_BUFFERS	8192
#define MAX_PAGES	4
#define MAX_SLAB_ORDER	12	/* of the objects' size */
#define MIN_SLAB_ORDER	6	/* a cache line: DMA to it is its owner's alone */
#define GRANT_FLAG	BIT_ULL(63)

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "platform device whose DMA goes through grants");

static bool slab = true;
module_param(slab, bool, 0444);
MODULE_PARM_DESC(slab, "put buffers into slab memory, too; damage there is fatal");

/**
 * struct victim - a buffer and what is around it
 * @area: memory that is ours
 * @area_size: its size
 * @pages: it is whole pages, not an object in a slab
 * @start: where in @area the buffer begins
 * @size: of the buffer
 * @dir: which way data may go
 * @addr: DMA address
 */
struct victim {
	u8 *area;
	size_t area_size;
	bool pages;
	size_t start;
	size_t size;
	enum dma_data_direction dir;
	dma_addr_t addr;
};

/**
 * struct damage - changed bytes
 * @outside: of any buffer
 * @read_only: in buffers that the device only reads
 * @writable: in buffers that it may write to
 */
struct damage {
	size_t outside;
	size_t read_only;
	size_t writable;
};

static struct device *dev;
static struct victim victims[MAX_BUFFERS];
static unsigned int count;
static struct damage damage;
static struct rnd_state random;
static DEFINE_MUTEX(lock);	/* of all of the above */

static u32 random_below(u32 limit)
{
	return prandom_u32_state(&random) % limit;
}

static bool is_inside(const struct victim *victim, size_t i)
{
	return i >= victim->start && i - victim->start < victim->size;
}

/* Areas begin at a multiple of 8. */
static u8 wanted(const struct victim *victim, size_t i)
{
	u64 word = SECRET_OF(is_inside(victim, i) ? SECRET_DATA :
						    SECRET_NEIGHBOUR);

	return ((u8 *)&word)[i % sizeof(word)];
}

static void victim_fill(struct victim *victim)
{
	size_t i;

	for (i = 0; i < victim->area_size; i++)
		victim->area[i] = wanted(victim, i);
}

static void victim_look(const struct victim *victim)
{
	size_t i;

	for (i = 0; i < victim->area_size; i++) {
		if (victim->area[i] == wanted(victim, i))
			continue;
		if (!is_inside(victim, i))
			damage.outside++;
		else if (victim->dir == DMA_TO_DEVICE)
			damage.read_only++;
		else
			damage.writable++;
	}
}

/* Some buffers fill their pages, some end where their page does. */
static void victim_choose(struct victim *victim)
{
	victim->pages = !slab || random_below(2);
	victim->area_size = victim->pages ?
		(1 + random_below(MAX_PAGES)) * PAGE_SIZE :
		BIT(MIN_SLAB_ORDER +
		    random_below(MAX_SLAB_ORDER - MIN_SLAB_ORDER + 1));
	victim->start = random_below(victim->area_size);
	victim->size = 1 + random_below(victim->area_size - victim->start);
	if (!random_below(4))
		victim->start = ALIGN_DOWN(victim->start, XEN_PAGE_SIZE);
	if (!random_below(4))
		victim->size = victim->area_size - victim->start;
	victim->dir = random_below(DMA_FROM_DEVICE + 1);
}

static void victim_free(struct victim *victim)
{
	if (victim->pages)
		free_pages_exact(victim->area, victim->area_size);
	else
		kfree(victim->area);
}

static int victim_map(struct victim *victim)
{
	victim_choose(victim);
	victim->area = victim->pages ?
		alloc_pages_exact(victim->area_size, GFP_KERNEL) :
		kmalloc(victim->area_size, GFP_KERNEL);
	if (!victim->area)
		return -ENOMEM;
	victim_fill(victim);

	victim->addr = dma_map_single(dev, victim->area + victim->start,
				      victim->size, victim->dir);
	if (dma_mapping_error(dev, victim->addr)) {
		victim_free(victim);
		return -EIO;
	}
	return 0;
}

static void victims_unmap(void)
{
	struct victim *victim;

	damage = (struct damage) {};
	while (count) {
		victim = &victims[--count];
		dma_unmap_single(dev, victim->addr, victim->size, victim->dir);
		victim_look(victim);
		memset64((u64 *)victim->area, SECRET_OF(SECRET_LATE),
			 victim->area_size / sizeof(u64));
		victim_free(victim);
		cond_resched();
	}
}

static int victims_map(unsigned int wanted)
{
	int ret = 0;

	while (!ret && count < wanted) {
		ret = victim_map(&victims[count]);
		if (!ret)
			count++;
		cond_resched();
	}
	return ret;
}

static int buffers_get(void *unused, u64 *value)
{
	*value = READ_ONCE(count);
	return 0;
}

static int buffers_set(void *unused, u64 value)
{
	int ret;

	if (value > MAX_BUFFERS)
		return -EINVAL;
	mutex_lock(&lock);
	victims_unmap();
	ret = victims_map(value);
	mutex_unlock(&lock);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(buffers_fops, buffers_get, buffers_set, "%llu\n");

/* The page at @addr belongs to the buffer alone. */
static bool is_whole(const struct victim *victim, dma_addr_t addr)
{
	return addr >= victim->addr &&
	       addr + XEN_PAGE_SIZE <= victim->addr + victim->size;
}

static void references_of(struct seq_file *m, const struct victim *victim)
{
	dma_addr_t addr = ALIGN_DOWN(victim->addr, XEN_PAGE_SIZE);
	bool read_only;

	for (; addr < victim->addr + victim->size; addr += XEN_PAGE_SIZE) {
		read_only = victim->dir == DMA_TO_DEVICE &&
			    is_whole(victim, addr);
		seq_printf(m, "%llu %s\n",
			   (addr & ~GRANT_FLAG) >> XEN_PAGE_SHIFT,
			   read_only ? "ro" : "rw");
	}
}

static int references_show(struct seq_file *m, void *unused)
{
	unsigned int i;

	mutex_lock(&lock);
	for (i = 0; i < count; i++)
		references_of(m, &victims[i]);
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(references);

static int damage_show(struct seq_file *m, void *unused)
{
	mutex_lock(&lock);
	seq_printf(m, "outside %zu\nread-only %zu\nwritable %zu\n",
		   damage.outside, damage.read_only, damage.writable);
	mutex_unlock(&lock);
	return 0;
}
DEFINE_SHOW_ATTRIBUTE(damage);

static int __init xen_grant_dma_victim_init(void)
{
	struct dentry *dir;

	dev = bus_find_device_by_name(&platform_bus_type, NULL, device ?: "");
	if (!dev) {
		pr_err("no platform device '%s'\n", device);
		return -ENODEV;
	}
	prandom_seed_state(&random, 1);
	dir = debugfs_create_dir("grant-dma-victim", NULL);
	debugfs_create_file("buffers", 0600, dir, NULL, &buffers_fops);
	debugfs_create_file("references", 0400, dir, NULL, &references_fops);
	debugfs_create_file("damage", 0400, dir, NULL, &damage_fops);
	return 0;
}
module_init(xen_grant_dma_victim_init);

MODULE_DESCRIPTION("Buffers to be attacked by a hostile backend");
MODULE_LICENSE("GPL");
