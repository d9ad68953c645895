// SPDX-License-Identifier: GPL-2.0-only
/* What is measured of a driver: rows of the table, each an operation that is done in batches. */
#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <linux/scatterlist.h>
#include "host.h"
#include "bench.h"
#include "bind.h"
#include "floor.h"

#define VISIT_NS	20000000	/* how long a row is measured at a time */
#define MIN_SAMPLES	15
#define MAX_SAMPLES	2000
#define BUFFERS		8192
#define BIG_BUFFERS	4
#define ENTRIES		64
#define RING		256

struct row {
	const char *name;
	void (*batch)(const struct row *row);
	size_t size;
	unsigned int offset;
	unsigned int operations;	/* in a batch */
	unsigned int held;		/* meanwhile */
	void *(*other)(void *row);	/* what a second thread does in the same batch */
	bool counted;			/* its instructions, too */
};

static u64 dma_mask = ~0ULL;
static struct device_dma_parameters parameters = { .max_segment_size = UINT_MAX };
static struct device_driver driver = { .name = "bench" };
static struct device dev = {
	.name = "bench0",
	.driver = &driver,
	.dma_mask = &dma_mask,
	.coherent_dma_mask = ~0ULL,
	.dma_parms = &parameters,
	.dma_coherent = true,
};
static enum dma_data_direction direction;

static phys_addr_t pages[BUFFERS];	/* no two of them in turn are neighbours */
static phys_addr_t slab[ENTRIES];
static phys_addr_t big[BIG_BUFFERS];	/* compound pages of 2 MiB */
static dma_addr_t held[BUFFERS];
static struct scatterlist list[ENTRIES];

/* Not all at the same offset: they would share a set of the cache. */
static phys_addr_t page_buffer(unsigned int i, size_t size)
{
	return pages[i % BUFFERS] + (size < PAGE_SIZE / 2 ? i * 192 % (PAGE_SIZE / 2) : 0);
}

static phys_addr_t buffer(const struct row *row, unsigned int i)
{
	if (row->size + row->offset > PAGE_SIZE)
		return big[i % BIG_BUFFERS] + row->offset;
	if (row->size < PAGE_SIZE)
		return slab[i % ENTRIES];
	return pages[i % ENTRIES];
}

static dma_addr_t map(phys_addr_t phys, size_t size)
{
	dma_addr_t addr = dma_map_phys(&dev, phys, size, direction, 0);

	if (unlikely(addr == DMA_MAPPING_ERROR))
		abort();
	return addr;
}

static noinline void map_and_unmap(const struct row *row, unsigned int i)
{
	dma_unmap_phys(&dev, map(buffer(row, i), row->size), row->size, direction, 0);
}

static void single(const struct row *row)
{
	for (unsigned int i = 0; i < row->operations; i++)
		map_and_unmap(row, i);
}

static void scattered(const struct row *row)
{
	for (unsigned int i = 0; i < row->operations; i++) {
		if (!dma_map_sg_attrs(&dev, list, ENTRIES, direction, 0))
			abort();
		dma_unmap_sg_attrs(&dev, list, ENTRIES, direction, 0);
	}
}

/* The oldest of those that are held ends, a new one begins. */
static void outstanding(const struct row *row)
{
	for (unsigned int i = 0; i < row->held; i++) {
		dma_unmap_phys(&dev, held[i], row->size, direction, 0);
		held[i] = map(page_buffer(i, row->size), row->size);
	}
}

static void hold(const struct row *row)
{
	for (unsigned int i = 0; i < row->held; i++)
		held[i] = map(page_buffer(i, row->size), row->size);
}

static void release(const struct row *row)
{
	for (unsigned int i = 0; i < row->held; i++)
		dma_unmap_phys(&dev, held[i], row->size, direction, 0);
}

/* ---- two threads ---- */

static int cpus[2];
static unsigned int cpu_count;
static struct {
	u32 started __aligned(64);
	u32 done __aligned(64);
	bool stop __aligned(64);
} batches;
static struct {
	u32 head __aligned(64);
	u32 tail __aligned(64);
	dma_addr_t addr[RING] __aligned(64);
} ring;

static void find_cpus(void)
{
	cpu_set_t allowed;

	sched_getaffinity(0, sizeof(allowed), &allowed);
	for (int cpu = 0; cpu < CPU_SETSIZE && cpu_count < 2; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[cpu_count++] = cpu;
}

static void pin(unsigned int nr)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpus[nr], &set);
	sched_setaffinity(0, sizeof(set), &set);
	host_set_cpu(nr);
}

/* The other thread waits for its next batch; false: there are no more. */
static bool next_batch(u32 *number)
{
	while (smp_load_acquire(&batches.started) == *number) {
		if (READ_ONCE(batches.stop))
			return false;
		cpu_relax();
	}
	++*number;
	return true;
}

static void both_begin(void)
{
	smp_store_release(&batches.started, batches.started + 1);
}

static void both_end(void)
{
	while (smp_load_acquire(&batches.done) != batches.started)
		cpu_relax();
}

static void *other_maps(void *data)
{
	const struct row *row = data;
	u32 number = 0;

	pin(1);
	while (next_batch(&number)) {
		for (unsigned int i = 0; i < row->operations; i++)
			map_and_unmap(row, i + ENTRIES / 2);
		smp_store_release(&batches.done, number);
	}
	return NULL;
}

static void two_threads(const struct row *row)
{
	both_begin();
	single(row);
	both_end();
}

