/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages. */

/* ---- printk ---- */
void stub_printk(const char *fmt, ...);
int stub_vsnprintf(char *to, size_t size, const char *format, va_list args);
int stub_snprintf(char *to, size_t size, const char *format, ...);
int scnprintf(char *to, size_t size, const char *format, ...);
char *kasprintf(gfp_t gfp, const char *format, ...);

struct va_format {
	const char *fmt;
	va_list *va;
};

struct kmsg_dump_iter {
	u64 next;
};

void kmsg_dump_rewind(struct kmsg_dump_iter *iter);
bool kmsg_dump_get_line(struct kmsg_dump_iter *iter, bool syslog, char *line,
			size_t size, size_t *length);

#define printk_deferred stub_printk
#define printk stub_printk
#define pr_warn stub_printk
#define pr_err stub_printk
#define pr_info stub_printk
#define pr_debug(...) \
	do {          \
	} while (0)
#define printk_deferred_once(...)                 \
	do {                                      \
		static bool _o;                   \
		if (!xchg(&_o, true))             \
			stub_printk(__VA_ARGS__); \
	} while (0)
#define pr_warn_once printk_deferred_once
#define pr_warn_ratelimited stub_printk
#define pr_err_ratelimited stub_printk
#define pr_info_ratelimited stub_printk
#define dev_err_ratelimited(d, f, ...)                              \
	stub_printk("%s %s: " f, dev_driver_string(d), dev_name(d), \
		    ##__VA_ARGS__)
#define dev_err(d, f, ...)                                          \
	stub_printk("%s %s: " f, dev_driver_string(d), dev_name(d), \
		    ##__VA_ARGS__)
#define dev_warn(d, f, ...)                                         \
	stub_printk("%s %s: " f, dev_driver_string(d), dev_name(d), \
		    ##__VA_ARGS__)
#define dev_info(d, f, ...)                                         \
	stub_printk("%s %s: " f, dev_driver_string(d), dev_name(d), \
		    ##__VA_ARGS__)
#define dev_alert(d, f, ...)                                        \
	stub_printk("%s %s: " f, dev_driver_string(d), dev_name(d), \
		    ##__VA_ARGS__)
#define dev_dbg(d, ...) \
	do {            \
	} while (0)

#define dev_WARN_ONCE(dev, condition, ...) WARN_ON(condition)

#define vsnprintf stub_vsnprintf
#define snprintf stub_snprintf
