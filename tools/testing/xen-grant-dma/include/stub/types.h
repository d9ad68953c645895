/* SPDX-License-Identifier: GPL-2.0-only */
/* Types. */

/* ---- types ---- */
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;
typedef unsigned int xa_mark_stub_t;
typedef u64 dma_addr_t;
typedef u64 pci_bus_addr_t;
typedef u64 phys_addr_t;
typedef u64 resource_size_t;
typedef unsigned short umode_t;
typedef unsigned char uchar_stub;
typedef struct {
	int counter;
} atomic_t;
typedef struct {
	s64 counter;
} atomic64_t;
typedef atomic64_t atomic_long_t;
struct rcu_head {
	void *next;
	void (*func)(struct rcu_head *);
};
#define U64_MAX (~(u64)0)
#define U32_MAX (~(u32)0)
#define PHYS_ADDR_MAX (~(phys_addr_t)0)

struct list_head {
	struct list_head *next, *prev;
};

struct hlist_node {
	struct hlist_node *next, **pprev;
};

struct hlist_head {
	struct hlist_node *first;
};
