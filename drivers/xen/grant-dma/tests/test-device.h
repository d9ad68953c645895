/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device for tests whose DMA goes through grants, and how its backend sees
 * its memory.
 */

#ifndef _XEN_GRANT_DMA_TEST_DEVICE_H
#define _XEN_GRANT_DMA_TEST_DEVICE_H

#include <linux/dma-direction.h>
#include <linux/prandom.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct device;
struct grant_device;
struct kunit;
struct page;

/* No domain gets so high an ID, so that no real device shares the backend. */
#define TEST_DOMID	(DOMID_FIRST_RESERVED - 1)

struct grant_device *test_gdev(struct device *dev);
void test_setup(struct kunit *test, struct device *dev, domid_t domid);
struct device *test_device(struct kunit *test, const char *name, domid_t domid);
struct page *test_pages(struct kunit *test, size_t size);
grant_ref_t test_ref(struct kunit *test, dma_addr_t addr);
void *test_view(struct kunit *test, dma_addr_t addr);
bool test_resolves(struct kunit *test, dma_addr_t addr, phys_addr_t phys,
		   size_t size);
dma_addr_t test_raw_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir);
void test_raw_unmap(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir);
bool test_backend_exists(domid_t domid);
void test_idle(struct kunit *test, struct device *dev);

/* A number below @limit, the same in every run. */
static inline u32 test_random(struct rnd_state *random, u32 limit)
{
	return prandom_u32_state(random) % limit;
}

#endif /* _XEN_GRANT_DMA_TEST_DEVICE_H */
