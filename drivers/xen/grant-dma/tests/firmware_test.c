// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of the firmware's descriptions, right and wrong, in a live device tree:
 * that of this machine, with xen_grant_dma_test.dtso laid over it.
 */

#include <kunit/of.h>
#include <kunit/static_stub.h>
#include <kunit/test.h>

#include <linux/cleanup.h>
#include <linux/dma-mapping.h>
#include <linux/of.h>
#include <linux/of_device.h>
#include <linux/of_platform.h>
#include <linux/pci.h>
#include <linux/platform_device.h>
#include <linux/string.h>
#include <linux/tracepoint.h>

#include <trace/events/printk.h>

#include <xen/xen.h>

#include "grant-dma.h"
#include "test-device.h"

/* Of a device in the overlay; no binding describes it. */
#define CONSUMER	"test,grant-dma"

/**
 * struct description - a device of the overlay
 * @node: its name there
 * @ret: what grant_firmware_backend() says
 * @domid: the backend, for 0
 * @fault: the reason in the message, for -EINVAL, or how it begins
 * @guest_only: other domains, and bare metal, take it for another IOMMU's
 * @no_driver: the driver core would not probe it without the other IOMMU's driver
 */
struct description {
	const char *node;
	int ret;
	domid_t domid;
	const char *fault;
	bool guest_only;
	bool no_driver;
};

static const struct description descriptions[] = {
	{ "grant-test-no-iommus", -ENODEV },
	{ "grant-test-el2", -ENODEV },
	{ "grant-test-el2-first", -EINVAL, .fault = "iommus has 2 IOMMUs" },
	{ "grant-test-el2-second", -EINVAL, .fault = "iommus has 2 IOMMUs" },
	{ "grant-test-first-domain", 0, .domid = 0 },
	{ "grant-test-good", 0, .domid = 42 },
	{ "grant-test-last-domain", 0, .domid = 0x7fef },
	{ "grant-test-reserved-domain", -EINVAL, .fault = "domain ID 0x7ff0 is not below" },
	{ "grant-test-wide-domain", -EINVAL, .fault = "domain ID 0x10001 is not below" },
	{ "grant-test-no-cell", -EINVAL, .fault = "iommus can't be read" },
	{ "grant-test-surplus-cell", -EINVAL, .fault = "iommus can't be read" },
	{ "grant-test-surplus-zero", -EINVAL, .fault = "iommus has 2 IOMMUs" },
	{ "grant-test-cells-missing", -EINVAL, .fault = "iommus can't be read" },
	{ "grant-test-cells-0", -EINVAL, .fault = "#iommu-cells of /grant-test-iommu-3 is not 1" },
	{ "grant-test-cells-2", -EINVAL, .fault = "#iommu-cells of /grant-test-iommu-4 is not 1" },
	{ "grant-test-cells-2-of-1", -EINVAL, .fault = "iommus can't be read" },
	{ "grant-test-disabled", -EINVAL, .fault = "/grant-test-iommu-5 is disabled" },
	{ "grant-test-same-twice", -EINVAL, .fault = "iommus has 2 IOMMUs" },
	{ "grant-test-unknown-phandle", -ENODEV },
	{ "grant-test-virtio", -EINVAL, .fault = "iommus can't be read",
	  .guest_only = true },
	{ "grant-test-domid-property", -EINVAL, .fault = "xen,backend-domid is not supported" },
	{ "grant-test-other-iommu", -ENODEV, .no_driver = true },
	{ "grant-test-other-first", -EINVAL, .fault = "iommus has 2 IOMMUs", .no_driver = true },
	{ "grant-test-other-second", -EINVAL, .fault = "iommus has 2 IOMMUs", .no_driver = true },
};

static void describe(const struct description *d, char *text)
{
	strscpy(text, d->node + strlen("grant-test-"), KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(descriptions, descriptions, describe);

static int expected(const struct description *d)
{
	if (d->guest_only && (!xen_domain() || xen_initial_domain()))
		return -ENODEV;
	return d->ret;
}

static int firmware_init(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, of_overlay_apply_kunit(test, xen_grant_dma_test),
			0);
	return 0;
}

static struct device_node *find_node(struct kunit *test, const char *name)
{
	struct device_node *np = of_find_node_by_name(NULL, name);

	KUNIT_ASSERT_NOT_NULL(test, np);
	of_node_put_kunit(test, np);
	return np;
}

KUNIT_DEFINE_ACTION_WRAPPER(put_device_action, put_device, struct device *);

static struct device *find_device(struct kunit *test, const char *name)
{
	struct device_node *np = find_node(test, name);
	struct platform_device *pdev = of_find_device_by_node(np);

	KUNIT_ASSERT_NOT_NULL(test, pdev);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, put_device_action,
							&pdev->dev), 0);
	return &pdev->dev;
}

