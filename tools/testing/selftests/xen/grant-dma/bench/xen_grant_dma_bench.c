// SPDX-License-Identifier: GPL-2.0-only
/*
 * What DMA mappings cost: for a device whose DMA goes through grants, and for
 * one with plain dma-direct beside it.
 *
 * Each file in debugfs below grant-dma-bench/grants/ and .../direct/ is a
 * measurement.  It is made when the file is read, which gives ns for an
 * operation, or an error when the DMA API gave one.  Written to, the file "held"
 * makes as many mappings of a page and keeps them, to see what they use; "burst"
 * makes and ends many on each CPU; "frames" is the number of frames in the grant
 * table.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/atomic.h>
#include <linux/cpu.h>
#include <linux/cpumask.h>
#include <linux/debugfs.h>
#include <linux/device.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/platform_device.h>
#include <linux/scatterlist.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <linux/workqueue.h>

#include <xen/interface/grant_table.h>
#include <xen/interface/xen.h>
#include <asm/xen/hypercall.h>

#define ROUNDS		21
#define MAX_CPUS	2
#define MAX_MAKERS	2
#define MAX_HELD	16384
#define BUFFER_SIZE	SZ_1M
#define BUFFER_PAGES	(BUFFER_SIZE / PAGE_SIZE)
#define SG_ENTRIES	64
#define GRANT_FLAG	BIT_ULL(63)

/* Of mappings that are held, and of lists: any costs whole pages the same. */
#define DIRECTION	DMA_BIDIRECTIONAL

static char *device;
module_param(device, charp, 0444);
MODULE_PARM_DESC(device, "platform device whose DMA goes through grants");

/**
 * struct bench - a device, and mappings that are kept for it
 * @dev: the device
 * @count: how many of @held are in use, or have been
 * @size: of each held mapping
 * @held: their addresses, DMA_MAPPING_ERROR where there is none
 */
struct bench {
	struct device *dev;
	unsigned int count;
	size_t size;
	dma_addr_t held[MAX_HELD];
};

/**
 * struct measurement - an operation whose cost is measured
 * @name: of its file
 * @loop: does the operation @iterations times, returns 0 or an error
 * @size: of a mapping
 * @offset: where it begins in the buffer
 * @iterations: how often in a round
 * @held: mappings that are held meanwhile
 * @held_size: of each of these
 * @gaps: unmap every second one of these first
 * @cpus: how many do it at once
 * @makers: for a handover: CPUs that make the mappings, from the first one on
 * @ender: for a handover: the CPU that ends them
 */
struct measurement {
	const char *name;
	int (*loop)(struct bench *bench, const struct measurement *what);
	size_t size;
	size_t offset;
	unsigned int iterations;
	unsigned int held;
	size_t held_size;
	bool gaps;
	unsigned int cpus;
	unsigned int makers;
	unsigned int ender;
};

/**
 * struct run - a measurement on one CPU
 * @work: takes it there
 * @bench: device
 * @what: measurement
 * @missing: CPUs that have not begun yet
 * @ns: median cost of an operation
 * @ret: 0 or an error
 */
struct run {
	struct work_struct work;
	struct bench *bench;
	const struct measurement *what;
	atomic_t *missing;
	u64 ns;
	int ret;
};

static struct bench grants, direct;
static struct platform_device *direct_pdev;
static struct scatterlist scattered[SG_ENTRIES];
static struct dentry *directory;
static void *buffer;
static DEFINE_MUTEX(one_at_a_time);

static int bench_map(struct bench *bench, unsigned int i)
{
	void *start = buffer + (i * bench->size) % BUFFER_SIZE;

	bench->held[i] = dma_map_single(bench->dev, start, bench->size,
					DIRECTION);
	return dma_mapping_error(bench->dev, bench->held[i]);
}

static void bench_unmap(struct bench *bench, unsigned int i)
{
	if (bench->held[i] != DMA_MAPPING_ERROR)
		dma_unmap_single(bench->dev, bench->held[i], bench->size,
				 DIRECTION);
	bench->held[i] = DMA_MAPPING_ERROR;
}

static void bench_release(struct bench *bench)
{
	while (bench->count) {
		bench_unmap(bench, --bench->count);
		cond_resched();
	}
}

