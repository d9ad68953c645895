/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A stack of numbers without a lock: changed by compare and exchange alone, as
 * interrupts may nest, and other CPUs may take it away.
 *
 * Whatever a number stands for has a link, where the stack keeps the number below
 * it. The tag is different after every change, so that no change is missed.
 */

#ifndef _XEN_GRANT_DMA_STACK_H
#define _XEN_GRANT_DMA_STACK_H

#include <linux/atomic.h>
#include <linux/types.h>

union grant_stack {
	struct {
		u32 first;	/* 0, which no stack holds, if empty */
		u16 count;
		u16 tag;
	};
	u64 word;
};

/*
 * Reads the link of a number. Another CPU may have popped it meanwhile, and what
 * it stands for may be gone: then any answer will do.
 */
typedef u32 grant_stack_below_t(const void *owner, u32 number);

/* Returns the number on top, 0 if there is none. */
static __always_inline u32 grant_stack_pop(union grant_stack *stack,
					   grant_stack_below_t *below,
					   const void *owner)
{
	union grant_stack old = { .word = READ_ONCE(stack->word) }, new;

	do {
		if (unlikely(!old.first))
			return 0;
		new.first = below(owner, old.first);
		new.count = old.count - 1;
		new.tag = old.tag + 1;
	} while (!try_cmpxchg64_relaxed(&stack->word, &old.word, new.word));
	return old.first;
}

/* Returns false when the stack holds @limit numbers. */
static __always_inline bool grant_stack_push(union grant_stack *stack,
					     unsigned int limit, u32 number,
					     u32 *link)
{
	union grant_stack old = { .word = READ_ONCE(stack->word) }, new;

	do {
		if (unlikely(old.count == limit))
			return false;
		WRITE_ONCE(*link, old.first);
		new.first = number;
		new.count = old.count + 1;
		new.tag = old.tag + 1;
	} while (!try_cmpxchg64_release(&stack->word, &old.word, new.word));
	return true;
}

/* Takes all numbers, returns the first one. */
static inline u32 grant_stack_take(union grant_stack *stack)
{
	union grant_stack old = { .word = READ_ONCE(stack->word) }, new;

	do {
		new.first = 0;
		new.count = 0;
		new.tag = old.tag + 1;
	} while (!try_cmpxchg64_relaxed(&stack->word, &old.word, new.word));
	return old.first;
}

#endif /* _XEN_GRANT_DMA_STACK_H */
