// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions of an operation, each of which x86 answers by a trap when told to:
 * the same number each time, whatever else runs. A string instruction counts once.
 */
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <ucontext.h>

#include "bench.h"

#ifdef __x86_64__

#define TRAP_FLAG	0x100

static long count;
static greg_t last;

/* rep movsb is stopped after each byte: what it would still copy is copied here, quicker. */
static void finish_repetition(greg_t *regs)
{
	const unsigned char *code = (const unsigned char *)regs[REG_RIP];

	if (code[0] != 0xf3 || code[1] != 0xa4)
		return;
	memcpy((void *)regs[REG_RDI], (void *)regs[REG_RSI], regs[REG_RCX]);
	regs[REG_RDI] += regs[REG_RCX];
	regs[REG_RSI] += regs[REG_RCX];
	regs[REG_RCX] = 0;
}

static void step(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;

	if (regs[REG_RIP] == last)
		finish_repetition(regs);
	else
		count++;
	last = regs[REG_RIP];
}

long bench_count(void (*operation)(const void *data), const void *data)
{
	const struct sigaction action = { .sa_sigaction = step, .sa_flags = SA_SIGINFO };
	unsigned long flags = __builtin_ia32_readeflags_u64();

	if (sigaction(SIGTRAP, &action, NULL))
		return 0;
	count = 0;
	__builtin_ia32_writeeflags_u64(flags | TRAP_FLAG);
	operation(data);
	__builtin_ia32_writeeflags_u64(flags);
	return count;
}

#else

long bench_count(void (*operation)(const void *data), const void *data)
{
	return 0;
}

#endif
