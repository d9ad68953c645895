// SPDX-License-Identifier: GPL-2.0-only
/*
 * This domain's own domain ID.
 */

#include <kunit/static_stub.h>

#include <xen/interface/event_channel.h>
#include <xen/xen.h>

#include <asm/xen/hypercall.h>

#include "domid.h"

/**
 * grant_own_domid() - ask Xen for this domain's ID
 *
 * No hypercall tells a guest its ID, and xenstore may not be up this early. But
 * an event channel made for DOMID_SELF reports whom it is for.
 *
 * Context: Any, in a Xen domain.
 * Return: the ID, or DOMID_INVALID when Xen refused.
 */
domid_t grant_own_domid(void)
{
	struct evtchn_alloc_unbound alloc = {
		.dom = DOMID_SELF,
		.remote_dom = DOMID_SELF,
	};
	struct evtchn_status status = { .dom = DOMID_SELF };
	struct evtchn_close close;
	domid_t domid = DOMID_INVALID;

	KUNIT_STATIC_STUB_REDIRECT(grant_own_domid);

	if (HYPERVISOR_event_channel_op(EVTCHNOP_alloc_unbound, &alloc))
		return DOMID_INVALID;

	status.port = alloc.port;
	if (!HYPERVISOR_event_channel_op(EVTCHNOP_status, &status) &&
	    status.status == EVTCHNSTAT_unbound)
		domid = status.u.unbound.dom;

	close.port = alloc.port;
	HYPERVISOR_event_channel_op(EVTCHNOP_close, &close);
	return domid;
}
