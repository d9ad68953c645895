/* SPDX-License-Identifier: GPL-2.0-only */
/* Time and work that is done later. */

/* ---- time, work ---- */
#define HZ 250
unsigned long stub_jiffies(void);
#define jiffies stub_jiffies()
#define msecs_to_jiffies(m) ((m)*HZ / 1000UL)
#define time_after_eq(a, b) ((long)((a) - (b)) >= 0)
#define time_before(a, b) (!time_after_eq(a, b))
struct work_struct {
	void (*func)(struct work_struct *);
};
struct delayed_work {
	struct work_struct work;
	struct list_head node;
	int pending;
	unsigned long due;
};
#define INIT_DELAYED_WORK(w, f)             \
	do {                                \
		memset(w, 0, sizeof(*(w))); \
		(w)->work.func = (f);       \
	} while (0)
#define INIT_DEFERRABLE_WORK INIT_DELAYED_WORK
#define INIT_WORK(w, f) ((w)->func = (f))
#define DECLARE_WORK(n, f) struct work_struct n = { f }
#define to_delayed_work(w) container_of(w, struct delayed_work, work)
#define delayed_work_pending(w) \
	(__atomic_load_n(&(w)->pending, __ATOMIC_RELAXED))
#define system_freezable_wq NULL
bool stub_queue_work(struct delayed_work *w, unsigned long delay);
#define queue_delayed_work(q, w, d) stub_queue_work(w, d)
#define schedule_delayed_work(w, d) stub_queue_work(w, d)
#define schedule_work(w) ((void)(w))
bool cancel_delayed_work_sync(struct delayed_work *w);
bool flush_delayed_work(struct delayed_work *w);
struct timer_list {
	void (*func)(struct timer_list *);
	unsigned long expires;
};
#define DEFINE_TIMER(n, f) struct timer_list n = { f }
#define timer_pending(t) 0
#define add_timer(t) \
	do {         \
	} while (0)
#define msleep(x) \
	do {      \
	} while (0)
struct notifier_block {
	int priority;
	int (*notifier_call)(struct notifier_block *, unsigned long, void *);
};
#define NOTIFY_OK 1
void xen_resume_notifier_register(struct notifier_block *nb);
