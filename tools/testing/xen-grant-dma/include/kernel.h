/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the kernel's headers give to its sources, for a program. Included before
 * all else in each of them; headers that they ask for are the kernel's own where
 * those compile, see Makefile, or else empty.
 */

#ifndef _KERNEL_H
#define _KERNEL_H

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/kconfig.h>
#include "stub/compiler.h"
#include "stub/types.h"
#include "stub/bits.h"
#include "stub/atomic.h"
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/kern_levels.h>
#include <linux/log2.h>
#include <linux/typecheck.h>
#include "stub/lock.h"
#include "stub/percpu.h"
#include "stub/work.h"
#include "stub/thread.h"
#include "stub/printk.h"
#include <linux/list.h>
#include "stub/memory.h"
#include "stub/device.h"
#include <linux/dma-map-ops.h>
#include "stub/trace.h"
#include "stub/xen.h"
#include "stub/module.h"
#include "stub/debugfs.h"
#include <linux/prandom.h>
#include "stub/kunit.h"

#endif /* _KERNEL_H */
