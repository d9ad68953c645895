/* SPDX-License-Identifier: GPL-2.0-only */
/* The configuration of the kernel. */

/* ---- kconfig ---- */
#define CONFIG_64BIT 1
#define CONFIG_NEED_SG_DMA_LENGTH 1
#define CONFIG_XARRAY_MULTI 1
#define CONFIG_XEN_VIRTIO_FORCE_GRANT 1
#define BITS_PER_LONG 64
#define __ARG_PLACEHOLDER_1 0,
#define __take_second_arg(__ignored, val, ...) val
#define ____is_defined(x) __take_second_arg(x 1, 0)
#define ___is_defined(val) ____is_defined(__ARG_PLACEHOLDER_##val)
#define __is_defined(x) ___is_defined(x)
#define IS_ENABLED(o) __is_defined(o)

