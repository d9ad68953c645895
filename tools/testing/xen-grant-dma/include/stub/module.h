/* SPDX-License-Identifier: GPL-2.0-only */
/* What belongs to modules: parameters, and functions that are called at boot. */

#define EXPORT_SYMBOL(symbol)
#define EXPORT_SYMBOL_GPL(symbol)
#define EXPORT_SYMBOL_NS(symbol, ns)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
#define MODULE_IMPORT_NS(text)
#define MODULE_LICENSE(text)
#define MODULE_PARM_DESC(name, text)
#define THIS_MODULE NULL
#define KBUILD_MODNAME "host"

struct kernel_param;

struct kernel_param_ops {
	int (*set)(const char *value, const struct kernel_param *param);
	int (*get)(char *buffer, const struct kernel_param *param);
};

extern const struct kernel_param_ops *stub_param_isolation;

#define module_param_named(...)
#define module_param(...)
#define core_param(...)
#define module_param_cb(name, ops, arg, perm) \
	const struct kernel_param_ops *stub_param_##name = (ops)

/* Programs call by name what they need. */
#define stub_initcall(function)            \
	int stub_initcall_##function(void) \
	{                                  \
		return function();         \
	}
#define core_initcall(function) stub_initcall(function)
#define core_initcall_sync(function) stub_initcall(function)
#define subsys_initcall(function) stub_initcall(function)
#define late_initcall(function) stub_initcall(function)
#define module_exit(function)
