/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device for tests whose DMA goes through grants, and how its backend sees
 * its memory.
 */

#ifndef _XEN_GRANT_DMA_TEST_DEVICE_H
#define _XEN_GRANT_DMA_TEST_DEVICE_H

#include <linux/dma-direction.h>
#include <linux/kmsg_dump.h>
#include <linux/prandom.h>
#include <linux/string.h>
#include <linux/types.h>

#include <xen/grant_table.h>

struct device;
struct grant_backend;
struct grant_counters;
struct grant_device;
struct kunit;
struct page;

/* No domain gets so high an ID, so that no real device shares the backend. */
#define TEST_DOMID	(DOMID_FIRST_RESERVED - 1)

/* What a bounced buffer has where the device did not write. */
#define TEST_UNWRITTEN	0xff

struct grant_device *test_gdev(struct device *dev);
void test_setup(struct kunit *test, struct device *dev, domid_t domid);
struct device *test_device(struct kunit *test, const char *name, domid_t domid);
struct page *test_pages(struct kunit *test, size_t size);
grant_ref_t test_ref(struct kunit *test, dma_addr_t addr);
void *test_view(struct kunit *test, dma_addr_t addr);
bool test_resolves(struct kunit *test, dma_addr_t addr, phys_addr_t phys,
		   size_t size);
bool test_sees(struct kunit *test, dma_addr_t addr, size_t size, u8 value);
bool test_shows(struct kunit *test, dma_addr_t addr, size_t size, const void *bytes);
void test_writes(struct kunit *test, dma_addr_t addr, size_t size, u8 value);
dma_addr_t test_raw_map(struct device *dev, phys_addr_t phys, size_t size,
			enum dma_data_direction dir);
void test_raw_unmap(struct device *dev, dma_addr_t addr, size_t size,
		    enum dma_data_direction dir);
void test_raw_sync(struct device *dev, dma_addr_t addr, size_t size,
		   enum dma_data_direction dir, bool for_device);
struct grant_backend *test_backend(domid_t domid);
struct grant_backend *test_backend_get(struct kunit *test, domid_t domid);
struct grant_counters test_counters(struct device *dev);
unsigned int test_area_pages(const struct grant_backend *backend);
unsigned int test_units_used(const struct grant_backend *backend);
unsigned int test_workers(struct kunit *test, unsigned int count,
			  unsigned int (*work)(struct kunit *test, unsigned int me),
			  void (*meanwhile)(struct kunit *test));
unsigned int test_said(struct kmsg_dump_iter *log, const char *who, const char *what);

/* Reads the kernel log from here on. */
static inline void test_said_nothing(struct kmsg_dump_iter *log)
{
	kmsg_dump_rewind(log);
	test_said(log, "", "");
}

static inline bool test_all(const void *bytes, u8 value, size_t size)
{
	return !memchr_inv(bytes, value, size);
}

/* A number below @limit, the same in every run. */
static inline u32 test_random(struct rnd_state *random, u32 limit)
{
	return prandom_u32_state(random) % limit;
}

#endif /* _XEN_GRANT_DMA_TEST_DEVICE_H */
