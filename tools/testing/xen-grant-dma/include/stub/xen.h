/* SPDX-License-Identifier: GPL-2.0-only */
/* Which domain this is. */

/* ---- x86 and Xen ---- */
#define xen_domain() 1
#define xen_pv_domain() 0
#define xen_hvm_domain() 1
#define xen_initial_domain() 0
