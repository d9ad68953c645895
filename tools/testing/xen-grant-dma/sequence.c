// SPDX-License-Identifier: GPL-2.0-only
/*
 * A sequence of calls as text.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sequence.h"

static const char * const levels[] = { "page", "strict", "full", NULL };
static const char * const dirs[] = { "both", "to", "from", NULL };
static const char * const kinds[] = { "counted", "each", "head", "slab", "cma", NULL };

#define ARG(name, words)	{ #name, offsetof(struct call_args, name), words }

static const struct arg {
	const char *name;
	size_t at;
	const char * const *words;	/* what its values are called, or NULL */
} known[] = {
	ARG(level, levels), ARG(device, NULL), ARG(domain, NULL), ARG(buffer, NULL),
	ARG(mapping, NULL), ARG(held, NULL), ARG(memory, kinds), ARG(order, NULL),
	ARG(offset, NULL), ARG(size, NULL), ARG(dir, dirs), ARG(skip, NULL),
	ARG(first, NULL), ARG(count, NULL), ARG(stride, NULL), ARG(head, NULL), ARG(gap, NULL),
	ARG(tail, NULL), ARG(page, NULL), ARG(write, NULL), ARG(align, NULL),
	ARG(boundary, NULL), ARG(most, NULL), ARG(nth, NULL), ARG(cpu, NULL),
	{ NULL }
};

/* Finds what a name of @length bytes means. */
static const struct arg *find_arg(const char *name, size_t length)
{
	const struct arg *arg;

	for (arg = known; arg->name; arg++)
		if (strlen(arg->name) == length && !strncmp(arg->name, name, length))
			return arg;
	fprintf(stderr, "no such argument: %s\n", name);
	exit(2);
}

static unsigned int *value_of(const struct arg *arg, struct call_args *args)
{
	return (unsigned int *)((char *)args + arg->at);
}

const struct call *call_find(const char *name)
{
	const struct call * const *kind;
	const struct call *call;

	for (kind = call_kinds; *kind; kind++)
		for (call = *kind; call->name; call++)
			if (!strcmp(call->name, name))
				return call;
	fprintf(stderr, "no such call: %s\n", name);
	exit(2);
}

void sequence_print(const struct call *call, const struct call_args *args,
		    char *text, size_t size)
{
	struct call_args copy = *args;
	const char *name = call->args;
	size_t used = snprintf(text, size, "%s", call->name);
	const struct arg *arg;
	unsigned int value;

	for (; *name; name += strspn(name, " ")) {
		arg = find_arg(name, strcspn(name, " "));
		value = *value_of(arg, &copy);
		used += snprintf(text + used, size - used, " %s=", arg->name);
		if (arg->words)
			used += snprintf(text + used, size - used, "%s", arg->words[value]);
		else
			used += snprintf(text + used, size - used, "%u", value);
		name += strcspn(name, " ");
	}
	snprintf(text + used, size - used, "\n");
}

static unsigned int parse_value(const struct arg *arg, const char *text)
{
	unsigned int i;

	for (i = 0; arg->words && arg->words[i]; i++)
		if (!strcmp(arg->words[i], text))
			return i;
	if (!arg->words)
		return strtoul(text, NULL, 0);
	fprintf(stderr, "no such %s: %s\n", arg->name, text);
	exit(2);
}

const struct call *sequence_parse(const char *line, struct call_args *args)
{
	char text[500], *word, *rest = text, *value;
	const struct call *call;
	const struct arg *arg;

	snprintf(text, sizeof(text), "%s", line);
	text[strcspn(text, "#\n")] = 0;
	memset(args, 0, sizeof(*args));
	word = strtok_r(text, " \t", &rest);
	if (!word)
		return NULL;
	call = call_find(word);
	while ((word = strtok_r(NULL, " \t", &rest))) {
		value = word + strcspn(word, "=");
		arg = find_arg(word, value - word);
		*value_of(arg, args) = parse_value(arg, value + !!*value);
	}
	return call;
}
