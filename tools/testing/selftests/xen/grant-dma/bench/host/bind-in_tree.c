// SPDX-License-Identifier: GPL-2.0-only
/* The driver of the untouched kernel. */
#include <linux/xarray.h>

#include "bind.h"
#include "host.h"
#include "in-tree.h"

bool xen_virtio_restricted_mem_acc(struct virtio_device *dev);

/* Nodes of an xarray, which RCU has no need to free late here. */
static struct kmem_cache nodes = { .size = sizeof(struct xa_node) };
struct kmem_cache *radix_tree_node_cachep = &nodes;

void radix_tree_node_rcu_free(struct rcu_head *head)
{
	kmem_cache_free(&nodes, container_of(head, struct xa_node, rcu_head));
}

void bind(struct device *dev, const char *level)
{
	static struct virtio_device vdev;

	vdev.dev.parent = dev;
	if (!xen_virtio_restricted_mem_acc(&vdev) || !get_dma_ops(dev))
		abort();
}
