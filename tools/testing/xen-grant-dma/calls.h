/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the DMA API as drivers make them, and what backends do meanwhile: a source
 * for each kind. The oracle is told of each call.
 */

#ifndef _CALLS_H
#define _CALLS_H

#include <linux/scatterlist.h>

#include "oracle.h"
#include "sequence.h"

#define DEVICES		3
#define BUFFERS		8
#define MAPPINGS	16
#define ENTRIES		12
#define HELD		16

/**
 * struct fuzz_device - a device and its driver
 * @dev: the device
 * @bound: it has a driver
 * @reserved: it has memory for when nothing else is left
 * @misused: it was said that its driver passes on lies
 */
struct fuzz_device {
	struct device dev;
	bool bound;
	bool reserved;
	bool misused;
};

/**
 * struct fuzz_buffer - memory that drivers map
 * @page: its first page, NULL if there is no such buffer now
 * @order: log2 of its pages
 * @model: the oracle's
 */
struct fuzz_buffer {
	struct page *page;
	unsigned int order;
	struct oracle_buffer model;
};

/**
 * struct fuzz_mapping - a mapping, as its driver knows it
 * @kind: what was mapped: a buffer, a list, or memory of the DMA API's own
 * @device: whose it is
 * @buffer: what is mapped, of the first two kinds
 * @dir: direction
 * @premapped: the driver syncs
 * @size: bytes, of all kinds but a list
 * @vaddr: memory of the DMA API's own
 * @nents: entries of a list
 * @sgl: the list
 * @segments: stretches of DMA addresses
 * @model: the oracle's, for each of these
 */
struct fuzz_mapping {
	enum { NONE, SINGLE, LIST, COHERENT, PAGES } kind;
	unsigned int device;
	unsigned int buffer;
	enum dma_data_direction dir;
	bool premapped;
	size_t size;
	void *vaddr;
	unsigned int nents;
	struct scatterlist sgl[ENTRIES];
	unsigned int segments;
	struct oracle_mapping model[ENTRIES];
};

/**
 * struct fuzz_held - a page that a backend has mapped
 * @is: whether it has
 * @ref: by which reference
 * @pfn: the page
 * @write: it may write
 */
struct fuzz_held {
	bool is;
	grant_ref_t ref;
	unsigned long pfn;
	bool write;
};

extern struct fuzz_device devices[DEVICES];
extern struct fuzz_buffer buffers[BUFFERS];
extern struct fuzz_mapping mappings[MAPPINGS];
extern struct fuzz_held helds[HELD];

/* The domain that serves a device; two of them have the same one. */
extern const u16 domid_of[DEVICES];

/* The level of isolation of this sequence, and whether any allocation was made to fail. */
extern const char *level_name;
extern bool failing;

static inline bool device_bound(unsigned int i)
{
	return i < DEVICES && devices[i].bound;
}

static inline bool buffer_is(unsigned int i)
{
	return i < BUFFERS && buffers[i].page;
}

static inline bool mapping_is(unsigned int i)
{
	return i < MAPPINGS && mappings[i].kind != NONE;
}

static inline bool held_is(unsigned int i)
{
	return i < HELD && helds[i].is;
}

static inline size_t buffer_size(unsigned int i)
{
	return PAGE_SIZE << buffers[i].order;
}

/* A number below one that is given, which decides what is drawn. */
extern unsigned int (*calls_random)(unsigned int below);

/* Of @count things, one that is or is not in use, as is wanted; false if there is none. */
bool draw_one(unsigned int *one, unsigned int count, bool (*is)(unsigned int), bool wanted);
/* Offset and size of a part of something, often all of it, often at a page. */
void draw_part(struct call_args *args, size_t size);
bool draw_nothing(struct call_args *args);

/* Bytes that tell who wrote them. */
void fill_pattern(void *to, size_t size, bool device);

/* How often the driver said so far that the DMA API is misused; that there is no reserve. */
struct fuzz_messages {
	unsigned int misuses;
	unsigned int no_reserves;
};

struct fuzz_messages messages(void);

bool buffer_mapped(unsigned int buffer);
bool device_has_mappings(unsigned int device);
void end_mappings(unsigned int device);

void calls_init(void);
/* Ends all that is under way; then nothing must be left. */
void calls_end(void);

extern const struct call device_calls[], buffer_calls[], mapping_calls[], sync_calls[];
extern const struct call backend_calls[], machine_calls[];

#endif /* _CALLS_H */
