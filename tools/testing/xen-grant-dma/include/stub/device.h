/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices and the DMA API. */

/* ---- device, DMA ---- */
enum dma_data_direction { DMA_BIDIRECTIONAL, DMA_TO_DEVICE, DMA_FROM_DEVICE, DMA_NONE };
#define valid_dma_direction(d) ((d) == DMA_BIDIRECTIONAL || (d) == DMA_TO_DEVICE || (d) == DMA_FROM_DEVICE)
#define DMA_MAPPING_ERROR (~(dma_addr_t)0)
#define DMA_BIT_MASK(n) ((n) == 64 ? ~0ULL : (1ULL << (n)) - 1)
#define DMA_ATTR_SKIP_CPU_SYNC BIT(5)
#define DMA_ATTR_MMIO BIT(10)
#define DMA_ATTR_DEBUGGING_IGNORE_CACHELINES BIT(11)
#define DMA_ATTR_REQUIRE_COHERENT BIT(12)
#define DMA_ATTR_CC_SHARED BIT(13)
struct device; struct scatterlist; struct sg_table; struct vm_area_struct; struct device_node;
struct dma_map_ops {
	void *(*alloc)(struct device *, size_t, dma_addr_t *, gfp_t, unsigned long);
	void (*free)(struct device *, size_t, void *, dma_addr_t, unsigned long);
	struct page *(*alloc_pages_op)(struct device *, size_t, dma_addr_t *, enum dma_data_direction, gfp_t);
	void (*free_pages)(struct device *, size_t, struct page *, dma_addr_t, enum dma_data_direction);
	void *mmap, *get_sgtable;
	dma_addr_t (*map_phys)(struct device *, phys_addr_t, size_t, enum dma_data_direction, unsigned long);
	void (*unmap_phys)(struct device *, dma_addr_t, size_t, enum dma_data_direction, unsigned long);
	int (*map_sg)(struct device *, struct scatterlist *, int, enum dma_data_direction, unsigned long);
	void (*unmap_sg)(struct device *, struct scatterlist *, int, enum dma_data_direction, unsigned long);
	void (*sync_single_for_cpu)(struct device *, dma_addr_t, size_t, enum dma_data_direction);
	void (*sync_single_for_device)(struct device *, dma_addr_t, size_t, enum dma_data_direction);
	void (*sync_sg_for_cpu)(struct device *, struct scatterlist *, int, enum dma_data_direction);
	void (*sync_sg_for_device)(struct device *, struct scatterlist *, int, enum dma_data_direction);
	int (*dma_supported)(struct device *, u64);
	u64 (*get_required_mask)(struct device *);
	size_t (*max_mapping_size)(struct device *);
	unsigned long (*get_merge_boundary)(struct device *);
};
#define dma_common_mmap NULL
#define dma_common_get_sgtable NULL
struct device_dma_parameters { unsigned int max_segment_size, min_align_mask; unsigned long segment_boundary_mask; };
struct devres { void (*action)(void *); void *data; struct devres *next; };
struct device_driver { const char *name; };
struct device {
	struct device *parent; const char *name; struct device_driver *driver; void *bus;
	const struct dma_map_ops *dma_ops; u64 *dma_mask; u64 coherent_dma_mask, bus_dma_limit;
	const void *dma_range_map; struct device_dma_parameters *dma_parms; struct device_node *of_node;
	struct devres *devres; struct device_dma_parameters stub_parms; bool dma_coherent, dma_skip_sync, dma_iommu;
	struct { bool force_bounce; } *dma_io_tlb_mem;
};
#define dev_name(d) ((d)->name)
#define dev_driver_string(d) "stub"
static inline void set_dma_ops(struct device *dev, const struct dma_map_ops *ops) { dev->dma_ops = ops; }
#define get_dma_ops(d) ((d)->dma_ops)
#define dma_reset_need_sync(d) do { } while (0)
extern const struct dma_map_ops dma_dummy_ops;
static inline unsigned int dma_get_min_align_mask(struct device *d) { return d->dma_parms ? d->dma_parms->min_align_mask : 0; }
static inline unsigned int dma_get_max_seg_size(struct device *d) { return d->dma_parms && d->dma_parms->max_segment_size ? d->dma_parms->max_segment_size : SZ_64K; }
static inline unsigned long dma_get_seg_boundary(struct device *d) { return d->dma_parms && d->dma_parms->segment_boundary_mask ? d->dma_parms->segment_boundary_mask : ULONG_MAX; }
int devm_add_action(struct device *d, void (*a)(void *), void *data);
int devm_add_action_or_reset(struct device *d, void (*a)(void *), void *data);
void stub_devres_release(struct device *d);
#define devm_kzalloc(d, n, g) kzalloc(n, g)
#define devm_kfree(d, p) kfree(p)
dma_addr_t dma_map_phys(struct device *, phys_addr_t, size_t, enum dma_data_direction, unsigned long);
void dma_unmap_phys(struct device *, dma_addr_t, size_t, enum dma_data_direction, unsigned long);
unsigned int dma_map_sg_attrs(struct device *, struct scatterlist *, int, enum dma_data_direction, unsigned long);
void dma_unmap_sg_attrs(struct device *, struct scatterlist *, int, enum dma_data_direction, unsigned long);

extern const struct kernel_param_ops *stub_param_isolation;
