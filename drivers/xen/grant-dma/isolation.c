// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a backend may see beside the buffers it was given: the level of isolation.
 */

#define pr_fmt(fmt) "xen-grant-dma: " fmt

#include <kunit/static_stub.h>

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <xen/xen.h>

#include "isolation.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"xen_grant_dma."

static enum grant_isolation isolation __ro_after_init = GRANT_ISOLATION_STRICT;

static const char * const names[] = {
	[GRANT_ISOLATION_PAGE] = "page",
	[GRANT_ISOLATION_STRICT] = "strict",
	[GRANT_ISOLATION_FULL] = "full",
};

/* Returns the level in force, the same until the next boot. */
enum grant_isolation grant_isolation_level(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_isolation_level);

	return isolation;
}

/* Returns the level as the parameter names it. */
const char *grant_isolation_name(void)
{
	return names[isolation];
}

static int isolation_set(const char *value, const struct kernel_param *param)
{
	int level = sysfs_match_string(names, value);

	if (level >= 0) {
		isolation = level;
		return 0;
	}
	isolation = GRANT_ISOLATION_STRICT;
	pr_err("isolation=%s is none of \"page\", \"strict\" and \"full\", it will be strict\n",
	       value);
	return -EINVAL;
}

static int isolation_get(char *buffer, const struct kernel_param *param)
{
	return sysfs_emit(buffer, "%s\n", grant_isolation_name());
}

static const struct kernel_param_ops isolation_ops = {
	.set = isolation_set,
	.get = isolation_get,
};
module_param_cb(isolation, &isolation_ops, NULL, 0444);

static int __init isolation_announce(void)
{
	/* A device is given whole pages to write, which nobody need have cleared. */
	bool old = isolation != GRANT_ISOLATION_FULL && !want_init_on_alloc(0);

	if (xen_domain())
		pr_info("%s isolation of virtio backends%s\n", grant_isolation_name(),
			old ? "; without init_on_alloc=1 they may see old contents of pages" : "");
	return 0;
}
subsys_initcall(isolation_announce);
