/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints that are off: a nop, and a path that is not taken. */

void stub_traced(void);

static __always_inline bool stub_trace_on(void)
{
#ifdef STUB_PERCPU_GS
	asm goto(".byte 0x0f,0x1f,0x44,0x00,0x00" : : : : on);
	return false;
on:
	return true;
#else
	return false;
#endif
}

#define TP_PROTO(args...) args
#define TP_ARGS(args...) args
#define TRACE_DEFINE_ENUM(name)
#define DECLARE_EVENT_CLASS(...)
#define stub_tracepoint(name, proto)                    \
	static inline bool trace_##name##_enabled(void) \
	{                                               \
		return stub_trace_on();                 \
	}                                               \
                                                        \
	static inline void trace_##name(proto)          \
	{                                               \
		if (stub_trace_on())                    \
			stub_traced();                  \
	}
#define DEFINE_EVENT(class, name, proto, args) \
	stub_tracepoint(name, TP_PROTO(proto))
#define TRACE_EVENT(name, proto, args, ...) \
	stub_tracepoint(name, TP_PROTO(proto))
