/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Calls of the DMA API as drivers make them, and what backends do meanwhile.
 */

#ifndef _CALLS_H
#define _CALLS_H

/* A number below one that is given, which decides what calls are drawn. */
extern unsigned int (*calls_random)(unsigned int below);

void calls_init(void);
/* Ends all that is under way, and has nothing left. */
void calls_end(void);

#endif /* _CALLS_H */
