// SPDX-License-Identifier: GPL-2.0-only
/*
 * Backend domains: one object for all of the devices that a domain serves, and what it
 * may see of the guest.
 */

#define pr_fmt(fmt) "xen-grant-dma: " fmt

#include <kunit/static_stub.h>

#include <linux/init.h>
#include <linux/kexec.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/syscore_ops.h>
#include <linux/sysfs.h>

#include <xen/xen.h>
#include <xen/xen-ops.h>

#include "grant-dma.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"xen_grant_dma."

static enum grant_isolation isolation __ro_after_init = GRANT_ISOLATION_STRICT;

static const char * const names[] = {
	[GRANT_ISOLATION_PAGE] = "page",
	[GRANT_ISOLATION_STRICT] = "strict",
	[GRANT_ISOLATION_FULL] = "full",
};

static int isolation_set(const char *value, const struct kernel_param *param)
{
	int level = sysfs_match_string(names, value);

	isolation = level < 0 ? GRANT_ISOLATION_STRICT : level;
	if (level >= 0)
		return 0;
	pr_err("isolation=%s is none of \"page\", \"strict\" and \"full\", it will be strict\n",
	       value);
	return -EINVAL;
}

static int isolation_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", names[isolation]);
}

static const struct kernel_param_ops isolation_ops = {
	.set = isolation_set,
	.get = isolation_get,
};
module_param_cb(isolation, &isolation_ops, NULL, 0444);

/* The level in force, the same until the next boot. */
enum grant_isolation grant_isolation_level(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_isolation_level);

	return isolation;
}

/* Protects the list of backends, and each backend's list of devices. */
DEFINE_MUTEX(grant_backends_lock);
LIST_HEAD(grant_backends);

/* Has a worker look after a backend, unless one is about to. */
void grant_backend_queue(struct delayed_work *work, unsigned long delay)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_backend_queue, work, delay);

	queue_delayed_work(system_freezable_wq, work, delay);
}

static void reap_work(struct work_struct *work)
{
	struct grant_backend *backend =
		container_of(to_delayed_work(work), struct grant_backend, reap);

	grant_areas_reap(backend, false);
	grant_refs_reap(backend, false);
	grant_deferred_report(backend);
}

static void backend_free(struct grant_backend *backend)
{
	free_percpu(backend->cpus);
	kvfree(backend->mapped);
	kvfree(backend->area);
	kvfree(backend);
}

static struct grant_backend *backend_create(domid_t domid)
{
	unsigned int blocks = grant_table_size() / GRANT_BLOCK, size = blocks * GRANT_BLOCK, i;
	struct grant_backend *backend = kvzalloc(struct_size(backend, block, blocks), GFP_KERNEL);

	if (!backend)
		return NULL;
	backend->cpus = alloc_percpu(struct grant_cpu);
	backend->mapped = kvcalloc(size, sizeof(*backend->mapped), GFP_KERNEL);
	backend->area = kvcalloc(size / GRANT_AREA_MIN, sizeof(*backend->area), GFP_KERNEL);
	if (!blocks || !backend->cpus || !backend->mapped || !backend->area) {
		backend_free(backend);
		return NULL;
	}
	backend->domid = domid;
	backend->isolation = grant_isolation_level();
	backend->size = size;
	backend->next_report = jiffies;
	kref_init(&backend->kref);
	spin_lock_init(&backend->lock);
	INIT_LIST_HEAD(&backend->devices);
	INIT_LIST_HEAD(&backend->blocks);
	INIT_DEFERRABLE_WORK(&backend->reap, reap_work);
	INIT_DELAYED_WORK(&backend->retry, grant_deferred_retry);
	for (i = 0; i < GRANT_KINDS; i++)
		INIT_LIST_HEAD(&backend->areas[i]);
	for (i = 0; i < blocks; i++) {
		memset(backend->block[i].used, 0xff, sizeof(backend->block[i].used));
		backend->block[i].cpu = -1;
	}
	for_each_possible_cpu(i) {
		per_cpu_ptr(backend->cpus, i)->block = backend->block;
		per_cpu_ptr(backend->cpus, i)->freed = backend->block;
	}
	list_add_tail(&backend->node, &grant_backends);
	return backend;
}

