/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Words by which guest and backend know what they see in memory.
 */

#ifndef XEN_GRANT_DMA_SECRET_H
#define XEN_GRANT_DMA_SECRET_H

/*
 * In every aligned word of 64 bits. The kind is in the last two bytes, in both,
 * so that a word of which a part was cut off is of no kind.
 */
#define SECRET			0x5ec2e70fd0950000ULL
#define SECRET_KIND_MASK	0xffffULL
#define SECRET_OF(kind)		(SECRET | ((kind) + 1) * 0x0101)

#define SECRET_KINDS	"slab", "pagecache", "pagefrag", "stack", "neighbour", "late", "data"

/*
 * All but the last are secrets, which no backend may see. Data is what I/O
 * buffers hold, for all to see while they are mapped.
 */
enum secret_kind {
	SECRET_SLAB,
	SECRET_PAGECACHE,
	SECRET_PAGEFRAG,
	SECRET_STACK,
	SECRET_NEIGHBOUR,
	SECRET_LATE,
	SECRET_DATA,
	SECRET_COUNT
};

#endif /* XEN_GRANT_DMA_SECRET_H */
