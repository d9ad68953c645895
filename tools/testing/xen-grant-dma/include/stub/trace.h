/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints that are off: a nop, and a path that is not taken. */

/* ---- tracepoints: a static key that is off is a nop and a cold path ---- */
void stub_traced(void);
#ifdef HOST_SANITIZE
#define stub_key_off() false
#else
static __always_inline bool stub_key_off(void)
{
	asm goto(".byte 0x0f,0x1f,0x44,0x00,0x00" : : : : on);
	return false;
on:
	return true;
}
#endif
#define TP_PROTO(args...) args
#define TP_ARGS(args...) args
#define DECLARE_EVENT_CLASS(...)
#define DEFINE_EVENT(class, name, proto, args)				\
static inline bool trace_##name##_enabled(void) { return stub_key_off(); } \
static inline void trace_##name(proto) { if (stub_key_off()) stub_traced(); }

