// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the choice which virtio devices get grants without firmware's word.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/virtio.h>

#include <xen/xen-ops.h>

#include "fake-table.h"
#include "grant-dma.h"
#include "test-device.h"

/*
 * Firmware's word counts most. Dom0 has no backend; other domains' devices have
 * theirs in dom0.
 */
static void undescribed_device(struct kunit *test)
{
	static const struct {
		bool described, pv, initial, force;
		bool wanted;
	} cases[] = {
		{ 0, 0, 0, 0, .wanted = false },
		{ 0, 0, 0, 1, .wanted = true },
		{ 0, 0, 1, 0, .wanted = false },
		{ 0, 0, 1, 1, .wanted = false },
		{ 0, 1, 0, 0, .wanted = true },
		{ 0, 1, 0, 1, .wanted = true },
		{ 0, 1, 1, 0, .wanted = false },
		{ 0, 1, 1, 1, .wanted = false },
		{ 1, 0, 0, 0, .wanted = false },
		{ 1, 0, 0, 1, .wanted = false },
		{ 1, 0, 1, 0, .wanted = false },
		{ 1, 0, 1, 1, .wanted = false },
		{ 1, 1, 0, 0, .wanted = false },
		{ 1, 1, 0, 1, .wanted = false },
		{ 1, 1, 1, 0, .wanted = false },
		{ 1, 1, 1, 1, .wanted = false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    grant_virtio_wanted(cases[i].described,
							cases[i].pv,
							cases[i].initial,
							cases[i].force),
				    cases[i].wanted, "case %u", i);
}

static struct device *virtio_parent(struct kunit *test)
{
	struct device *dev = kunit_device_register(test, "virtio-parent");

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	return dev;
}

/* Whether a virtio device without VIRTIO_F_ACCESS_PLATFORM is not served. */
static bool is_restricted(struct kunit *test, struct device *dev)
{
	struct virtio_device *vdev = kunit_kzalloc(test, sizeof(*vdev),
						   GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, vdev);
	vdev->dev.parent = dev;
	vdev->dev.init_name = "virtio-test";
	return xen_virtio_restricted_mem_acc(vdev);
}

/* Where DMA was refused, guest physical addresses must not do in its place. */
static void restricted_device(struct kunit *test)
{
	struct device *dev;

	fake_table_create(test, FAKE_TABLE_SIZE);
	KUNIT_EXPECT_TRUE(test, is_restricted(test, test_device(test, "granted",
								TEST_DOMID)));
	dev = virtio_parent(test);
	set_dma_ops(dev, &dma_dummy_ops);
	KUNIT_EXPECT_TRUE(test, is_restricted(test, dev));
	set_dma_ops(dev, NULL);
}

/*
 * A device that comes before the grant table gets no memory for a virtqueue, so that
 * its driver fails, rather than an oops.
 */
static void no_grant_table_yet(struct kunit *test)
{
	struct fake_table *table = fake_table_create(test, FAKE_TABLE_SIZE);
	struct device *dev = virtio_parent(test);
	dma_addr_t addr;

	table->size = 0;
	grant_setup(dev, 0);
	KUNIT_EXPECT_TRUE(test, grant_setup_refused(dev));
	KUNIT_EXPECT_TRUE(test, is_restricted(test, dev));
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(dev, PAGE_SIZE, &addr,
						   GFP_KERNEL));
}

static struct kunit_case virtio_cases[] = {
	KUNIT_CASE(undescribed_device),
	KUNIT_CASE(restricted_device),
	KUNIT_CASE(no_grant_table_yet),
	{ }
};

static struct kunit_suite virtio_suite = {
	.name = "xen_grant_dma_virtio",
	.test_cases = virtio_cases,
};

kunit_test_suite(virtio_suite);