static void *other_unmaps(void *data)
{
	const struct row *row = data;
	u32 number = 0;

	pin(1);
	while (next_batch(&number)) {
		for (unsigned int i = 0; i < row->operations; i++) {
			while (smp_load_acquire(&ring.head) == ring.tail)
				cpu_relax();
			dma_unmap_phys(&dev, ring.addr[ring.tail % RING], row->size,
				       direction, 0);
			smp_store_release(&ring.tail, ring.tail + 1);
		}
		smp_store_release(&batches.done, number);
	}
	return NULL;
}

static void unmapped_there(const struct row *row)
{
	both_begin();
	for (unsigned int i = 0; i < row->operations; i++) {
		while (ring.head - smp_load_acquire(&ring.tail) >= RING)
			cpu_relax();
		ring.addr[ring.head % RING] = map(page_buffer(i % 512, row->size), row->size);
		smp_store_release(&ring.head, ring.head + 1);
	}
	both_end();
}

static const struct row rows[] = {
	{ "64 B", single, 64, 0, 1000, .counted = true },
	{ "512 B", single, 512, 0, 1000 },
	{ "2 KiB", single, 2048, 0, 300 },
	{ "4 KiB", single, 4096, 0, 300, .counted = true },
	{ "8 KiB", single, 8192, 0, 200 },
	{ "8 KiB at 512", single, 8192, 512, 200, .counted = true },
	{ "64 KiB", single, 65536, 0, 50, .counted = true },
	{ "64 KiB at 512", single, 65536, 512, 50 },
	{ "1 MiB", single, 1 << 20, 0, 8 },
	{ "list of 64 × 4 KiB", scattered, 4096, 0, 20, .counted = true },
	{ "64 B, 256 outstanding", outstanding, 64, 0, 256, 256 },
	{ "64 B, 4096 outstanding", outstanding, 64, 0, 4096, 4096 },
	{ "4 KiB, 256 outstanding", outstanding, 4096, 0, 256, 256 },
	{ "4 KiB, 4096 outstanding", outstanding, 4096, 0, 4096, 4096 },
	{ "64 B, two threads at once", two_threads, 64, 0, 1000, .other = other_maps },
	{ "4 KiB, two threads at once", two_threads, 4096, 0, 1000, .other = other_maps },
	{ "64 B, mapped here, unmapped there", unmapped_there, 64, 0, 2000,
	  .other = other_unmaps },
	{ "4 KiB, mapped here, unmapped there", unmapped_there, 4096, 0, 2000,
	  .other = other_unmaps },
};

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct bench_time time_batches(const struct row *row)
{
	static double samples[MAX_SAMPLES];
	double start, begin, end;
	int count = 0;

	row->batch(row);
	start = now();
	do {
		begin = now();
		row->batch(row);
		end = now();
		samples[count++] = (end - begin) / row->operations;
	} while (count < MAX_SAMPLES && (count < MIN_SAMPLES || end - start < VISIT_NS));
	qsort(samples, count, sizeof(*samples), compare);
	return (struct bench_time){ samples[0], samples[count / 2] };
}

static struct bench_time time_with_other(const struct row *row)
{
	struct bench_time time;
	pthread_t other;

	memset(&batches, 0, sizeof(batches));
	memset(&ring, 0, sizeof(ring));
	if (pthread_create(&other, NULL, row->other, (void *)row))
		abort();
	time = time_batches(row);
	WRITE_ONCE(batches.stop, true);
	pthread_join(other, NULL);
	return time;
}

static const char *name(unsigned int number)
{
	return number < ARRAY_SIZE(rows) ? rows[number].name : NULL;
}

static struct bench_time measure(struct bench_row which)
{
	const struct row *row = &rows[which.number];
	struct bench_time time = { NAN, NAN };

	direction = which.from_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	if (is_floor(&dev) && (row->held || row->other))
		return time;
	if (row->other)
		return cpu_count == 2 ? time_with_other(row) : time;
	hold(row);
	time = time_batches(row);
	release(row);
	return time;
}

static void one_batch(const void *row)
{
	((const struct row *)row)->batch(row);
}

static long count(struct bench_row which)
{
	struct row row = rows[which.number];

	if (!row.counted)
		return 0;
	direction = which.from_device ? DMA_FROM_DEVICE : DMA_TO_DEVICE;
	/* What is made at first use is there then. */
	row.operations = 20;
	row.batch(&row);
	row.operations = 1;
	return bench_count(one_batch, &row);
}

static phys_addr_t new_pages(unsigned int order)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_ZERO | __GFP_COMP, order);

	if (!page)
		abort();
	return page_to_phys(page);
}

static void start(const char *level)
{
	host_quiet = true;
	host_init();
	find_cpus();
	pin(0);
	for (unsigned int i = 0; i < BIG_BUFFERS; i++)
		big[i] = new_pages(9);
	for (unsigned int i = 0; i < ENTRIES; i++) {
		slab[i] = new_pages(0) + 1024;
		host_set_slab(phys_to_page(slab[i]), true);
	}
	for (unsigned int i = 0; i < BUFFERS; i++)
		pages[i * 2477 % BUFFERS] = new_pages(0);
	sg_init_table(list, ENTRIES);
	for (unsigned int i = 0; i < ENTRIES; i++)
		sg_set_page(&list[i], phys_to_page(pages[i * 2]), PAGE_SIZE, 0);
	if (strcmp(level, "direct") && !bind_floor(&dev, level))
		bind(&dev, level);
}

const struct bench_driver BENCH_DRIVER = { start, name, measure, count };
