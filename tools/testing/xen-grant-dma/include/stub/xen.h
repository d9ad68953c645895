/* SPDX-License-Identifier: GPL-2.0-only */
/* Which domain this is. */

/* ---- x86 and Xen ---- */
#define xen_domain() 1
extern unsigned int host_version;
#define xen_pv_domain() (host_version == 2)
#define xen_hvm_domain() 1
#define xen_initial_domain() 0
int gnttab_init(void);

/* Whether a shutdown is one for another kernel. */
extern bool host_kexec;
#define kexec_in_progress host_kexec
