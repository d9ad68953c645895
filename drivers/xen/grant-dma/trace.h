/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tracepoints of mappings.
 */

#undef TRACE_SYSTEM
#define TRACE_SYSTEM xen_grant_dma

#if !defined(_XEN_GRANT_DMA_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _XEN_GRANT_DMA_TRACE_H

#include <linux/device.h>
#include <linux/dma-direction.h>
#include <linux/tracepoint.h>

DECLARE_EVENT_CLASS(xen_grant_dma,
	TP_PROTO(struct device *dev, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir),
	TP_ARGS(dev, addr, size, dir),
	TP_STRUCT__entry(
		__string(dev, dev_name(dev))
		__field(u64, addr)
		__field(size_t, size)
		__field(int, dir)
	),
	TP_fast_assign(
		__assign_str(dev);
		__entry->addr = addr;
		__entry->size = size;
		__entry->dir = dir;
	),
	TP_printk("dev=%s addr=%#llx size=%zu dir=%s", __get_str(dev),
		  __entry->addr, __entry->size,
		  __print_symbolic(__entry->dir,
				   { DMA_BIDIRECTIONAL, "BIDIRECTIONAL" },
				   { DMA_TO_DEVICE, "TO_DEVICE" },
				   { DMA_FROM_DEVICE, "FROM_DEVICE" }))
);

DEFINE_EVENT(xen_grant_dma, xen_grant_dma_map,
	TP_PROTO(struct device *dev, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir),
	TP_ARGS(dev, addr, size, dir));

DEFINE_EVENT(xen_grant_dma, xen_grant_dma_unmap,
	TP_PROTO(struct device *dev, dma_addr_t addr, size_t size,
		 enum dma_data_direction dir),
	TP_ARGS(dev, addr, size, dir));

#endif /* _XEN_GRANT_DMA_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
