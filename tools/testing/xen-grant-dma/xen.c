// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen: hypercalls of the guest, the frames of its grant table, and what a backend
 * maps of it.
 */

#include <linux/list.h>
#include <linux/syscore_ops.h>
#include <xen/features.h>
#include <xen/grant_table.h>
#include <xen/interface/memory.h>

#include "host.h"
#include "machine.h"

u8 xen_features[XENFEAT_NR_SUBMAPS * 32];
unsigned long long max_possible_pfn = HOST_FIRST_PFN;
unsigned int host_frames = 64;
struct grant_entry_v1 *host_table;
unsigned int host_version = 1;
grant_status_t *host_status;

/* What is mapped by a reference, which Xen knows whatever the guest does to the entry. */
static struct active_grant {
	unsigned int readers;
	unsigned int writers;
	domid_t domid;
	unsigned long pfn;
} *active;
static pthread_mutex_t active_lock = PTHREAD_MUTEX_INITIALIZER;

int HYPERVISOR_grant_table_op(unsigned int cmd, void *op, unsigned int count)
{
	struct gnttab_get_status_frames *status = op;
	struct gnttab_query_size *query = op;
	struct gnttab_setup_table *setup = op;

	switch (cmd) {
	case GNTTABOP_query_size:
		query->max_nr_frames = host_frames;
		query->status = GNTST_okay;
		return 0;
	case GNTTABOP_setup_table:
		setup->status = GNTST_okay;
		return 0;
	case GNTTABOP_get_status_frames:
		status->status = GNTST_okay;
		return 0;
	}
	return cmd == GNTTABOP_set_version ? 0 : -EINVAL;
}

int HYPERVISOR_memory_op(unsigned int cmd, void *op)
{
	return 0;
}

int arch_gnttab_map_shared(xen_pfn_t *frames, unsigned long count,
			   unsigned long max, void **shared)
{
	*shared = host_table;
	return 0;
}

int arch_gnttab_map_status(xen_ulong_t *frames, unsigned long count,
			   unsigned long max, grant_status_t **shared)
{
	*shared = host_status;
	return 0;
}

void arch_gnttab_unmap(void *shared, unsigned long count)
{
}

/*
 * Sets the flags of an entry that say that it is in use, which the guest waits for.
 * Flags and domain ID are changed together, so both are those of one grant.
 */
static int set_in_use(grant_ref_t ref, domid_t domid, bool readonly)
{
	u32 *entry = (u32 *)&host_table[ref];
	u32 old = __atomic_load_n(entry, __ATOMIC_RELAXED), new;

	do {
		if ((old & GTF_type_mask) != GTF_permit_access ||
		    old >> 16 != domid)
			return GNTST_general_error;
		if (!readonly && (old & GTF_readonly))
			return GNTST_general_error;
		new = old | GTF_reading | (readonly ? 0 : GTF_writing);
	} while (!__atomic_compare_exchange_n(entry, &old, new, false,
					      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	return GNTST_okay;
}

static int map_grant(struct active_grant *grant, grant_ref_t ref, domid_t domid,
		     bool readonly)
{
	bool first = !grant->readers && !grant->writers;
	int ret;

	if (!first && grant->domid != domid)
		return GNTST_general_error;
	if (first || (!readonly && !grant->writers)) {
		ret = set_in_use(ref, domid, readonly);
		if (ret)
			return ret;
	}
	if (first) {
		grant->domid = domid;
		grant->pfn = READ_ONCE(host_table[ref].frame);
	}
	if (readonly)
		grant->readers++;
	else
		grant->writers++;
	return GNTST_okay;
}

int host_map_grant(grant_ref_t ref, domid_t domid, bool readonly, unsigned long *pfn)
{
	int ret = GNTST_bad_gntref;

	if (ref >= host_references())
		return ret;
	pthread_mutex_lock(&active_lock);
	ret = map_grant(&active[ref], ref, domid, readonly);
	*pfn = active[ref].pfn;
	pthread_mutex_unlock(&active_lock);
	return ret;
}

void host_unmap_grant(grant_ref_t ref, bool readonly)
{
	struct active_grant *grant = &active[ref];
	u16 clear = 0;

	pthread_mutex_lock(&active_lock);
	if (!(readonly ? grant->readers-- : grant->writers--))
		abort();
	if (!readonly && !grant->writers)
		clear |= GTF_writing;
	if (!grant->readers && !grant->writers)
		clear |= GTF_reading;
	__atomic_fetch_and(&host_table[ref].flags, (u16)~clear, __ATOMIC_SEQ_CST);
	pthread_mutex_unlock(&active_lock);
}

unsigned int host_grant_mapped(grant_ref_t ref)
{
	unsigned int n;

	pthread_mutex_lock(&active_lock);
	n = active[ref].readers + active[ref].writers;
	pthread_mutex_unlock(&active_lock);
	return n;
}

bool host_page_granted(unsigned long pfn)
{
	grant_ref_t ref;

	/* The frame of an entry is that of a grant once the flags say so. */
	for (ref = 0; ref < host_references(); ref++)
		if (__atomic_load_n(&host_table[ref].flags, __ATOMIC_ACQUIRE) &&
		    READ_ONCE(host_table[ref].frame) == pfn)
			return true;
	return false;
}

unsigned int host_granted(void)
{
	unsigned int count = 0;
	grant_ref_t ref;

	for (ref = 0; ref < host_references(); ref++)
		count += !!host_table[ref].flags;
	return count;
}

static struct notifier_block *to_notify;

void xen_resume_notifier_register(struct notifier_block *nb)
{
	to_notify = nb;
}

void host_restore(void)
{
	memset(host_table, 0, host_frames * XEN_PAGE_SIZE);
	memset(active, 0, host_references() * sizeof(*active));
	if (to_notify)
		to_notify->notifier_call(to_notify, 0, NULL);
}

bool host_kexec;
static struct syscore *to_shut_down;

void register_syscore(struct syscore *syscore)
{
	to_shut_down = syscore;
}

void host_shut_down(bool kexec)
{
	host_kexec = kexec;
	to_shut_down->ops->shutdown(to_shut_down->data);
	host_kexec = false;
}

void xen_init(void)
{
	xen_features[XENFEAT_auto_translated_physmap] = 1;
	/* With more memory than entries of version 1 can name, Linux asks for 2. */
	if (host_version == 2)
		max_possible_pfn = BIT_ULL(32);
	host_table = host_map_memory(host_frames * XEN_PAGE_SIZE);
	host_status = host_map_memory(host_references() * sizeof(*host_status));
	active = host_map_memory(host_references() * sizeof(*active));
	xen_auto_xlat_grant_frames.count = host_frames;
	xen_auto_xlat_grant_frames.vaddr = host_table;
	xen_auto_xlat_grant_frames.pfn = calloc(host_frames, sizeof(xen_pfn_t));
	if (gnttab_init())
		abort();
}
