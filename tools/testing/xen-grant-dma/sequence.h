/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A sequence of calls as text, a call a line: "sync_cpu mapping=3 offset=64 size=2000".
 */

#ifndef _SEQUENCE_H
#define _SEQUENCE_H

#include <stdbool.h>
#include <stddef.h>

/* What calls are told; each has some of it. */
struct call_args {
	unsigned int level;
	unsigned int device;
	unsigned int domain;
	unsigned int buffer;
	unsigned int mapping;
	unsigned int held;
	unsigned int memory;
	unsigned int order;
	unsigned int offset;
	unsigned int size;
	unsigned int dir;
	unsigned int skip;
	unsigned int first;
	unsigned int count;
	unsigned int stride;
	unsigned int head;
	unsigned int gap;
	unsigned int tail;
	unsigned int page;
	unsigned int write;
	unsigned int align;
	unsigned int boundary;
	unsigned int most;
	unsigned int nth;
	unsigned int cpu;
};

/**
 * struct call - a kind of call
 * @name: the word that a line begins with
 * @args: what it is told, names separated by blanks
 * @weight: how often it is drawn
 * @draw: chooses what it is told; false if there is nothing that it could be done to
 * @run: does it; what does not fit, as in a sequence that was shortened, is left out
 */
struct call {
	const char *name;
	const char *args;
	unsigned int weight;
	bool (*draw)(struct call_args *args);
	void (*run)(const struct call_args *args);
};

/* All kinds, in tables that end with an empty one; and NULL after the last table. */
extern const struct call * const call_kinds[];

/* Ends the program if there is none. */
const struct call *call_find(const char *name);
void sequence_print(const struct call *call, const struct call_args *args,
		    char *text, size_t size);
/* Returns the call, NULL for an empty line or a comment; ends the program if it is none. */
const struct call *sequence_parse(const char *line, struct call_args *args);

#endif /* _SEQUENCE_H */
