// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets the parameter that says what a backend may see.
 */

#include "host.h"

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;
	bool ok;

	host_quiet = true;
	host_init();
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels) + 2);
	ok = host_isolation_is("strict");
	printf("%s 1 isolation is strict unless told\n", ok ? "ok" : "not ok");
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		ok = !stub_param_isolation->set(levels[i], NULL) && host_isolation_is(levels[i]);
		printf("%s %u isolation is set to %s\n", ok ? "ok" : "not ok", i + 2,
		       levels[i]);
	}
	ok = stub_param_isolation->set("tight", NULL) == -EINVAL && host_isolation_is("strict");
	printf("%s %u an unknown level makes it strict, with a message\n",
	       ok && host_messages ? "ok" : "not ok", i + 2);
	return 0;
}
