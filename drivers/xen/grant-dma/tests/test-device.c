// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device for tests whose DMA goes through grants, and how its backend sees
 * its memory.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/completion.h>
#include <linux/dma-map-ops.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/sched.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "grant-dma.h"
#include "test-device.h"

/**
 * test_gdev() - the object of a device whose DMA goes through grants
 * @dev: the device
 *
 * Return: the object, or NULL if its DMA doesn't.
 */
struct grant_device *test_gdev(struct device *dev)
{
	return grant_setup_done(dev) ? to_grant_device(dev) : NULL;
}

/**
 * test_setup() - have a device's DMA go through grants
 * @test: the test, which ends if that fails
 * @dev: the device, bound
 * @domid: its backend
 */
void test_setup(struct kunit *test, struct device *dev, domid_t domid)
{
	KUNIT_ASSERT_EQ(test, grant_device_create(dev, domid), 0);
}

/**
 * test_device() - make a device that is bound to a driver
 * @test: the test, after which it is gone
 * @name: name of device and driver
 * @domid: its backend
 */
struct device *test_device(struct kunit *test, const char *name, domid_t domid)
{
	struct device_dma_parameters *parms;
	struct device *dev;

	parms = kunit_kzalloc(test, sizeof(*parms), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, parms);
	dev = kunit_device_register(test, name);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_parms = parms;
	/* First, as virtio-pci does it: then no syncs are needed. */
	arch_setup_dma_ops(dev, true);
	KUNIT_ASSERT_EQ(test,
			dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)), 0);
	test_setup(test, dev, domid);
	return dev;
}

KUNIT_DEFINE_ACTION_WRAPPER(put_page_action, put_page, struct page *);

/**
 * test_pages() - allocate contiguous memory
 * @test: the test, after which it is freed
 * @size: bytes
 *
 * Return: its first page, the head of a compound page.
 */
struct page *test_pages(struct kunit *test, size_t size)
{
	struct page *page = alloc_pages(GFP_KERNEL | __GFP_COMP,
					get_order(size));

	KUNIT_ASSERT_NOT_NULL(test, page);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_page_action,
							page), 0);
	return page;
}

/**
 * test_ref() - the reference in a DMA address, as a backend takes it out
 * @test: the test, which fails if it isn't a grant's address
 * @addr: the address
 */
grant_ref_t test_ref(struct kunit *test, dma_addr_t addr)
{
	KUNIT_EXPECT_EQ_MSG(test, addr >> 44, 0x80000,
			    "%pad is not the address of a grant", &addr);
	return addr >> 12;
}

/**
 * test_view() - what a backend finds at a DMA address
 * @test: the test, which fails if that is no grant's address
 * @addr: the address
 *
 * Return: where this is in the guest's memory, up to the end of the Xen page.
 */
void *test_view(struct kunit *test, dma_addr_t addr)
{
	phys_addr_t phys = gfn_to_pfn(grant_table_gfn(test_ref(test, addr)));

	return phys_to_virt(phys << 12 | (addr & 4095));
}

/**
 * test_resolves() - see that a backend finds the right bytes at DMA addresses
 * @test: the test, which fails if it doesn't
 * @addr: DMA address of the first byte
 * @phys: where this byte is in memory
 * @size: number of bytes
 */
bool test_resolves(struct kunit *test, dma_addr_t addr, phys_addr_t phys,
		   size_t size)
{
	phys_addr_t found;
	size_t step;

	while (size) {
		found = gfn_to_pfn(grant_table_gfn(test_ref(test, addr)));
		found = found << 12 | (addr & 4095);
		if (found != phys) {
			KUNIT_FAIL(test, "%pad leads to %pap, not %pap",
				   &addr, &found, &phys);
			return false;
		}
		step = min_t(size_t, size, 4096 - (addr & 4095));
		addr += step;
		phys += step;
		size -= step;
	}
	return true;
}

/* Bytes to the end of the Xen page. */
static size_t step_of(dma_addr_t addr, size_t size)
{
	return min_t(size_t, size, 4096 - (addr & 4095));
}

/**
 * test_sees() - whether a backend finds a byte all over a range of DMA addresses
 * @test: the test
 * @addr: DMA address of the first
 * @size: number of bytes
 * @value: the byte
 */
bool test_sees(struct kunit *test, dma_addr_t addr, size_t size, u8 value)
{
	size_t step;

	for (; size; size -= step, addr += step) {
		step = step_of(addr, size);
		if (!test_all(test_view(test, addr), value, step))
			return false;
	}
	return true;
}

/* As test_sees(), for bytes of any kind. */
bool test_shows(struct kunit *test, dma_addr_t addr, size_t size, const void *bytes)
{
	size_t step;

	for (; size; size -= step, addr += step, bytes += step) {
		step = step_of(addr, size);
		if (memcmp(test_view(test, addr), bytes, step))
			return false;
	}
	return true;
}

/* Has a backend write a byte all over a range of DMA addresses. */
void test_writes(struct kunit *test, dma_addr_t addr, size_t size, u8 value)
{
	size_t step;

	for (; size; size -= step, addr += step) {
		step = step_of(addr, size);
		memset(test_view(test, addr), value, step);
	}
}

