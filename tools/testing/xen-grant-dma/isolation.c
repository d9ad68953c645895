// SPDX-License-Identifier: GPL-2.0-only
/*
 * Sets the parameter that says what a backend may see.
 */

#include "host.h"

static bool reads(const char *level)
{
	char text[64];

	stub_param_isolation->get(text, NULL);
	text[strcspn(text, "\n")] = 0;
	return !strcmp(text, level);
}

int main(void)
{
	static const char * const levels[] = { "page", "strict", "full" };
	unsigned int i;
	bool ok;

	host_quiet = true;
	host_init();
	printf("KTAP version 1\n1..%zu\n", ARRAY_SIZE(levels) + 2);
	printf("%s 1 isolation is strict unless told\n", reads("strict") ? "ok" : "not ok");
	for (i = 0; i < ARRAY_SIZE(levels); i++) {
		ok = !stub_param_isolation->set(levels[i], NULL) && reads(levels[i]);
		printf("%s %u isolation is set to %s\n", ok ? "ok" : "not ok", i + 2,
		       levels[i]);
	}
	ok = stub_param_isolation->set("tight", NULL) == -EINVAL && reads("strict");
	printf("%s %u an unknown level makes it strict, with a message\n",
	       ok && host_messages ? "ok" : "not ok", i + 2);
	return 0;
}