static int bench_hold(struct bench *bench, unsigned int count, size_t size)
{
	int ret = 0;

	if (count > MAX_HELD)
		return -EINVAL;
	if (bench->count)
		return -EBUSY;

	bench->size = size;
	while (!ret && bench->count < count) {
		ret = bench_map(bench, bench->count++);
		cond_resched();
	}
	if (ret)
		bench_release(bench);
	return ret;
}

static void bench_make_gaps(struct bench *bench)
{
	unsigned int i;

	for (i = 0; i < bench->count; i += 2)
		bench_unmap(bench, i);
}

/* Each way in turns, as drivers do: what is bounced is copied once. */
static int loop_single(struct bench *bench, const struct measurement *what)
{
	enum dma_data_direction dir;
	unsigned int i;
	dma_addr_t addr;

	for (i = 0; i < what->iterations; i++) {
		dir = i & 1 ? DMA_TO_DEVICE : DMA_FROM_DEVICE;
		addr = dma_map_single(bench->dev, buffer + what->offset,
				      what->size, dir);
		if (dma_mapping_error(bench->dev, addr))
			return -EIO;
		dma_unmap_single(bench->dev, addr, what->size, dir);
	}
	return 0;
}

static int loop_sg(struct bench *bench, const struct measurement *what)
{
	unsigned int i;

	for (i = 0; i < what->iterations; i++) {
		if (!dma_map_sg(bench->dev, scattered, SG_ENTRIES, DIRECTION))
			return -EIO;
		dma_unmap_sg(bench->dev, scattered, SG_ENTRIES, DIRECTION);
	}
	return 0;
}

/* What a bounce can't do without, each way in turns. */
static int loop_copy(struct bench *bench, const struct measurement *what)
{
	void *bounce = buffer + BUFFER_SIZE / 2;
	unsigned int i;

	for (i = 0; i < what->iterations; i++) {
		if (i & 1) {
			memcpy(bounce, buffer, what->size);
		} else {
			memset(bounce, 0xff, what->size);
			barrier_data(bounce);
			memcpy(buffer, bounce, what->size);
		}
		barrier_data(bounce);
	}
	return 0;
}

static int loop_coherent(struct bench *bench, const struct measurement *what)
{
	dma_addr_t addr;
	unsigned int i;
	void *vaddr;

	for (i = 0; i < what->iterations; i++) {
		vaddr = dma_alloc_coherent(bench->dev, what->size, &addr,
					   GFP_KERNEL);
		if (!vaddr)
			return -EIO;
		dma_free_coherent(bench->dev, what->size, vaddr, addr);
	}
	return 0;
}

/* Mappings end in the order in which they were made. */
static int loop_ring(struct bench *bench, const struct measurement *what)
{
	unsigned int i, slot;

	for (i = 0; i < what->iterations; i++) {
		slot = i % bench->count;
		bench_unmap(bench, slot);
		if (bench_map(bench, slot))
			return -EIO;
	}
	return 0;
}

#define LOOP(_name, _loop, _size, _iterations)		\
	{						\
		.name = (_name),			\
		.loop = (_loop),			\
		.size = (_size),			\
		.iterations = (_iterations),		\
		.cpus = 1,				\
	}
#define SINGLE(_name, _size, _iterations)		\
	LOOP(_name, loop_single, _size, _iterations)
#define HANDOVER(_name, _size, _count, _makers, _ender)	\
	{						\
		.name = (_name),			\
		.size = (_size),			\
		.held = (_count),			\
		.makers = (_makers),			\
		.ender = (_ender),			\
	}
#define COPY(_name, _size)	LOOP(_name, loop_copy, _size, 2000)

