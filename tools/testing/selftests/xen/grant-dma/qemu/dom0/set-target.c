// SPDX-License-Identifier: GPL-2.0-only
/*
 * xen-set-target DOMID TARGET: lets a domain be the device model of another, its target.
 */

#include <err.h>
#include <stdlib.h>

#include <xenctrl.h>

int main(int argc, char **argv)
{
	xc_interface *xch;

	if (argc != 3)
		errx(2, "usage: xen-set-target DOMID TARGET");
	xch = xc_interface_open(NULL, NULL, 0);
	if (!xch)
		err(1, "can't open Xen's control interface");
	if (xc_domain_set_target(xch, atoi(argv[1]), atoi(argv[2])))
		err(1, "domain %s can't have domain %s as its target", argv[1], argv[2]);
	return 0;
}
