// SPDX-License-Identifier: GPL-2.0-only
/*
 * A device for tests whose DMA goes through grants, and how its backend sees
 * its memory.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-map-ops.h>
#include <linux/mm.h>

#include <xen/grant_table.h>
#include <xen/page.h>

#include "backend.h"
#include "device.h"
#include "dma-ops.h"
#include "setup.h"
#include "table.h"
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
	KUNIT_ASSERT_EQ(test, grant_device_create(dev, domid, &grant_dma_ops), 0);
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

/**
 * test_idle() - see that a device has nothing mapped
 * @test: the test, which ends if it has
 * @dev: device from test_device(), the only one of its backend
 */
void test_idle(struct kunit *test, struct device *dev)
{
	struct grant_device *gdev = test_gdev(dev);

	KUNIT_ASSERT_EQ(test, grant_device_counters(gdev).used, 0);
	KUNIT_ASSERT_EQ(test, atomic_read(&gdev->backend->usage.used),
			atomic_read(&gdev->usage.used));
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

/**
 * test_backend_exists() - whether a backend domain has an object
 * @domid: its domain ID
 */
bool test_backend_exists(domid_t domid)
{
	struct grant_backend *backend;
	bool found = false;

	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		found |= backend->domid == domid;
	mutex_unlock(&grant_backends_lock);
	return found;
}
