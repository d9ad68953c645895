// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a device does by DMA addresses: another domain's accesses, which are not the
 * guest's to synchronize, so no sanitizer looks at this file.
 */

#include <xen/grant-dma.h>

#include "host.h"

static void copy(u8 *to, const u8 *from, size_t size)
{
	for (; size--; to++, from++)
		WRITE_ONCE(*to, READ_ONCE(*from));
}

static bool access_page(domid_t domid, dma_addr_t addr, void *data, size_t size,
			bool write)
{
	grant_ref_t ref = xen_grant_dma_ref(addr);
	unsigned long pfn;
	u8 *page;

	if (host_map_grant(ref, domid, !write, &pfn))
		return false;
	page = __va(PFN_PHYS(pfn)) + xen_offset_in_page(addr);
	if (write)
		copy(page, data, size);
	else
		copy(data, page, size);
	host_unmap_grant(ref, !write);
	return true;
}

static bool access(domid_t domid, dma_addr_t addr, void *data, size_t size, bool write)
{
	size_t step;

	for (; size; addr += step, data += step, size -= step) {
		step = min_t(size_t, size, XEN_PAGE_SIZE - xen_offset_in_page(addr));
		if (!(addr & XEN_GRANT_DMA_FLAG) ||
		    !access_page(domid, addr, data, step, write))
			return false;
	}
	return true;
}

bool host_device_read(domid_t domid, dma_addr_t addr, void *data, size_t size)
{
	return access(domid, addr, data, size, false);
}

bool host_device_write(domid_t domid, dma_addr_t addr, const void *data, size_t size)
{
	return access(domid, addr, (void *)data, size, true);
}
