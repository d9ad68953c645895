/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices, drivers, and what belongs to architectures of the DMA API. */

struct device;
struct device_node;
struct dma_map_ops;
struct file;
struct vm_area_struct;

struct bus_type {
	const char *name;
};

struct device_driver {
	const char *name;
	const struct bus_type *bus;
	void *owner;
	struct list_head node;
};

struct device_dma_parameters {
	unsigned int max_segment_size;
	unsigned int min_align_mask;
	unsigned long segment_boundary_mask;
};

struct devres {
	void (*action)(void *data);
	void *data;
	struct devres *next;
};

struct device {
	struct device *parent;
	const char *name;
	const struct bus_type *bus;
	struct device_driver *driver;
	void (*release)(struct device *dev);
	struct device_node *of_node;
	const struct dma_map_ops *dma_ops;
	u64 *dma_mask;
	u64 coherent_dma_mask;
	u64 bus_dma_limit;
	const void *dma_range_map;
	struct device_dma_parameters *dma_parms, stub_parms;
	void *dma_io_tlb_mem;
	bool dma_coherent;
	bool dma_skip_sync;
	bool dma_iommu;
	struct devres *devres;
};

struct bus_dma_region;

#define dev_name(dev) ((dev)->name)
#define dev_driver_string(dev) ((dev)->driver ? (dev)->driver->name : "")
#define dev_to_node(dev) 0
#define NUMA_NO_NODE (-1)

static inline bool dev_dma_coherent(const struct device *dev)
{
	return dev->dma_coherent;
}

static inline bool dev_dma_skip_sync(const struct device *dev)
{
	return dev->dma_skip_sync;
}

static inline void dev_assign_dma_skip_sync(struct device *dev, bool skip)
{
	dev->dma_skip_sync = skip;
}

static inline void dev_set_dma_skip_sync(struct device *dev)
{
	dev->dma_skip_sync = true;
}

static inline void dev_clear_dma_skip_sync(struct device *dev)
{
	dev->dma_skip_sync = false;
}

int dev_set_name(struct device *dev, const char *format, ...);
int device_register(struct device *dev);
void device_unregister(struct device *dev);
#define put_device(dev) \
	do {            \
	} while (0)
struct device *root_device_register(const char *name);
void root_device_unregister(struct device *dev);
#define bus_register(bus) 0
#define bus_unregister(bus) \
	do {                \
	} while (0)
int driver_register(struct device_driver *driver);
void driver_unregister(struct device_driver *driver);
int device_attach(struct device *dev);
void device_release_driver(struct device *dev);

int devm_add_action(struct device *dev, void (*action)(void *), void *data);
int devm_add_action_or_reset(struct device *dev, void (*action)(void *),
			     void *data);
#define devm_kzalloc(dev, size, gfp) kzalloc(size, gfp)
#define devm_kfree(dev, p) kfree(p)

struct virtio_device {
	struct device dev;
	u64 features;
};

#define __virtio_clear_bit(vdev, bit) ((vdev)->features &= ~BIT_ULL(bit))
