// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the DMA addresses that carry a grant reference.
 */

#include <kunit/test.h>

#include <linux/limits.h>

#include "grant-dma.h"
#include "test-device.h"

/* Backends have these bits built in. */
static void address_layout(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, grant_addr(0, 0), 0x8000000000000000ULL);
	KUNIT_EXPECT_EQ(test, grant_addr(0x12345, 0x678),
			0x8000000012345678ULL);
	KUNIT_EXPECT_EQ(test, grant_addr(U32_MAX, 0xfff),
			0x80000fffffffffffULL);
	KUNIT_EXPECT_EQ(test, xen_grant_dma_ref(0x8000000012345678ULL), 0x12345);
	KUNIT_EXPECT_EQ(test, xen_grant_dma_ref(0x80000fffffffffffULL), U32_MAX);
	KUNIT_EXPECT_EQ(test, xen_grant_dma_offset(0x8000000012345678ULL), 0x678);
}

/* Who decodes an address may not know whether its device uses grants. */
static void address_is_grant(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, xen_grant_dma_is_grant(grant_addr(0, 0)));
	KUNIT_EXPECT_TRUE(test,
			  xen_grant_dma_is_grant(grant_addr(U32_MAX, 0xfff)));
	KUNIT_EXPECT_FALSE(test, xen_grant_dma_is_grant(0));
	KUNIT_EXPECT_FALSE(test, xen_grant_dma_is_grant(0x7ffffffffffff000ULL));
	KUNIT_EXPECT_FALSE(test, xen_grant_dma_is_grant(DMA_MAPPING_ERROR));
}

static void address_round_trip(struct kunit *test)
{
	struct rnd_state random;
	grant_ref_t ref;
	u32 offset;
	int i;

	prandom_seed_state(&random, 1);
	for (i = 0; i < 10000; i++) {
		ref = prandom_u32_state(&random);
		offset = test_random(&random, 4096);
		KUNIT_ASSERT_EQ_MSG(test,
				    xen_grant_dma_ref(grant_addr(ref, offset)),
				    ref, "offset %#x", offset);
		KUNIT_ASSERT_EQ(test, test_ref(test, grant_addr(ref, offset)),
				ref);
	}
}

static void address_pages(struct kunit *test)
{
	struct rnd_state random;
	u64 addr, first, last;
	u32 size;
	int i;

	KUNIT_EXPECT_EQ(test, grant_pages(0, 1), 1);
	KUNIT_EXPECT_EQ(test, grant_pages(0xfff, 1), 1);
	KUNIT_EXPECT_EQ(test, grant_pages(0xfff, 2), 2);
	KUNIT_EXPECT_EQ(test, grant_pages(0, 0x1000), 1);
	KUNIT_EXPECT_EQ(test, grant_pages(1, 0x1000), 2);

	prandom_seed_state(&random, 2);
	for (i = 0; i < 10000; i++) {
		addr = (u64)prandom_u32_state(&random) << 32 |
		       prandom_u32_state(&random);
		size = 1 + test_random(&random, i & 1 ? 3 * 4096 : U32_MAX);
		first = addr >> 12;
		last = (addr + size - 1) >> 12;
		KUNIT_ASSERT_EQ_MSG(test, grant_pages(addr, size),
				    last - first + 1, "%#x bytes at %#llx",
				    size, addr);
	}
}

/* What is no address of the table is none of its references, whatever bits are set. */
static void address_of_table(struct kunit *test)
{
	struct grant_backend *backend = kunit_kzalloc(test, sizeof(*backend), GFP_KERNEL);
	const dma_addr_t none[] = {
		0, DMA_MAPPING_ERROR, 0x12345000, grant_addr(512, 0), grant_addr(U32_MAX, 0),
		grant_addr(511, 0) & ~XEN_GRANT_DMA_FLAG, grant_addr(1, 0) | BIT_ULL(62),
		grant_addr(1, 0) | BIT_ULL(44),
	};
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, backend);
	backend->size = 512;
	KUNIT_EXPECT_EQ(test, grant_ref_of(backend, grant_addr(0, 0xfff)), 0);
	KUNIT_EXPECT_EQ(test, grant_ref_of(backend, grant_addr(511, 0xfff)), 511);
	for (i = 0; i < ARRAY_SIZE(none); i++)
		KUNIT_EXPECT_EQ_MSG(test, grant_ref_of(backend, none[i]), backend->size,
				    "%pad", &none[i]);
}

static struct kunit_case address_cases[] = {
	KUNIT_CASE(address_layout),
	KUNIT_CASE(address_is_grant),
	KUNIT_CASE(address_round_trip),
	KUNIT_CASE(address_pages),
	KUNIT_CASE(address_of_table),
	{}
};

static struct kunit_suite address_suite = {
	.name = "xen_grant_dma_address",
	.test_cases = address_cases,
};

kunit_test_suite(address_suite);