static void backend_of(struct kunit *test)
{
	const struct description *d = test->param_value;
	struct device *dev = find_device(test, d->node);
	domid_t domid = DOMID_INVALID;

	KUNIT_EXPECT_EQ(test, grant_firmware_backend(dev, &domid),
			expected(d));
	KUNIT_EXPECT_EQ(test, domid, expected(d) ? DOMID_INVALID : d->domid);
}

/* Messages of a device that the thread of a test prints while it listens. */
static struct {
	bool works;
	struct kunit *test;	/* NULL when none listens */
	char start[64];
	unsigned int count;
	char last[160];
} heard;

static void hear(void *data, const char *text, size_t len)
{
	const char *start;

	if (!heard.test || heard.test != current->kunit_test)
		return;
	start = strnstr(text, heard.start, len);
	if (!start)
		return;
	heard.count++;
	len -= start - text;
	strscpy(heard.last, start, min(len + 1, sizeof(heard.last)));
}

static int firmware_suite_init(struct kunit_suite *suite)
{
	heard.works = !register_trace_console(hear, NULL);
	return 0;
}

static void firmware_suite_exit(struct kunit_suite *suite)
{
	if (!heard.works)
		return;
	unregister_trace_console(hear, NULL);
	tracepoint_synchronize_unregister();
}

static void listen(struct kunit *test, const char *node)
{
	if (!heard.works)
		kunit_skip(test, "messages can't be heard without CONFIG_TRACEPOINTS");
	snprintf(heard.start, sizeof(heard.start), " %s: ", node);
	heard.count = 0;
	heard.last[0] = 0;
	heard.test = test;
}

static void stop_listening(void)
{
	heard.test = NULL;
}

static void expect_message(struct kunit *test, const char *message)
{
	KUNIT_EXPECT_EQ(test, heard.count, !!message);
	if (message)
		KUNIT_EXPECT_TRUE_MSG(test,
				      strstarts(heard.last + strlen(heard.start),
						message),
				      "\"%s\" lacks \"%s\"", heard.last, message);
}

static void expect_fault(struct kunit *test, const struct description *d)
{
	char text[100];

	snprintf(text, sizeof(text), "/%s: description is wrong: %s", d->node,
		 d->fault);
	expect_message(test, expected(d) == -EINVAL ? text : NULL);
}

static void message_of(struct kunit *test)
{
	const struct description *d = test->param_value;
	struct device *dev = find_device(test, d->node);
	domid_t domid;

	listen(test, d->node);
	grant_firmware_backend(dev, &domid);
	stop_listening();
	expect_fault(test, d);
}

static int consumer_probe(struct platform_device *pdev)
{
	return 0;
}

static const struct of_device_id consumer_match[] = {
	{ .compatible = CONSUMER },
	{ }
};

static struct platform_driver consumer_driver = {
	.probe = consumer_probe,
	.driver = {
		.name = "xen-grant-dma-test",
		.of_match_table = consumer_match,
	},
};

static void expect_no_dma(struct kunit *test, struct device *dev)
{
	void *buffer = kunit_kzalloc(test, 1, GFP_KERNEL);
	dma_addr_t addr;

	KUNIT_ASSERT_NOT_NULL(test, buffer);
	addr = dma_map_single(dev, buffer, 1, DMA_TO_DEVICE);
	KUNIT_EXPECT_TRUE(test, dma_mapping_error(dev, addr));
	KUNIT_EXPECT_NULL(test, dma_alloc_coherent(dev, 1, &addr, GFP_KERNEL));
	KUNIT_EXPECT_NE(test, dma_set_mask(dev, DMA_BIT_MASK(64)), 0);
}

/* swiotlb-xen's are left in dom0. */
static void expect_no_ops(struct kunit *test, struct device *dev)
{
	if (xen_initial_domain())
		KUNIT_EXPECT_FALSE(test, grant_setup_done(dev) ||
					 grant_setup_refused(dev));
	else
		KUNIT_EXPECT_NULL(test, dev->dma_ops);
}

/* Where the DMA configuration of a bus does not come to Xen, nobody asks firmware. */
static void need_setup_by_firmware(struct kunit *test)
{
	if (!IS_ENABLED(CONFIG_ARCH_HAS_SETUP_DMA_OPS))
		kunit_skip(test, "requires CONFIG_ARCH_HAS_SETUP_DMA_OPS");
}

/*
 * What comes of it when a driver is there. The driver is bound even where DMA is
 * refused, as its bus takes no notice.
 */