/*
 * The object of a domain, made for its first user; NULL when out of memory. To be given
 * back with grant_backend_put(). May sleep, with grant_backends_lock held.
 */
struct grant_backend *grant_backend_get(domid_t domid)
{
	struct grant_backend *backend;

	list_for_each_entry(backend, &grant_backends, node) {
		if (backend->domid != domid)
			continue;
		kref_get(&backend->kref);
		return backend;
	}
	return backend_create(domid);
}

static void backend_release(struct kref *kref)
{
	struct grant_backend *backend = container_of(kref, struct grant_backend, kref);

	list_del(&backend->node);
	mutex_unlock(&grant_backends_lock);
	cancel_delayed_work_sync(&backend->reap);
	grant_refs_reap(backend, true);
	backend->next_report = jiffies;
	grant_deferred_report(backend);
	backend_free(backend);
}

/* Gives back what grant_backend_get() returned. May sleep. */
void grant_backend_put(struct grant_backend *backend)
{
	kref_put_mutex(&backend->kref, backend_release, &grant_backends_lock);
}

/*
 * The grant table is there again, and may be new. Drivers ended their mappings before,
 * and are not yet at work again.
 */
static int backends_resumed(struct notifier_block *nb, unsigned long action, void *data)
{
	struct grant_backend *backend;

	mutex_lock(&grant_backends_lock);
	list_for_each_entry(backend, &grant_backends, node)
		grant_areas_regrant(backend);
	mutex_unlock(&grant_backends_lock);
	return NOTIFY_OK;
}

static struct notifier_block resume_notifier = {
	.notifier_call = backends_resumed,
};

/*
 * Ends all that is granted to a backend whose devices are shut down, with nothing else at
 * work. Returns how many references the backend still uses.
 */
unsigned int grant_backend_end(const struct grant_backend *backend)
{
	unsigned long record, left = 0;
	unsigned int used = 0;
	grant_ref_t ref;

	/* One by one: what is in use in a range keeps nothing else of it. */
	for (ref = 0; ref < backend->size; ref++) {
		record = READ_ONCE(backend->mapped[ref]);
		if (record)
			left = record & GRANT_DEFERRED ? 1 : record;
		if (!left && !rcu_access_pointer(backend->area[ref / GRANT_AREA_MIN]))
			continue;
		used += !grant_table_end(ref, 1);
		left -= !!left;
	}
	return used;
}

/*
 * A kernel that kexec starts uses memory that is granted now as it likes. What a backend
 * does not let go of stays its own, which no kernel can end.
 */
static void backends_shutdown(void *data)
{
	struct grant_backend *backend;
	unsigned int used;

	if (!kexec_in_progress)
		return;
	list_for_each_entry(backend, &grant_backends, node) {
		used = grant_backend_end(backend);
		if (used)
			pr_warn("domain %u still uses %u references, and has access to their pages under the next kernel\n",
				backend->domid, used);
	}
}

static const struct syscore_ops backends_syscore_ops = {
	.shutdown = backends_shutdown,
};

static struct syscore backends_syscore = {
	.ops = &backends_syscore_ops,
};

static int __init backends_init(void)
{
	/* A device is given whole pages to write, which nobody need have cleared. */
	bool old = isolation != GRANT_ISOLATION_FULL && !want_init_on_alloc(0);

	if (!xen_domain())
		return 0;
	pr_info("%s isolation of virtio backends%s\n", names[isolation],
		old ? "; without init_on_alloc=1 they may see old contents of pages" : "");
	xen_resume_notifier_register(&resume_notifier);
	register_syscore(&backends_syscore);
	return 0;
}
subsys_initcall(backends_init);