/* Rings go round a whole number of times in each round. */
static const struct measurement measurements[] = {
	SINGLE("map-64", 64, 2000),
	SINGLE("map-512", 512, 2000),
	SINGLE("map-2k", SZ_2K, 2000),
	SINGLE("map-4k", SZ_4K, 2000),
	SINGLE("map-8k", SZ_8K, 2000),
	SINGLE("map-64k", SZ_64K, 1000),
	SINGLE("map-1m", SZ_1M, 100),
	COPY("copy-64", 64),
	COPY("copy-512", 512),
	COPY("copy-2k", SZ_2K),
	LOOP("coherent-4k", loop_coherent, SZ_4K, 1000),
	HANDOVER("same-64x64", 64, 64, 1, 0),
	HANDOVER("pair-64x64", 64, 64, 1, 1),
	HANDOVER("trio-64x64", 64, 64, 2, 2),
	HANDOVER("same-512x64", 64, 512, 1, 0),
	HANDOVER("pair-512x64", 64, 512, 1, 1),
	HANDOVER("trio-512x64", 64, 512, 2, 2),
	HANDOVER("same-4096x64", 64, 4096, 1, 0),
	HANDOVER("pair-4096x64", 64, 4096, 1, 1),
	HANDOVER("trio-4096x64", 64, 4096, 2, 2),
	HANDOVER("same-64x4k", SZ_4K, 64, 1, 0),
	HANDOVER("pair-64x4k", SZ_4K, 64, 1, 1),
	HANDOVER("trio-64x4k", SZ_4K, 64, 2, 2),
	HANDOVER("same-512x4k", SZ_4K, 512, 1, 0),
	HANDOVER("pair-512x4k", SZ_4K, 512, 1, 1),
	HANDOVER("trio-512x4k", SZ_4K, 512, 2, 2),
	HANDOVER("same-4096x4k", SZ_4K, 4096, 1, 0),
	HANDOVER("pair-4096x4k", SZ_4K, 4096, 1, 1),
	HANDOVER("trio-4096x4k", SZ_4K, 4096, 2, 2),
	{
		.name = "map-8k-unaligned",
		.loop = loop_single,
		.size = SZ_8K,
		.offset = SZ_1K,
		.iterations = 1000,
		.cpus = 1,
	}, {
		.name = "sg-64x4k",
		.loop = loop_sg,
		.iterations = 100,
		.cpus = 1,
	}, {
		.name = "ring-256x16k",
		.loop = loop_ring,
		.iterations = 2048,
		.held = 256,
		.held_size = SZ_16K,
		.cpus = 1,
	}, {
		.name = "ring-4096x4k",
		.loop = loop_ring,
		.iterations = 4096,
		.held = 4096,
		.held_size = SZ_4K,
		.cpus = 1,
	}, {
		.name = "map-8k-fragmented",
		.loop = loop_single,
		.size = SZ_8K,
		.iterations = 2000,
		.held = MAX_HELD,
		.held_size = SZ_4K,
		.gaps = true,
		.cpus = 1,
	}, {
		.name = "map-4k-2cpus",
		.loop = loop_single,
		.size = SZ_4K,
		.iterations = 2000,
		.cpus = MAX_CPUS,
	},
};

/**
 * struct point - what a file in debugfs stands for
 * @bench: device
 * @what: measurement
 */
struct point {
	struct bench *bench;
	const struct measurement *what;
};

static struct point points[2 * ARRAY_SIZE(measurements)];

static int compare(const void *a, const void *b)
{
	u64 left = *(const u64 *)a, right = *(const u64 *)b;

	return left < right ? -1 : left > right;
}

/**
 * struct share - the mappings that a CPU makes or ends in a round of a handover
 * @work: takes it there
 * @bench: device
 * @first: the first one
 * @step: each how many
 * @end: whether they end
 * @ns: time it took
 * @ret: 0 or an error
 */
struct share {
	struct work_struct work;
	struct bench *bench;
	unsigned int first;
	unsigned int step;
	bool end;
	u64 ns;
	int ret;
};

static void run_share(struct work_struct *work)
{
	struct share *share = container_of(work, struct share, work);
	struct bench *bench = share->bench;
	u64 start = ktime_get_ns();
	unsigned int i;

	for (i = share->first; i < bench->count; i += share->step) {
		if (share->end)
			bench_unmap(bench, i);
		else
			share->ret = share->ret ?: bench_map(bench, i);
	}
	share->ns = ktime_get_ns() - start;
}

/* Has CPUs make or end all mappings, and adds up the time that they took. */
static int run_shares(struct bench *bench, unsigned int cpu, unsigned int cpus,
		      bool end, u64 *ns)
{
	struct share shares[MAX_MAKERS];
	unsigned int i;
	int ret = 0;

	for (i = 0; i < cpus; i++) {
		shares[i] = (struct share) {
			.bench = bench,
			.first = i,
			.step = cpus,
			.end = end,
		};
		INIT_WORK_ONSTACK(&shares[i].work, run_share);
		queue_work_on(cpu + i, system_long_wq, &shares[i].work);
	}
	for (i = 0; i < cpus; i++) {
		flush_work(&shares[i].work);
		destroy_work_on_stack(&shares[i].work);
		*ns += shares[i].ns;
		ret = ret ?: shares[i].ret;
	}
	return ret;
}

