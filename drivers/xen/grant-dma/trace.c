// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tracepoints of mappings.
 */

#define CREATE_TRACE_POINTS
#include "trace.h"