static void probe_of(struct kunit *test)
{
	const struct description *d = test->param_value;
	struct device *dev = find_device(test, d->node);
	struct grant_device *gdev;
	bool bound, refused, no_xen;

	need_setup_by_firmware(test);
	if (d->no_driver)
		kunit_skip(test, "waits for the other IOMMU's driver");
	no_xen = !expected(d) && !xen_domain();

	listen(test, d->node);
	KUNIT_EXPECT_EQ(test, platform_driver_register(&consumer_driver), 0);
	stop_listening();
	bound = device_is_bound(dev);
	refused = grant_setup_refused(dev);
	gdev = test_gdev(dev);
	KUNIT_EXPECT_EQ(test, !!gdev, !no_xen && !expected(d));
	if (gdev)
		KUNIT_EXPECT_EQ(test, gdev->backend->domid, d->domid);
	if (refused)
		expect_no_dma(test, dev);
	platform_driver_unregister(&consumer_driver);

	if (no_xen)
		expect_message(test, "no DMA by grants: this is no Xen domain");
	else
		expect_fault(test, d);
	KUNIT_EXPECT_TRUE(test, bound);
	KUNIT_EXPECT_EQ(test, refused, no_xen || expected(d) == -EINVAL);
	expect_no_ops(test, dev);
}

KUNIT_DEFINE_ACTION_WRAPPER(consumer_unregister_action,
			    platform_driver_unregister, struct platform_driver *);

/* Where Xen programs the IOMMU, even dom0's devices use guest physical addresses. */
static void xen_translates(struct kunit *test)
{
	struct device *other = find_device(test, "grant-test-no-iommus");
	struct device *dev = find_device(test, "grant-test-el2");
	struct page *page = test_pages(test, PAGE_SIZE);
	dma_addr_t addr;

	KUNIT_ASSERT_EQ(test, platform_driver_register(&consumer_driver), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, consumer_unregister_action,
						  &consumer_driver), 0);
	if (!other->dma_ops)
		kunit_skip(test, "swiotlb-xen bounces no device's DMA here");

	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_NULL(test, dev->dma_ops);
	addr = dma_map_page(dev, page, 0, PAGE_SIZE, DMA_TO_DEVICE);
	KUNIT_EXPECT_EQ(test, addr, page_to_phys(page));
	if (!dma_mapping_error(dev, addr))
		dma_unmap_page(dev, addr, PAGE_SIZE, DMA_TO_DEVICE);
}

/*
 * The IOMMU core may configure DMA of a device that has no driver. What were left
 * there would be in the way of the driver's own resources.
 */
static void no_driver(struct kunit *test)
{
	struct device *dev = find_device(test, "grant-test-cells-0");

	need_setup_by_firmware(test);
	of_dma_configure(dev, dev->of_node, true);
	expect_no_ops(test, dev);
	KUNIT_EXPECT_TRUE(test, list_empty(&dev->devres_head));

	KUNIT_ASSERT_EQ(test, platform_driver_register(&consumer_driver), 0);
	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_TRUE(test, grant_setup_refused(dev));
	platform_driver_unregister(&consumer_driver);
}

static int heedless_dma_configure(struct device *dev)
{
	of_dma_configure(dev, dev->of_node, true);
	return 0;
}

static const struct bus_type heedless_bus = {
	.name = "grant-test-bus",
	.dma_configure = heedless_dma_configure,
};

static struct device_driver heedless_driver = {
	.name = "grant-test-driver",
	.bus = &heedless_bus,
};

static void heedless_release(struct device *dev)
{
}

KUNIT_DEFINE_ACTION_WRAPPER(bus_unregister_action, bus_unregister,
			    const struct bus_type *);
KUNIT_DEFINE_ACTION_WRAPPER(device_unregister_action, device_unregister,
			    struct device *);
KUNIT_DEFINE_ACTION_WRAPPER(driver_unregister_action, driver_unregister,
			    struct device_driver *);

/* A bus that takes no notice of errors binds the driver, too. */
static void heedless(struct kunit *test)
{
	struct device *dev = kunit_kzalloc(test, sizeof(*dev), GFP_KERNEL);

	need_setup_by_firmware(test);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	KUNIT_ASSERT_EQ(test, bus_register(&heedless_bus), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, bus_unregister_action,
						  (void *)&heedless_bus), 0);
	KUNIT_ASSERT_EQ(test, driver_register(&heedless_driver), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, driver_unregister_action,
						  &heedless_driver), 0);

	dev->init_name = "grant-test-device";
	dev->bus = &heedless_bus;
	dev->release = heedless_release;
	dev->of_node = find_node(test, "grant-test-cells-0");
	dev->coherent_dma_mask = DMA_BIT_MASK(64);
	dev->dma_mask = &dev->coherent_dma_mask;
	KUNIT_ASSERT_EQ(test, device_register(dev), 0);
	KUNIT_ASSERT_EQ(test,
			kunit_add_action_or_reset(test, device_unregister_action,
						  dev), 0);

	KUNIT_EXPECT_TRUE(test, device_is_bound(dev));
	KUNIT_EXPECT_TRUE(test, grant_setup_refused(dev));
	expect_no_dma(test, dev);
}

