/* SPDX-License-Identifier: GPL-2.0-only */
/* What kunit.lds and KUnit's own sources define. */

#ifndef _HOST_KUNIT_H
#define _HOST_KUNIT_H

extern struct kunit_suite * const __kunit_suites_start[];
extern struct kunit_suite * const __kunit_suites_end[];

int stub_initcall_kunit_init(void);

#endif /* _HOST_KUNIT_H */
