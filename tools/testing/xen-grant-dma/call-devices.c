// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calls of the fuzzer: devices are bound to drivers, and unbound.
 */

#include "calls.h"

static bool draw_bind(struct call_args *a)
{
	return draw_one(&a->device, DEVICES, device_bound, false);
}

static bool anything_in_use(void)
{
	unsigned int i;

	for (i = 0; i < HELD; i++)
		if (helds[i].is)
			return true;
	for (i = 0; i < DEVICES; i++)
		if (devices[i].bound && device_has_mappings(i))
			return true;
	return false;
}

static void run_bind(const struct call_args *a)
{
	static const char * const names[DEVICES] = { "device0", "device1", "device2" };
	struct fuzz_device *device = &devices[a->device];
	unsigned int before;

	if (a->device >= DEVICES || device->bound)
		return;
	before = messages().no_reserves;
	device->bound = !host_bind(&device->dev, names[a->device],
				   domid_of[a->device], level_name);
	device->reserved = messages().no_reserves == before;
	device->misused = false;
	if (!device->bound && !failing)
		oracle_violation("a device is not bound");
	if (!device->reserved && !failing && !anything_in_use())
		oracle_violation("a device gets no reserve, though nothing is in use");
}

static bool draw_unbind(struct call_args *a)
{
	return draw_one(&a->device, DEVICES, device_bound, true);
}

/* As a driver does it, after it has ended its mappings. */
static void run_unbind(const struct call_args *a)
{
	if (!device_bound(a->device))
		return;
	end_mappings(a->device);
	host_unbind(&devices[a->device].dev);
	devices[a->device].bound = false;
}

static bool draw_limits(struct call_args *a)
{
	static const unsigned int aligns[] = { 0, 511, 4095, 65535 };
	static const unsigned int boundaries[] = { 0, 4095, 65535, 0xfffff };

	a->align = aligns[calls_random(4)];
	a->boundary = boundaries[calls_random(4)];
	a->most = calls_random(2) ? 0 : PAGE_SIZE * (1 + calls_random(16));
	return draw_one(&a->device, DEVICES, device_bound, true);
}

static void run_limits(const struct call_args *a)
{
	struct device_dma_parameters *parms;

	if (!device_bound(a->device))
		return;
	parms = devices[a->device].dev.dma_parms;
	parms->min_align_mask = a->align;
	parms->segment_boundary_mask = a->boundary;
	parms->max_segment_size = a->most ?: SZ_1M;
}

const struct call device_calls[] = {
	{ "bind", "device", 4, draw_bind, run_bind },
	{ "unbind", "device", 1, draw_unbind, run_unbind },
	{ "limits", "device align boundary most", 1, draw_limits, run_limits },
	{ }
};
