// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a backend may see beside the buffers it was given: nothing, or the rest of
 * the Xen pages that they are in.
 */

#define pr_fmt(fmt) "xen-grant-dma: " fmt

#include <kunit/static_stub.h>

#include <linux/cache.h>
#include <linux/init.h>
#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include <xen/xen.h>

#include "isolation.h"

#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX	"xen_grant_dma."

static bool isolation_strict __ro_after_init = true;

/**
 * grant_isolation_strict() - whether no Xen page is granted but for buffers that fill it
 *
 * Return: the mode in force, the same until the next boot.
 */
bool grant_isolation_strict(void)
{
	KUNIT_STATIC_STUB_REDIRECT(grant_isolation_strict);

	return isolation_strict;
}

/* Returns the mode as the parameter names it. */
const char *grant_isolation_name(void)
{
	return isolation_strict ? "strict" : "page";
}

static int isolation_set(const char *value, const struct kernel_param *param)
{
	isolation_strict = !sysfs_streq(value, "page");
	if (!isolation_strict || sysfs_streq(value, "strict"))
		return 0;

	pr_err("isolation=%s is neither \"strict\" nor \"page\", it will be strict\n",
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
	if (xen_domain())
		pr_info("%s isolation of virtio backends\n",
			grant_isolation_name());
	return 0;
}
subsys_initcall(isolation_announce);