/**
 * test_raw_map() - map memory as a driver with faults does
 * @dev: the device
 * @phys: where it begins
 * @size: bytes
 * @dir: direction
 *
 * Debugging of the DMA API had better not know.
 *
 * Return: its DMA address, or DMA_MAPPING_ERROR.
 */
dma_addr_t test_raw_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir)
{
	return dev->dma_ops->map_phys(dev, phys, size, dir, 0);
}

/**
 * test_raw_unmap() - unmap memory as a driver with faults does
 * @dev: the device
 * @addr: DMA address
 * @size: bytes
 * @dir: direction
 */
void test_raw_unmap(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir)
{
	dev->dma_ops->unmap_phys(dev, addr, size, dir, 0);
}

/* As test_raw_unmap(), for a sync of a single buffer. */
void test_raw_sync(struct device *dev, dma_addr_t addr, size_t size,
		   enum dma_data_direction dir, bool for_device)
{
	if (for_device)
		dev->dma_ops->sync_single_for_device(dev, addr, size, dir);
	else
		dev->dma_ops->sync_single_for_cpu(dev, addr, size, dir);
}

/**
 * test_backend() - the object of a backend domain
 * @domid: its domain ID
 *
 * Return: the object, or NULL if there is none.
 */
struct grant_backend *test_backend(domid_t domid)
{
	struct grant_backend *backend, *found = NULL;

	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		if (backend->domid == domid)
			found = backend;
	mutex_unlock(&grant_backends_lock);
	return found;
}

/* As grant_backend_get(), for a test, which ends if there is no memory. */
struct grant_backend *test_backend_get(struct kunit *test, domid_t domid)
{
	struct grant_backend *backend;

	mutex_lock(&grant_backends_lock);
	backend = grant_backend_get(domid);
	mutex_unlock(&grant_backends_lock);
	KUNIT_ASSERT_NOT_NULL(test, backend);
	return backend;
}

/* What the DMA ops of a device did up to now. */
struct grant_counters test_counters(struct device *dev)
{
	struct grant_counters counters = {};

	grant_counters_add(&counters, test_gdev(dev));
	return counters;
}

/* The area that has a reference, or NULL. */
static const struct grant_area *area_at(const struct grant_backend *backend, grant_ref_t ref)
{
	return rcu_dereference_raw(backend->area[ref / GRANT_AREA_MIN]);
}

/* Xen pages of a backend's areas, those of its devices' reserves included. */
unsigned int test_area_pages(const struct grant_backend *backend)
{
	unsigned int pages = 0;
	grant_ref_t ref;

	for (ref = 0; ref < backend->size; ref += GRANT_AREA_MIN)
		pages += area_at(backend, ref) ? GRANT_AREA_MIN : 0;
	return pages;
}

/* Units of these that are in use. */
unsigned int test_units_used(const struct grant_backend *backend)
{
	const struct grant_area *area;
	unsigned int used = 0, i;
	grant_ref_t ref;

	for (ref = 0; ref < backend->size; ref += GRANT_AREA_MIN) {
		area = area_at(backend, ref);
		for (i = 0; area && area->first == ref && i < area->words; i++)
			used += hweight_long(atomic_long_read(&area->used[i]));
	}
	return used;
}

struct workers {
	struct kunit *test;
	unsigned int (*work)(struct kunit *test, unsigned int me);
	atomic_t begun;
	atomic_t left;
	atomic_t faults;
	struct completion done;
};

static int worker(void *data)
{
	struct workers *workers = data;
	unsigned int me = atomic_inc_return(&workers->begun);

	/* So that the table's stubs are in force here too. */
	current->kunit_test = workers->test;
	atomic_add(workers->work(workers->test, me), &workers->faults);
	current->kunit_test = NULL;
	if (atomic_dec_and_test(&workers->left))
		complete(&workers->done);
	return 0;
}

/**
 * test_workers() - do something in several threads at a time
 * @test: the test
 * @count: how many threads
 * @work: what they do, with a number of their own from 1 on; it returns how many faults it saw
 * @meanwhile: what is done here until all have ended
 *
 * Return: the faults of all.
 */
unsigned int test_workers(struct kunit *test, unsigned int count,
			  unsigned int (*work)(struct kunit *test, unsigned int me),
			  void (*meanwhile)(struct kunit *test))
{
	struct workers workers = { .test = test, .work = work, .left = ATOMIC_INIT(count) };

	init_completion(&workers.done);
	while (count--)
		KUNIT_ASSERT_FALSE(test, IS_ERR(kthread_run(worker, &workers, "grant-test")));
	while (!completion_done(&workers.done)) {
		meanwhile(test);
		cond_resched();
	}
	return atomic_read(&workers.faults);
}

/* Counts new lines of the kernel log that tell @what of @who. */
unsigned int test_said(struct kmsg_dump_iter *log, const char *who, const char *what)
{
	unsigned int lines = 0;
	char line[256];
	size_t length;

	while (kmsg_dump_get_line(log, false, line, sizeof(line), &length))
		lines += strnstr(line, who, length) && strnstr(line, what, length);
	return lines;
}