#ifdef CONFIG_PCI
static void pci_requester(struct kunit *test)
{
	static const struct {
		const char *bridge;
		unsigned int devfn;
		int ret;
		domid_t domid;
	} cases[] = {
		{ "grant-test-bridge", 0x00, 0, .domid = 1 },
		{ "grant-test-bridge", 0x01, -EINVAL },
		{ "grant-test-bridge", 0x02, -ENODEV },
		{ "grant-test-bridge", 0x08, -ENODEV },
		{ "grant-test-bridge", 0x10, 0, .domid = 0x7fef },
		{ "grant-test-bridge", 0x11, -EINVAL },
		{ "grant-test-bridge", 0x18, -ENODEV },
		{ "grant-test-bridge", 0x20, -EINVAL },
		{ "grant-test-zero-bridge", 0x08, -EINVAL },
		{ "grant-test-missing-bridge", 0x08, -EINVAL },
		{ "grant-test-mixed-bridge", 0x00, -ENODEV },
		{ "grant-test-mixed-bridge", 0x08, 0, .domid = 3 },
		{ "grant-test-mixed-bridge", 0x10, 0, .domid = 4 },
		{ "grant-test-mixed-bridge", 0x11, -EINVAL },
		{ "grant-test-mixed-bridge", 0x30, -EINVAL },
		{ "grant-test-no-iommus", 0x00, -ENODEV },
		{ "grant-test-masked-bridge", 0x00, 0, .domid = 7 },
		{ "grant-test-masked-bridge", 0x123, 0, .domid = 7 },
		{ "grant-test-counting-bridge", 0x01, -EINVAL },
		{ "grant-test-counting-bridge", 0x02, 0, .domid = 2 },
		{ "grant-test-counting-bridge", 0x11, -EINVAL },
		{ "grant-test-odd-bridge", 0x08, -EINVAL },
		{ "grant-test-broken-bridge", 0x00, -ENODEV },
		{ "grant-test-domid-property", 0x00, -EINVAL },
	};
	struct pci_bus *bus;
	struct pci_dev *pdev;
	domid_t domid;
	int i, ret;

	bus = kunit_kzalloc(test, sizeof(*bus), GFP_KERNEL);
	pdev = kunit_kzalloc(test, sizeof(*pdev), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bus);
	KUNIT_ASSERT_NOT_NULL(test, pdev);
	pdev->bus = bus;
	pdev->dev.bus = &pci_bus_type;
	pdev->dev.init_name = "grant-test-pci";

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		pdev->devfn = cases[i].devfn;
		ret = cases[i].ret;
		domid = DOMID_INVALID;
		KUNIT_EXPECT_EQ_MSG(test,
				    grant_firmware_backend_of(&pdev->dev,
							      find_node(test, cases[i].bridge),
							      &domid),
				    ret, "%s, %#x", cases[i].bridge,
				    cases[i].devfn);
		KUNIT_EXPECT_EQ_MSG(test, domid,
				    ret ? DOMID_INVALID : cases[i].domid,
				    "%s, %#x", cases[i].bridge, cases[i].devfn);
	}
}
#else
static void pci_requester(struct kunit *test)
{
	kunit_skip(test, "requires CONFIG_PCI");
}
#endif

static struct kunit_case firmware_cases[] = {
	KUNIT_CASE_PARAM(backend_of, descriptions_gen_params),
	KUNIT_CASE_PARAM(message_of, descriptions_gen_params),
	KUNIT_CASE_PARAM(probe_of, descriptions_gen_params),
	KUNIT_CASE(xen_translates),
	KUNIT_CASE(no_driver),
	KUNIT_CASE(heedless),
	KUNIT_CASE(pci_requester),
	{}
};

static struct kunit_suite firmware_suite = {
	.name = "xen_grant_dma_firmware",
	.suite_init = firmware_suite_init,
	.suite_exit = firmware_suite_exit,
	.init = firmware_init,
	.test_cases = firmware_cases,
};

kunit_test_suite(firmware_suite);
