// SPDX-License-Identifier: GPL-2.0-only
/*
 * A driver for the nodes of Xen's IOMMUs in the device tree: xen,grant-dma, and
 * xen,iommu-el2-v1, a hardware IOMMU that Xen itself programs.
 *
 * Mappings are made by the DMA ops, or by Xen. This driver has only to be there:
 * consumers of the node would otherwise wait for an IOMMU and a supplier until the
 * deferred probe timeout. Without of_xlate, of_iommu_configure() takes it that no
 * IOMMU translates for the consumer.
 *
 * There is no module_exit() and no unbinding by sysfs: consumers hold no reference
 * to the driver, and those that are bound later would wait again.
 */

#include <linux/iommu.h>
#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/platform_device.h>

static const struct iommu_ops grant_iommu_ops = {
	.owner = THIS_MODULE,
};

static int grant_iommu_probe(struct platform_device *pdev)
{
	struct iommu_device *iommu;

	iommu = devm_kzalloc(&pdev->dev, sizeof(*iommu), GFP_KERNEL);
	if (!iommu)
		return -ENOMEM;

	platform_set_drvdata(pdev, iommu);
	return iommu_device_register(iommu, &grant_iommu_ops, &pdev->dev);
}

static void grant_iommu_remove(struct platform_device *pdev)
{
	iommu_device_unregister(platform_get_drvdata(pdev));
}

static const struct of_device_id grant_iommu_of_match[] = {
	{ .compatible = "xen,grant-dma" },
	{ .compatible = "xen,iommu-el2-v1" },
	{ }
};
MODULE_DEVICE_TABLE(of, grant_iommu_of_match);

static struct platform_driver grant_iommu_driver = {
	.driver = {
		.name = "xen-grant-dma",
		.of_match_table = grant_iommu_of_match,
		.suppress_bind_attrs = true,
	},
	.probe = grant_iommu_probe,
	.remove = grant_iommu_remove,
};

/* If built in, before the drivers of consumers, which are module_init(). */
static int __init grant_iommu_init(void)
{
	return platform_driver_register(&grant_iommu_driver);
}
subsys_initcall(grant_iommu_init);

MODULE_DESCRIPTION("Stub driver for Xen's IOMMU nodes in device trees");
MODULE_LICENSE("GPL");
