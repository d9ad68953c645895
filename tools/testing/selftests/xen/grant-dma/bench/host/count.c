// SPDX-License-Identifier: GPL-2.0-only
/*
 * The instructions of an operation, counted by stepping through them in another process, which gives the same number
 * each time. One that repeats itself, as x86's string instructions do, counts once.
 */
#include <elf.h>
#include <signal.h>
#include <sys/auxv.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench.h"

#ifdef __x86_64__
#define pc	rip
#endif

__attribute__((noipa)) void bench_mark(void)
{
}

static struct user_regs_struct registers(pid_t pid)
{
	struct user_regs_struct regs = {};
	struct iovec iov = { &regs, sizeof(regs) };

	ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov);
	return regs;
}

static bool stops(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFSTOPPED(status);
}

#ifdef __x86_64__
/* Each repetition of a string instruction is a step: a breakpoint after it saves most of them. */
static bool end_repetition(pid_t pid, unsigned long *at)
{
	unsigned char *code = (unsigned char *)*at, *next;
	struct user_regs_struct regs;
	long text;

	if (code[0] != 0xf3)
		return true;
	/* A prefix tells that it works on words. */
	next = code + (code[1] == 0x48 ? 3 : 2);
	text = ptrace(PTRACE_PEEKTEXT, pid, next, 0);
	ptrace(PTRACE_POKETEXT, pid, next, (text & ~0xffL) | 0xcc);
	if (ptrace(PTRACE_CONT, pid, 0, 0) || !stops(pid))
		return false;
	ptrace(PTRACE_POKETEXT, pid, next, text);
	regs = registers(pid);
	regs.rip = *at = (unsigned long)next;
	return !ptrace(PTRACE_SETREGS, pid, 0, &regs);
}
#else
static bool end_repetition(pid_t pid, unsigned long *at)
{
	return true;
}
#endif

/* The instructions until a process is at the mark, -1 if it ends before. */
static long step_to_mark(pid_t pid)
{
	unsigned long at = 0, last;
	long count = 0;

	do {
		last = at;
		if (ptrace(PTRACE_SINGLESTEP, pid, 0, 0) || !stops(pid))
			return -1;
		at = registers(pid).pc;
		if (at == last && !end_repetition(pid, &at))
			return -1;
		if (at != last)
			count++;
	} while (at != (unsigned long)bench_mark);
	return count;
}

static void operate(const struct bench_driver *driver, const char *level, struct bench_row row)
{
	driver->start(level);
	if (ptrace(PTRACE_TRACEME, 0, 0, 0))
		_exit(1);
	_exit(driver->once(row) ? 1 : 0);
}

/* What is not atomic by one instruction tries again for ever if each step disturbs it. */
static bool can_step(void)
{
#ifdef __aarch64__
	return getauxval(AT_HWCAP) & HWCAP_ATOMICS;
#else
	return true;
#endif
}

long bench_count(const struct bench_driver *driver, const char *level, struct bench_row row)
{
	int status;
	pid_t pid;
	long count;

	pid = can_step() ? fork() : -1;
	if (pid < 0)
		return -1;
	if (!pid)
		operate(driver, level, row);
	if (waitpid(pid, &status, 0) != pid)
		return -1;
	if (WIFEXITED(status))
		return WEXITSTATUS(status) ? -1 : 0;
	count = step_to_mark(pid) < 0 ? -1 : step_to_mark(pid);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return count;
}
