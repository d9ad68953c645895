// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of virtqueues with devices and mappings that don't do as drivers expect.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-map-ops.h>
#include <linux/dma-mapping.h>
#include <linux/gfp.h>
#include <linux/list.h>
#include <linux/scatterlist.h>
#include <linux/spinlock.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#define ENTRIES		4
#define BYTES		16

/**
 * struct ring_test - a driver's virtqueue, and the other side of it
 * @vdev: the virtio device
 * @pages: memory of the rings of @vring
 * @vring: the rings, as the device sees them
 * @vq: the virtqueue on them
 * @buffers: what is put into it
 */
struct ring_test {
	struct virtio_device vdev;
	void *pages;
	struct vring vring;
	struct virtqueue *vq;
	u8 *buffers[ENTRIES];
};

static bool notify(struct virtqueue *vq)
{
	return true;
}

static int ring_init(struct kunit *test)
{
	struct ring_test *t = kunit_kzalloc(test, sizeof(*t), GFP_KERNEL);
	struct device *dev;
	int i;

	KUNIT_ASSERT_NOT_NULL(test, t);
	test->priv = t;
	dev = kunit_device_register(test, "virtio_ring");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev->dma_mask = &dev->coherent_dma_mask;
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)), 0);

	t->vdev.dev.parent = dev;
	INIT_LIST_HEAD(&t->vdev.vqs);
	spin_lock_init(&t->vdev.vqs_list_lock);
	__virtio_set_bit(&t->vdev, VIRTIO_F_VERSION_1);
	for (i = 0; i < ENTRIES; i++) {
		t->buffers[i] = kunit_kzalloc(test, BYTES, GFP_KERNEL);
		KUNIT_ASSERT_NOT_NULL(test, t->buffers[i]);
	}
	return 0;
}

static void ring_exit(struct kunit *test)
{
	struct ring_test *t = test->priv;

	if (!t)
		return;
	if (t->vq)
		vring_del_virtqueue(t->vq);
	free_page((unsigned long)t->pages);
}

/* Puts buffers into the queue, as one chain that the device writes to. */
static int add(struct ring_test *t, int first, int count)
{
	struct scatterlist sgs[ENTRIES];
	int i;

	sg_init_table(sgs, count);
	for (i = 0; i < count; i++)
		sg_set_buf(&sgs[i], t->buffers[first + i], BYTES);
	return virtqueue_add_inbuf(t->vq, sgs, count, t->buffers[first],
				   GFP_KERNEL);
}

static void create_split(struct kunit *test)
{
	struct ring_test *t = test->priv;

	t->pages = (void *)get_zeroed_page(GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, t->pages);
	vring_init(&t->vring, ENTRIES, t->pages, SMP_CACHE_BYTES);
	t->vq = vring_new_virtqueue(0, ENTRIES, SMP_CACHE_BYTES, &t->vdev, true,
				    false, t->pages, notify, NULL, "test");
	KUNIT_ASSERT_NOT_NULL(test, t->vq);
}

/* The first descriptor of a chain, by how many became available before it. */
static unsigned int head(struct ring_test *t, int n)
{
	return virtio16_to_cpu(&t->vdev, t->vring.avail->ring[n]);
}

/* Has the device return a chain, and the driver take it. */
static void *return_chain(struct ring_test *t, int n)
{
	struct vring_used *used = t->vring.used;
	unsigned int len;

	used->ring[n].id = cpu_to_virtio32(&t->vdev, head(t, n));
	used->ring[n].len = cpu_to_virtio32(&t->vdev, BYTES);
	used->idx = cpu_to_virtio16(&t->vdev, n + 1);
	return virtqueue_get_buf(t->vq, &len);
}

/* A device sets the flag that leads on to the next descriptor, which is another's. */
static void chain_grows(struct kunit *test)
{
	struct ring_test *t = test->priv;

	create_split(test);
	KUNIT_ASSERT_EQ(test, add(t, 0, 1), 0);
	KUNIT_ASSERT_EQ(test, add(t, 1, 1), 0);
	t->vring.desc[head(t, 0)].flags |=
		cpu_to_virtio16(&t->vdev, VRING_DESC_F_NEXT);

	KUNIT_EXPECT_PTR_EQ(test, return_chain(t, 0), (void *)t->buffers[0]);
	KUNIT_EXPECT_EQ(test, t->vq->num_free, ENTRIES - 1);
	KUNIT_EXPECT_PTR_EQ(test, return_chain(t, 1), (void *)t->buffers[1]);
	KUNIT_EXPECT_EQ(test, t->vq->num_free, ENTRIES);
}

/* It clears that flag, so that a descriptor would be lost. */
static void chain_shrinks(struct kunit *test)
{
	struct ring_test *t = test->priv;

	create_split(test);
	KUNIT_ASSERT_EQ(test, add(t, 0, 2), 0);
	t->vring.desc[head(t, 0)].flags &=
		~cpu_to_virtio16(&t->vdev, VRING_DESC_F_NEXT);

	KUNIT_EXPECT_PTR_EQ(test, return_chain(t, 0), (void *)t->buffers[0]);
	KUNIT_EXPECT_EQ(test, t->vq->num_free, ENTRIES);
}

/* dma_dummy_ops are for what is built in. */
#if defined(CONFIG_ARCH_HAS_DMA_OPS) && !defined(MODULE)
#define HAS_DUMMY_OPS

/* Drivers try again where memory is short, and give up otherwise. */
static void map_fails(struct kunit *test, unsigned int feature)
{
	struct ring_test *t = test->priv;
	struct device *dev = t->vdev.dev.parent;
	int ret[2];

	__virtio_set_bit(&t->vdev, VIRTIO_F_ACCESS_PLATFORM);
	__virtio_set_bit(&t->vdev, VIRTIO_RING_F_INDIRECT_DESC);
	if (feature)
		__virtio_set_bit(&t->vdev, feature);
	t->vq = vring_create_virtqueue(0, ENTRIES, PAGE_SIZE, &t->vdev, true,
				       false, false, notify, NULL, "test");
	KUNIT_ASSERT_NOT_NULL(test, t->vq);

	set_dma_ops(dev, &dma_dummy_ops);
	ret[0] = add(t, 0, 1);
	ret[1] = add(t, 0, 2);
	set_dma_ops(dev, NULL);
	KUNIT_EXPECT_EQ(test, ret[0], -ENOMEM);
	KUNIT_EXPECT_EQ(test, ret[1], -ENOMEM);
	KUNIT_EXPECT_EQ(test, t->vq->num_free, ENTRIES);
}

static void split_map_fails(struct kunit *test)
{
	map_fails(test, 0);
}

static void packed_map_fails(struct kunit *test)
{
	map_fails(test, VIRTIO_F_RING_PACKED);
}
#endif

static struct kunit_case ring_cases[] = {
	KUNIT_CASE(chain_grows),
	KUNIT_CASE(chain_shrinks),
#ifdef HAS_DUMMY_OPS
	KUNIT_CASE(split_map_fails),
	KUNIT_CASE(packed_map_fails),
#endif
	{}
};

static struct kunit_suite ring_suite = {
	.name = "virtio_ring",
	.init = ring_init,
	.exit = ring_exit,
	.test_cases = ring_cases,
};

kunit_test_suite(ring_suite);

MODULE_DESCRIPTION("Tests of virtqueues");
MODULE_LICENSE("GPL");