/* CPU time for a mapping, made on some CPUs and ended on one, as a median. */
static int hand_over(const struct point *point, u64 *ns)
{
	const struct measurement *what = point->what;
	struct bench *bench = point->bench;
	u64 cost[ROUNDS] = {};
	unsigned int i;
	int ret = 0;

	if (num_online_cpus() <= max(what->makers - 1, what->ender))
		return -ENODEV;

	bench->size = what->size;
	bench->count = what->held;
	for (i = 0; i < what->held; i++)
		bench->held[i] = DMA_MAPPING_ERROR;
	for (i = 0; i < ROUNDS && !ret; i++) {
		ret = run_shares(bench, 0, what->makers, false, &cost[i]) ?:
		      run_shares(bench, what->ender, 1, true, &cost[i]);
		cost[i] = div_u64(cost[i], what->held);
	}
	sort(cost, ROUNDS, sizeof(*cost), compare, NULL);
	*ns = cost[ROUNDS / 2];
	return ret;
}

static void run_rounds(struct work_struct *work)
{
	struct run *run = container_of(work, struct run, work);
	const struct measurement *what = run->what;
	u64 cost[ROUNDS] = {}, start;
	unsigned int i;

	atomic_dec(run->missing);
	while (atomic_read(run->missing))
		cond_resched();

	for (i = 0; i < ROUNDS && !run->ret; i++) {
		start = ktime_get_ns();
		run->ret = what->loop(run->bench, what);
		cost[i] = div_u64(ktime_get_ns() - start, what->iterations);
		cond_resched();
	}
	sort(cost, ROUNDS, sizeof(*cost), compare, NULL);
	run->ns = cost[ROUNDS / 2];
}

/* The cost on a CPU, as a mean where there are several. */
static int measure(const struct point *point, u64 *ns)
{
	unsigned int cpus = point->what->cpus, cpu;
	atomic_t missing = ATOMIC_INIT(cpus);
	struct run runs[MAX_CPUS];
	int ret = 0;

	if (num_online_cpus() < cpus)
		return -ENODEV;

	for (cpu = 0; cpu < cpus; cpu++) {
		runs[cpu] = (struct run) {
			.bench = point->bench,
			.what = point->what,
			.missing = &missing,
		};
		INIT_WORK_ONSTACK(&runs[cpu].work, run_rounds);
		queue_work_on(cpu, system_long_wq, &runs[cpu].work);
	}

	*ns = 0;
	for (cpu = 0; cpu < cpus; cpu++) {
		flush_work(&runs[cpu].work);
		destroy_work_on_stack(&runs[cpu].work);
		*ns += runs[cpu].ns;
		ret = ret ?: runs[cpu].ret;
	}
	*ns = div_u64(*ns, cpus);
	return ret;
}

static int point_get(void *data, u64 *ns)
{
	const struct point *point = data;
	int ret;

	mutex_lock(&one_at_a_time);
	if (point->what->makers) {
		ret = point->bench->count ? -EBUSY : hand_over(point, ns);
		bench_release(point->bench);
		goto unlock;
	}
	ret = bench_hold(point->bench, point->what->held,
			 point->what->held_size);
	if (ret)
		goto unlock;
	if (point->what->gaps)
		bench_make_gaps(point->bench);
	ret = measure(point, ns);
	bench_release(point->bench);
unlock:
	mutex_unlock(&one_at_a_time);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(point_fops, point_get, NULL, "%llu\n");

static long burst(void *data)
{
	static const size_t sizes[] = { 64, SZ_2K, SZ_4K, SZ_16K, SZ_64K, SZ_1M };
	struct bench *bench = data;
	unsigned int i;
	int ret;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		ret = bench_hold(bench, sizes[i] > SZ_16K ? 16 : 2048, sizes[i]);
		if (ret)
			return ret;
		bench_release(bench);
	}
	return 0;
}

