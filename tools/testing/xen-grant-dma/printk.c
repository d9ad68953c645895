// SPDX-License-Identifier: GPL-2.0-only
/*
 * Messages: what only the kernel's printf() knows, and the log.
 */

#include <ctype.h>

#include "host.h"

/* Those of the C library. */
#undef snprintf
#undef vsnprintf

bool host_quiet;
unsigned int host_messages, host_warnings;

/* What is left of them. */
struct arguments {
	va_list list;
};

/* A buffer that is filled, of which all beyond the end is only counted. */
struct buffer {
	char *at;
	size_t room;
	size_t length;
};

static void put_bytes(struct buffer *buffer, const char *bytes, size_t length)
{
	size_t n = min(length, buffer->room);

	if (n)
		memcpy(buffer->at, bytes, n);
	buffer->at += n;
	buffer->room -= n;
	buffer->length += length;
}

static void put_format(struct buffer *buffer, const char *format,
		       struct arguments *args);

/* What follows %p: the address of a physical or DMA address, or another format. */
static const char *put_pointer(struct buffer *buffer, const char *kind, struct arguments *args)
{
	const struct va_format *nested;
	const void *pointer = va_arg(args->list, void *);
	char text[32];
	struct arguments copy;

	switch (*kind) {
	case 'V':
		nested = pointer;
		va_copy(copy.list, *nested->va);
		put_format(buffer, nested->fmt, &copy);
		va_end(copy.list);
		break;
	case 'a':
		kind++;
		put_bytes(buffer, text, sprintf(text, "%#018llx", *(u64 *)pointer));
		break;
	default:
		put_bytes(buffer, text, sprintf(text, "%p", pointer));
	}
	while (isalpha(*kind))
		kind++;
	return kind;
}

/* One conversion, of which @spec is a copy, done by the C library. */
static void put_plain(struct buffer *buffer, const char *spec, struct arguments *args)
{
	char small[128], *text = small;
	va_list copy;
	int length;

	va_copy(copy, args->list);
	length = vsnprintf(small, sizeof(small), spec, copy);
	va_end(copy);
	if (length >= sizeof(small)) {
		text = malloc(length + 1);
		va_copy(copy, args->list);
		vsnprintf(text, length + 1, spec, copy);
		va_end(copy);
	}
	put_bytes(buffer, text, length);
	if (text != small)
		free(text);
}

/* Goes beyond what a conversion took: its width, its precision, its value. */
static void skip_args(const char *spec, struct arguments *args)
{
	bool wide = strpbrk(spec, "lzjt");

	for (; *spec; spec++)
		if (*spec == '*')
			va_arg(args->list, int);
	if (spec[-1] == 's')
		va_arg(args->list, char *);
	else if (wide)
		va_arg(args->list, long);
	else if (spec[-1] != '%')
		va_arg(args->list, int);
}

static void put_format(struct buffer *buffer, const char *format, struct arguments *args)
{
	char spec[32];
	size_t length;

	while (*format) {
		length = strcspn(format, "%");
		put_bytes(buffer, format, length);
		format += length;
		if (!*format)
			break;
		if (format[1] == 'p') {
			format = put_pointer(buffer, format + 2, args);
			continue;
		}
		length = 1 + strspn(format + 1, "-+ #0123456789.*hlzjt") + 1;
		snprintf(spec, sizeof(spec), "%.*s", (int)length, format);
		put_plain(buffer, spec, args);
		skip_args(spec, args);
		format += length;
	}
}

int stub_vsnprintf(char *to, size_t size, const char *format, va_list args)
{
	struct buffer buffer = { to, size ? size - 1 : 0 };
	struct arguments copy;

	va_copy(copy.list, args);
	put_format(&buffer, format, &copy);
	va_end(copy.list);
	if (size)
		*buffer.at = 0;
	return buffer.length;
}

int stub_snprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = stub_vsnprintf(to, size, format, args);
	va_end(args);
	return length;
}

int scnprintf(char *to, size_t size, const char *format, ...)
{
	va_list args;
	int length;

	va_start(args, format);
	length = stub_vsnprintf(to, size, format, args);
	va_end(args);
	return size ? min_t(int, length, size - 1) : 0;
}

char *kasprintf(gfp_t gfp, const char *format, ...)
{
	char text[256];
	va_list args;

	va_start(args, format);
	stub_vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return kstrdup(text, gfp);
}

/* The newest lines. */
#define LINES	256
static char lines[LINES][256];
static u64 line_count;
static pthread_mutex_t log_lock = PTHREAD_MUTEX_INITIALIZER;

void stub_printk(const char *format, ...)
{
	char text[1024];
	size_t length;
	va_list args;

	/* KERN_INFO and the like. */
	if (*format == 1)
		format += 2;
	va_start(args, format);
	stub_vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	__atomic_fetch_add(&host_messages, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&log_lock);
	snprintf(lines[line_count++ % LINES], sizeof(*lines), "%s", text);
	pthread_mutex_unlock(&log_lock);
	length = strlen(text);
	if (!host_quiet)
		printf("%s%s", text, length && text[length - 1] == '\n' ? "" : "\n");
}

void kmsg_dump_rewind(struct kmsg_dump_iter *iter)
{
	iter->next = 0;
}

bool kmsg_dump_get_line(struct kmsg_dump_iter *iter, bool syslog, char *line,
			size_t size, size_t *length)
{
	bool found;

	pthread_mutex_lock(&log_lock);
	if (line_count > LINES)
		iter->next = max(iter->next, line_count - LINES);
	found = iter->next < line_count;
	if (found)
		*length = snprintf(line, size, "%s", lines[iter->next++ % LINES]);
	pthread_mutex_unlock(&log_lock);
	return found;
}

void stub_warn(const char *file, int line)
{
	__atomic_fetch_add(&host_warnings, 1, __ATOMIC_RELAXED);
	printf("# WARNING at %s:%d\n", file, line);
}
