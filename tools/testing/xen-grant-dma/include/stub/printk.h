/* SPDX-License-Identifier: GPL-2.0-only */
/* Messages. */

/* ---- printk ---- */
void stub_printk(const char *fmt, ...);
#define printk_deferred stub_printk
#define printk stub_printk
#define pr_warn stub_printk
#define pr_err stub_printk
#define pr_info stub_printk
#define pr_debug(...) do { } while (0)
#define pr_warn_once(...) do { static bool _o; if (!_o) { _o = true; stub_printk(__VA_ARGS__); } } while (0)
#define pr_warn_ratelimited stub_printk
#define pr_err_ratelimited stub_printk
#define pr_info_ratelimited stub_printk
#define dev_err_ratelimited(d, ...) stub_printk(__VA_ARGS__)
#define dev_err(d, ...) stub_printk(__VA_ARGS__)
#define dev_warn(d, ...) stub_printk(__VA_ARGS__)
#define dev_info(d, ...) stub_printk(__VA_ARGS__)
#define dev_alert(d, ...) stub_printk(__VA_ARGS__)
#define dev_dbg(d, ...) do { } while (0)