/* Many mappings of all sizes on each CPU; returns the number of CPUs. */
static int burst_get(void *data, u64 *cpus)
{
	long ret = 0;
	int cpu;

	*cpus = num_online_cpus();
	mutex_lock(&one_at_a_time);
	cpus_read_lock();
	for_each_online_cpu(cpu)
		ret = ret ?: work_on_cpu(cpu, burst, data);
	cpus_read_unlock();
	mutex_unlock(&one_at_a_time);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(burst_fops, burst_get, NULL, "%llu\n");

static int held_get(void *data, u64 *count)
{
	const struct bench *bench = data;

	*count = READ_ONCE(bench->count);
	return 0;
}

static int held_set(void *data, u64 count)
{
	struct bench *bench = data;
	int ret;

	mutex_lock(&one_at_a_time);
	bench_release(bench);
	ret = bench_hold(bench, min_t(u64, count, UINT_MAX), PAGE_SIZE);
	mutex_unlock(&one_at_a_time);
	return ret;
}
DEFINE_DEBUGFS_ATTRIBUTE(held_fops, held_get, held_set, "%llu\n");

static int frames_get(void *data, u64 *frames)
{
	struct gnttab_query_size query = { .dom = DOMID_SELF };

	if (HYPERVISOR_grant_table_op(GNTTABOP_query_size, &query, 1) ||
	    query.status != GNTST_okay)
		return -EIO;

	*frames = query.nr_frames;
	return 0;
}
DEFINE_DEBUGFS_ATTRIBUTE(frames_fops, frames_get, NULL, "%llu\n");

static void add_files(const char *name, struct bench *bench,
		      struct point *point)
{
	struct dentry *dir = debugfs_create_dir(name, directory);
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(measurements); i++, point++) {
		point->bench = bench;
		point->what = &measurements[i];
		debugfs_create_file(point->what->name, 0400, dir, point,
				    &point_fops);
	}
	debugfs_create_file("held", 0600, dir, bench, &held_fops);
	debugfs_create_file("burst", 0400, dir, bench, &burst_fops);
}

/* Pages of which no two in a row are neighbours. */
static void scatter(void)
{
	unsigned int i;

	sg_init_table(scattered, SG_ENTRIES);
	for (i = 0; i < SG_ENTRIES; i++)
		sg_set_buf(&scattered[i],
			   buffer + (i * 37) % BUFFER_PAGES * PAGE_SIZE,
			   PAGE_SIZE);
}

static int find_device(void)
{
	grants.dev = bus_find_device_by_name(&platform_bus_type, NULL,
					     device ?: "");
	if (!grants.dev) {
		pr_err("no platform device '%s'\n", device);
		return -ENODEV;
	}

	if (bench_hold(&grants, 1, PAGE_SIZE) ||
	    !(grants.held[0] & GRANT_FLAG)) {
		dev_err(grants.dev, "DMA does not go through grants\n");
		bench_release(&grants);
		put_device(grants.dev);
		return -EINVAL;
	}
	bench_release(&grants);
	return 0;
}

#ifndef set_dma_coherent
static void set_dma_coherent(struct device *dev)
{
	dev->dma_coherent = true;
}
#endif

static int make_direct_device(void)
{
	const struct platform_device_info info = {
		.name = KBUILD_MODNAME,
		.id = PLATFORM_DEVID_NONE,
		.dma_mask = DMA_BIT_MASK(64),
	};

	direct_pdev = platform_device_register_full(&info);
	if (IS_ERR(direct_pdev))
		return PTR_ERR(direct_pdev);

	direct.dev = &direct_pdev->dev;
	/* As Xen's toolstack describes virtio devices. */
	set_dma_coherent(direct.dev);
	return 0;
}

static int __init xen_grant_dma_bench_init(void)
{
	int ret;

	buffer = alloc_pages_exact(BUFFER_SIZE, GFP_KERNEL | __GFP_ZERO);
	if (!buffer)
		return -ENOMEM;
	scatter();

	ret = find_device();
	if (ret)
		goto free_buffer;
	ret = make_direct_device();
	if (ret)
		goto put_device;

	directory = debugfs_create_dir("grant-dma-bench", NULL);
	add_files("grants", &grants, points);
	add_files("direct", &direct, points + ARRAY_SIZE(measurements));
	debugfs_create_file("frames", 0400, directory, NULL, &frames_fops);
	return 0;

put_device:
	put_device(grants.dev);
free_buffer:
	free_pages_exact(buffer, BUFFER_SIZE);
	return ret;
}
module_init(xen_grant_dma_bench_init);

static void __exit xen_grant_dma_bench_exit(void)
{
	debugfs_remove(directory);
	bench_release(&grants);
	bench_release(&direct);
	platform_device_unregister(direct_pdev);
	put_device(grants.dev);
	free_pages_exact(buffer, BUFFER_SIZE);
}
module_exit(xen_grant_dma_bench_exit);

MODULE_DESCRIPTION("Benchmark of DMA mappings through Xen grants");
MODULE_LICENSE("GPL");
