// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tests of virtio drivers with a device that lies to them.
 *
 * The device is made up here. It knows memory by the DMA addresses that its driver gave it, and
 * is as hostile there as one that is kept from all else, by an IOMMU or by bounce buffers: it
 * writes behind the end of its buffers, too, names lengths and chains as it likes, and changes
 * what it said. What it does follows from a seed.
 *
 * With bounce buffers nothing of that may reach memory that the driver has handed on. Without
 * them the device writes to its buffers alone.
 */

#include <kunit/device.h>
#include <kunit/test.h>

#include <linux/dma-direct.h>
#include <linux/dma-mapping.h>
#include <linux/etherdevice.h>
#include <linux/filter.h>
#include <linux/limits.h>
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/prandom.h>
#include <linux/rtnetlink.h>
#include <linux/skbuff.h>
#include <linux/string_choices.h>
#include <linux/swiotlb.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_net.h>
#include <linux/virtio_ring.h>

/* A network device sends nothing with fewer than SEGMENTS. */
#define SEGMENTS	(MAX_SKB_FRAGS + 2)
#define ENTRIES		roundup_pow_of_two(SEGMENTS)
#define QUEUES		2

/* Rounds that the device keeps a chain, which is then late. */
#define LATE		(2 * ENTRIES)

static unsigned long seed = 1;
module_param(seed, ulong, 0644);
MODULE_PARM_DESC(seed, "What the device does follows from this number.");

static unsigned int rounds = 300;
module_param(rounds, uint, 0644);
MODULE_PARM_DESC(rounds, "How many chains the device gives back before it breaks a queue.");

enum lie {
	LIE_LONG,	/* a length beyond the end of the buffer */
	LIE_SHORT,	/* one that is less than was written */
	LIE_ZERO,
	LIE_MAX,	/* 2^32 - 1 */
	LIE_HEADER,	/* what the driver reads first is random */
	LIE_BEYOND,	/* memory behind the buffer was written, too */
	LIE_AGAIN,	/* the buffer is written again after it was given back */
	LIE_ORDER,	/* a chain comes before an older one */
	LIE_LATE,
	LIE_NEVER,	/* a chain does not come back */
	LIE_CONFIG,	/* the configuration changes */
	LIE_WRONG,	/* the number of no chain */
	LIE_TWICE,	/* a chain comes back twice */
	LIES,
};

static const char * const lie_names[LIES] = {
	[LIE_LONG] = "long",
	[LIE_SHORT] = "short",
	[LIE_ZERO] = "zero",
	[LIE_MAX] = "max",
	[LIE_HEADER] = "header",
	[LIE_BEYOND] = "beyond",
	[LIE_AGAIN] = "again",
	[LIE_ORDER] = "order",
	[LIE_LATE] = "late",
	[LIE_NEVER] = "never",
	[LIE_CONFIG] = "config",
	[LIE_WRONG] = "wrong",
	[LIE_TWICE] = "twice",
};

/**
 * struct chain - what a driver made available at once
 * @head: its first descriptor, by which it is given back
 * @used: descriptors that it takes in the ring
 * @born: the round when the device took it
 * @count: how many segments it has
 * @segments: its segments: DMA addresses, lengths and flags
 */
struct chain {
	u16 head;
	u16 used;
	unsigned int born;
	unsigned int count;
	struct {
		dma_addr_t addr;
		u32 len;
		u16 flags;
	} segments[SEGMENTS];
};

/**
 * struct given_chain - a chain that was given back
 * @lies: the lies about it
 * @used: descriptors that it has in the ring
 */
struct given_chain {
	unsigned long lies;
	u16 used;
};

/**
 * struct liar_queue - a virtqueue, and what its device knows of it
 * @vq: the driver's virtqueue
 * @vring: the rings, as the device sees them
 * @taken: chains that were taken from the ring of what is available
 * @given: chains that were given back
 * @seen: of these, those that the driver took
 * @taken_used: descriptors that the chains that were taken have in the ring
 * @seen_used: those that the driver took, likewise
 * @told: those that were given back last
 */
struct liar_queue {
	struct virtqueue *vq;
	struct vring vring;
	u16 taken;
	u16 given;
	u16 seen;
	u32 taken_used;
	u32 seen_used;
	struct given_chain told[ENTRIES];
};

/**
 * struct liar - a device
 * @vdev: what its driver sees
 * @features: what it offers
 * @status: what its driver told it last
 * @config: its configuration
 * @config_changed: it was changed, and not read since
 * @queues: its virtqueues
 * @random: what it does next
 * @told: how often its driver met each lie
 */
struct liar {
	struct virtio_device vdev;
	u64 features;
	u8 status;
	u8 config[64];
	bool config_changed;
	struct liar_queue queues[QUEUES];
	struct rnd_state random;
	unsigned int told[LIES];
};

static struct liar *to_liar(struct virtio_device *vdev)
{
	return container_of(vdev, struct liar, vdev);
}

static u32 draw(struct liar *liar, u32 limit)
{
	return prandom_u32_state(&liar->random) % limit;
}

/* What the device finds at a DMA address. */
static void *view(struct liar *liar, dma_addr_t addr)
{
	return phys_to_virt(dma_to_phys(liar->vdev.dev.parent, addr));
}

/* The device as its driver sees it. */

static void liar_get(struct virtio_device *vdev, unsigned int offset, void *buf,
		     unsigned int len)
{
	struct liar *liar = to_liar(vdev);

	if (liar->config_changed)
		liar->told[LIE_CONFIG]++;
	liar->config_changed = false;
	memset(buf, 0, len);
	if (offset < sizeof(liar->config))
		memcpy(buf, liar->config + offset,
		       min(len, (unsigned int)sizeof(liar->config) - offset));
}

static void liar_set(struct virtio_device *vdev, unsigned int offset, const void *buf,
		     unsigned int len)
{
}

static u8 liar_get_status(struct virtio_device *vdev)
{
	return to_liar(vdev)->status;
}

static void liar_set_status(struct virtio_device *vdev, u8 status)
{
	to_liar(vdev)->status = status;
}

static void liar_reset(struct virtio_device *vdev)
{
	to_liar(vdev)->status = 0;
}

static u64 liar_get_features(struct virtio_device *vdev)
{
	return to_liar(vdev)->features;
}

static int liar_finalize_features(struct virtio_device *vdev)
{
	vring_transport_features(vdev);
	return 0;
}

static bool liar_notify(struct virtqueue *vq)
{
	return true;
}

static void liar_del_vqs(struct virtio_device *vdev)
{
	struct virtqueue *vq, *next;

	list_for_each_entry_safe(vq, next, &vdev->vqs, list)
		vring_del_virtqueue(vq);
}

static int liar_find_vqs(struct virtio_device *vdev, unsigned int nvqs,
			 struct virtqueue *vqs[], struct virtqueue_info infos[],
			 struct irq_affinity *desc)
{
	struct liar *liar = to_liar(vdev);
	struct liar_queue *queue;
	unsigned int i;

	if (nvqs > QUEUES)
		return -EINVAL;
	for (i = 0; i < nvqs; i++) {
		queue = &liar->queues[i];
		queue->vq = vring_create_virtqueue(i, ENTRIES, SMP_CACHE_BYTES, vdev, true,
						   false, infos[i].ctx, liar_notify,
						   infos[i].callback, infos[i].name);
		if (!queue->vq) {
			liar_del_vqs(vdev);
			return -ENOMEM;
		}
		queue->vq->num_max = ENTRIES;
		queue->vring.num = ENTRIES;
		queue->vring.desc = view(liar, virtqueue_get_desc_addr(queue->vq));
		queue->vring.avail = view(liar, virtqueue_get_avail_addr(queue->vq));
		queue->vring.used = view(liar, virtqueue_get_used_addr(queue->vq));
		vqs[i] = queue->vq;
	}
	return 0;
}

static const char *liar_bus_name(struct virtio_device *vdev)
{
	return "liar";
}

static const struct virtio_config_ops liar_ops = {
	.get = liar_get,
	.set = liar_set,
	.get_status = liar_get_status,
	.set_status = liar_set_status,
	.reset = liar_reset,
	.find_vqs = liar_find_vqs,
	.del_vqs = liar_del_vqs,
	.get_features = liar_get_features,
	.finalize_features = liar_finalize_features,
	.bus_name = liar_bus_name,
};

static void liar_release(struct device *dev)
{
	kfree(to_liar(dev_to_virtio(dev)));
}

/*
 * Has all of a device's DMA bounced. The pool is that of all devices, the wish is its own.
 * Ends the test where there is no pool.
 */
static void bounce(struct kunit *test, struct device *dev)
{
#ifdef CONFIG_SWIOTLB
	struct io_tlb_mem *pool = dev->dma_io_tlb_mem;

	if (pool && pool->force_bounce)
		return;
	if (pool && pool->nslabs && !IS_ENABLED(CONFIG_SWIOTLB_DYNAMIC)) {
		dev->dma_io_tlb_mem = test->priv;
		*dev->dma_io_tlb_mem = *pool;
		dev->dma_io_tlb_mem->force_bounce = true;
		return;
	}
#endif
	kunit_skip(test, "nothing bounces: boot with swiotlb=force");
}

/* Makes a device, whose driver binds. The test ends if it can't. */
static struct liar *liar_create(struct kunit *test, u32 id, u64 features,
				const void *config, size_t size, bool bounced)
{
	struct liar *liar;
	struct device *dev;
	int ret;

#ifdef CONFIG_SWIOTLB
	/* Before the device, so that it is there as long. */
	test->priv = kunit_kzalloc(test, sizeof(struct io_tlb_mem), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, test->priv);
#endif
	dev = kunit_device_register(test, "liar");
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, dev);
	dev_set_dma_coherent(dev);
	KUNIT_ASSERT_EQ(test, dma_set_mask_and_coherent(dev, DMA_BIT_MASK(64)), 0);
	if (bounced)
		bounce(test, dev);

	liar = kzalloc_obj(*liar);
	KUNIT_ASSERT_NOT_NULL(test, liar);
	liar->vdev.id.device = id;
	liar->vdev.id.vendor = VIRTIO_DEV_ANY_ID;
	liar->vdev.config = &liar_ops;
	liar->vdev.dev.parent = dev;
	liar->vdev.dev.release = liar_release;
	liar->features = features | BIT_ULL(VIRTIO_F_VERSION_1) |
			 BIT_ULL(VIRTIO_F_ACCESS_PLATFORM) |
			 BIT_ULL(VIRTIO_RING_F_INDIRECT_DESC);
	memcpy(liar->config, config, min(size, sizeof(liar->config)));
	prandom_seed_state(&liar->random, seed);
	ret = register_virtio_device(&liar->vdev);
	if (ret)
		put_device(&liar->vdev.dev);
	KUNIT_ASSERT_EQ(test, ret, 0);
	return liar;
}

/* The device's side of a queue. */

/* Writes from a DMA address on. What is mapped is contiguous in a bounce buffer, too. */
static void device_write(struct liar *liar, dma_addr_t addr, const void *bytes, size_t len)
{
	memcpy(view(liar, addr), bytes, len);
}

static void device_fill(struct liar *liar, dma_addr_t addr, u8 value, size_t len)
{
	memset(view(liar, addr), value, len);
}

/* Takes a chain that the driver made available, or returns false. */
static bool take(struct liar *liar, struct liar_queue *queue, struct chain *chain)
{
	struct virtio_device *vdev = &liar->vdev;
	struct vring_desc *table = queue->vring.desc;
	bool indirect;
	u16 i, flags;

	if (queue->taken == virtio16_to_cpu(vdev, READ_ONCE(queue->vring.avail->idx)))
		return false;
	virtio_rmb(true);
	i = virtio16_to_cpu(vdev, queue->vring.avail->ring[queue->taken++ % ENTRIES]);
	chain->head = i;
	indirect = virtio16_to_cpu(vdev, table[i].flags) & VRING_DESC_F_INDIRECT;
	if (indirect) {
		table = view(liar, virtio64_to_cpu(vdev, table[i].addr));
		i = 0;
	}
	chain->count = 0;
	do {
		flags = virtio16_to_cpu(vdev, table[i].flags);
		chain->segments[chain->count].addr = virtio64_to_cpu(vdev, table[i].addr);
		chain->segments[chain->count].len = virtio32_to_cpu(vdev, table[i].len);
		chain->segments[chain->count++].flags = flags;
		i = virtio16_to_cpu(vdev, table[i].next);
	} while (flags & VRING_DESC_F_NEXT && chain->count < SEGMENTS);
	chain->used = indirect ? 1 : chain->count;
	queue->taken_used += chain->used;
	return true;
}

/* Gives a chain back. The driver learns it by an interrupt. */
static void give(struct liar *liar, struct liar_queue *queue, const struct chain *chain,
		 u32 len, unsigned long lies)
{
	struct virtio_device *vdev = &liar->vdev;
	struct vring_used_elem *elem = &queue->vring.used->ring[queue->given % ENTRIES];

	queue->told[queue->given % ENTRIES].lies = lies;
	queue->told[queue->given % ENTRIES].used = chain->used;
	elem->id = cpu_to_virtio32(vdev, chain->head);
	elem->len = cpu_to_virtio32(vdev, len);
	virtio_wmb(true);
	WRITE_ONCE(queue->vring.used->idx, cpu_to_virtio16(vdev, ++queue->given));
}

/* Most drivers do all the rest before this returns. */
static void interrupt(struct liar_queue *queue)
{
	local_bh_disable();
	vring_interrupt(0, queue->vq);
	local_bh_enable();
}

/*
 * Counts the lies that the driver has met, by the descriptors that it has got back. The device
 * has taken all that was available.
 */
static void count_seen(struct liar *liar, struct liar_queue *queue)
{
	u32 back = queue->taken_used - (ENTRIES - READ_ONCE(queue->vq->num_free));
	struct given_chain *told;
	unsigned int lie;

	while (queue->seen != queue->given) {
		told = &queue->told[queue->seen % ENTRIES];
		if ((s32)(back - queue->seen_used) < told->used)
			break;
		queue->seen_used += told->used;
		queue->seen++;
		for_each_set_bit(lie, &told->lies, LIES)
			liar->told[lie]++;
	}
}

/* Writes to the buffers of a chain, one after the other. */
static void chain_write(struct liar *liar, const struct chain *chain, const void *bytes,
			size_t len)
{
	unsigned int i;
	size_t part;

	for (i = 0; i < chain->count && len; i++, bytes += part, len -= part) {
		part = min_t(size_t, len, chain->segments[i].len);
		device_write(liar, chain->segments[i].addr, bytes, part);
	}
}

static void chain_fill(struct liar *liar, const struct chain *chain, u8 value)
{
	unsigned int i;

	for (i = 0; i < chain->count; i++)
		device_fill(liar, chain->segments[i].addr, value, chain->segments[i].len);
}

static u32 chain_size(const struct chain *chain)
{
	unsigned int i;
	u32 size = 0;

	for (i = 0; i < chain->count; i++)
		size += chain->segments[i].len;
	return size;
}

/* Draws which of its chains the device gives back. The first one it keeps. */
static unsigned int draw_chain(struct liar *liar, const struct chain *chains,
			       unsigned int count, unsigned int round, unsigned long *lies)
{
	unsigned int i = 1 + draw(liar, count - 1);

	if (i > 1)
		__set_bit(LIE_ORDER, lies);
	if (round - chains[i].born > LATE)
		__set_bit(LIE_LATE, lies);
	return i;
}

/* Draws what it says that it wrote, which is more than a byte. */
static u32 draw_length(struct liar *liar, const struct chain *chain, u32 len,
		       unsigned long *lies)
{
	switch (draw(liar, 8)) {
	case 0:
		__set_bit(LIE_LONG, lies);
		return chain_size(chain) + 1 + draw(liar, PAGE_SIZE);
	case 1:
		__set_bit(LIE_SHORT, lies);
		return 1 + draw(liar, len - 1);
	case 2:
		__set_bit(LIE_ZERO, lies);
		return 0;
	case 3:
		__set_bit(LIE_MAX, lies);
		return U32_MAX;
	default:
		return len;
	}
}

/* Bytes from a DMA address to the end of its page. */
static u32 to_page_end(dma_addr_t addr)
{
	return PAGE_SIZE - (addr & ~PAGE_MASK);
}

/* A network device. */

#define RX		0
#define TX		1

#define NET_SMALL	0
/* With an MTU, as a short queue gets larger buffers otherwise, of which a page has one. */
#define NET_MERGEABLE	(BIT_ULL(VIRTIO_NET_F_MRG_RXBUF) | BIT_ULL(VIRTIO_NET_F_MTU))
#define NET_BIG		BIT_ULL(VIRTIO_NET_F_MTU)

/* With more than Ethernet's, buffers are lists of pages, and with that of two. */
#define NET_BIG_MTU	(PAGE_SIZE - 96)

/* Bytes of a packet behind its Ethernet header. */
#define PAYLOAD		980

/* How many packets are watched at a time. */
#define KEPT		8

/* How many packets the device sends late. */
#define UNSENT		8

struct net_packet {
	struct virtio_net_hdr_mrg_rxbuf hdr;
	struct ethhdr eth;
	u8 payload[PAYLOAD];
} __packed;

/**
 * struct kept_packet - what a packet was when the driver delivered it
 * @skb: the packet
 * @shinfo: its shared info
 * @bytes: its data
 */
struct kept_packet {
	struct sk_buff *skb;
	struct skb_shared_info shinfo;
	u8 bytes[PAYLOAD];
};

/**
 * struct net_test - the driver's side of a network device
 * @liar: the device
 * @dev: what its driver made of it
 * @prog: its XDP program, if any
 * @arrived: packets that the driver delivered
 * @chains: buffers for packets that the device has, the oldest first
 * @count: how many
 * @sent: packets that the device is to send
 * @sent_count: how many
 * @last: the buffer that it gave back last
 * @round: how often it did
 * @kept: packets that are watched
 * @next: of these, the oldest
 */
struct net_test {
	struct liar *liar;
	struct net_device *dev;
	struct bpf_prog *prog;
	struct sk_buff_head arrived;
	struct chain chains[ENTRIES];
	unsigned int count;
	struct chain sent[ENTRIES];
	unsigned int sent_count;
	struct chain last;
	unsigned int round;
	struct kept_packet kept[KEPT];
	unsigned int next;
};

static rx_handler_result_t net_keep(struct sk_buff **pskb)
{
	struct net_test *net = rcu_dereference((*pskb)->dev->rx_handler_data);

	skb_queue_tail(&net->arrived, *pskb);
	return RX_HANDLER_CONSUMED;
}

static struct net_device *net_find(struct liar *liar)
{
	struct net_device *dev;

	for_each_netdev(&init_net, dev)
		if (dev->dev.parent == &liar->vdev.dev)
			return dev;
	return NULL;
}

static int net_up(struct net_test *net)
{
	int ret;

	rtnl_lock();
	net->dev = net_find(net->liar);
	ret = net->dev ? dev_open(net->dev, NULL) : -ENODEV;
	if (!ret)
		ret = netdev_rx_handler_register(net->dev, net_keep, net);
	rtnl_unlock();
	return ret;
}

static int net_set_xdp(struct net_test *net, struct bpf_prog *prog)
{
	struct netdev_bpf bpf = {
		.command = XDP_SETUP_PROG,
		.prog = prog,
	};

	return net->dev->netdev_ops->ndo_bpf(net->dev, &bpf);
}

static void net_end(void *context)
{
	struct net_test *net = context;
	unsigned int i;

	rtnl_lock();
	if (net->prog)
		net_set_xdp(net, NULL);
	if (net->dev && rtnl_dereference(net->dev->rx_handler))
		netdev_rx_handler_unregister(net->dev);
	rtnl_unlock();
	skb_queue_purge(&net->arrived);
	for (i = 0; i < KEPT; i++)
		kfree_skb(net->kept[i].skb);
	unregister_virtio_device(&net->liar->vdev);
	if (net->prog)
		bpf_prog_free(net->prog);
}

/* Takes all that the driver made available. */
static void net_take(struct net_test *net)
{
	struct liar_queue *queues = net->liar->queues;

	while (take(net->liar, &queues[RX], &net->chains[net->count]))
		net->chains[net->count++].born = net->round;
	while (take(net->liar, &queues[TX], &net->sent[net->sent_count]))
		net->sent[net->sent_count++].born = net->round;
}

/* Makes a network device that is up, whose buffers the device has. */
static struct net_test *net_create(struct kunit *test, u64 features, bool bounced)
{
	struct net_test *net = kunit_kzalloc(test, sizeof(*net), GFP_KERNEL);
	bool mergeable = features & BIT_ULL(VIRTIO_NET_F_MRG_RXBUF);
	struct virtio_net_config config = {
		.status = __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP),
		.mtu = __cpu_to_virtio16(true, mergeable ? ETH_DATA_LEN : NET_BIG_MTU),
	};

	KUNIT_ASSERT_NOT_NULL(test, net);
	skb_queue_head_init(&net->arrived);
	if (!IS_REACHABLE(CONFIG_VIRTIO_NET))
		kunit_skip(test, "virtio_net is not built in");
	net->liar = liar_create(test, VIRTIO_ID_NET, features, &config, sizeof(config), bounced);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, net_end, net), 0);
	KUNIT_ASSERT_EQ(test, net_up(net), 0);
	net_take(net);
	KUNIT_ASSERT_EQ(test, net->count, ENTRIES);
	return net;
}

/* Has the device write a packet to a buffer. */
static void net_write(struct net_test *net, const struct chain *chain, u16 buffers, u8 value)
{
	struct net_packet packet = {
		.hdr.num_buffers = cpu_to_virtio16(&net->liar->vdev, buffers),
		.eth.h_proto = htons(ETH_P_802_EX1),
	};

	ether_addr_copy(packet.eth.h_dest, net->dev->dev_addr);
	memset(packet.payload, value, PAYLOAD);
	chain_write(net->liar, chain, &packet, sizeof(packet));
}

static bool packet_keep(struct kept_packet *kept, struct sk_buff *skb)
{
	kept->skb = skb;
	kept->shinfo = *skb_shinfo(skb);
	return !skb_copy_bits(skb, 0, kept->bytes, min(skb->len, PAYLOAD));
}

/* Whether a packet is as it was. Puts it right, so that it can be freed. */
static bool packet_same(struct kept_packet *kept)
{
	struct sk_buff *skb = kept->skb;
	u8 bytes[64];
	bool same;
	u32 i, len;

	same = !memcmp(skb_shinfo(skb), &kept->shinfo, sizeof(kept->shinfo));
	*skb_shinfo(skb) = kept->shinfo;
	for (i = 0; i < min(skb->len, PAYLOAD); i += len) {
		len = min3(skb->len - i, PAYLOAD - i, (u32)sizeof(bytes));
		skb_copy_bits(skb, i, bytes, len);
		same &= !memcmp(bytes, kept->bytes + i, len);
	}
	return same;
}

/* Gives a buffer back, in which a packet is said to have a length. */
static void net_give(struct net_test *net, const struct chain *chain, u32 len, unsigned long lies)
{
	give(net->liar, &net->liar->queues[RX], chain, len, lies);
}

/* Two buffers in the same page, the second one behind the first. */
static bool net_neighbours(struct net_test *net, unsigned int *first, unsigned int *second)
{
	dma_addr_t a, b;
	unsigned int i, j;

	for (i = 0; i < net->count; i++)
		for (j = 0; j < net->count; j++) {
			a = net->chains[i].segments[0].addr;
			b = net->chains[j].segments[0].addr;
			if (a < b && b - a < to_page_end(a)) {
				*first = i;
				*second = j;
				return true;
			}
		}
	return false;
}

/* Has the driver run an XDP program, which lets all packets pass. */
static void net_attach(struct kunit *test, struct net_test *net, bool frags)
{
	struct bpf_insn pass[] = {
		BPF_MOV64_IMM(BPF_REG_0, XDP_PASS),
		BPF_EXIT_INSN(),
	};
	struct bpf_prog *prog;
	int ret;

	prog = bpf_prog_alloc(bpf_prog_size(ARRAY_SIZE(pass)), 0);
	KUNIT_ASSERT_NOT_NULL(test, prog);
	prog->type = BPF_PROG_TYPE_XDP;
	prog->len = ARRAY_SIZE(pass);
	memcpy(prog->insnsi, pass, sizeof(pass));
	prog->aux->xdp_has_frags = frags;
	/* It is freed here, and not by whoever puts it last. */
	atomic64_set(&prog->aux->refcnt, 2);
	prog = bpf_prog_select_runtime(prog, &ret);
	if (!ret) {
		rtnl_lock();
		ret = net_set_xdp(net, prog);
		rtnl_unlock();
	}
	if (ret)
		bpf_prog_free(prog);
	else
		net->prog = prog;
	KUNIT_ASSERT_EQ(test, ret, 0);
}

/**
 * struct length_case - where a driver meets a wrong length
 * @name: what that is called
 * @features: what the device offers
 * @next: the buffer is not the packet's first
 * @xdp: there is an XDP program
 * @frags: the program takes packets of several buffers
 * @len: the length, or 0 for all of the page
 */
struct length_case {
	const char *name;
	u64 features;
	bool next;
	bool xdp;
	bool frags;
	u32 len;
};

static const struct length_case length_cases[] = {
	{ "small", NET_SMALL },
	{ "small, max", NET_SMALL, .len = U32_MAX },
	{ "small, XDP", NET_SMALL, .xdp = true },
	{ "mergeable", NET_MERGEABLE },
	{ "mergeable, max", NET_MERGEABLE, .len = U32_MAX },
	{ "mergeable, XDP", NET_MERGEABLE, .xdp = true },
	{ "mergeable, next", NET_MERGEABLE, .next = true },
	{ "mergeable, next, max", NET_MERGEABLE, .next = true, .len = U32_MAX },
	{ "mergeable, next, XDP", NET_MERGEABLE, .next = true, .xdp = true },
	{ "mergeable, next, XDP of fragments", NET_MERGEABLE, .next = true, .xdp = true,
	  .frags = true },
};

KUNIT_ARRAY_PARAM_DESC(length_case, length_cases, name);

/*
 * A buffer is said to have more than its length, while the stack has a packet that lies behind
 * it in the same page. The device has written there, which must not arrive.
 */
static void net_length(struct kunit *test)
{
	const struct length_case *param = test->param_value;
	struct net_test *net = net_create(test, param->features, true);
	struct liar_queue *rx = &net->liar->queues[RX];
	struct rtnl_link_stats64 stats;
	unsigned int first, second, other;
	struct chain *chain;
	dma_addr_t addr;

	KUNIT_ASSERT_TRUE(test, net_neighbours(net, &first, &second));
	net_write(net, &net->chains[second], 1, 0xb0);
	net_give(net, &net->chains[second], sizeof(struct net_packet), 0);
	interrupt(rx);
	KUNIT_ASSERT_EQ(test, skb_queue_len(&net->arrived), 1);
	KUNIT_ASSERT_TRUE(test, packet_keep(net->kept, skb_dequeue(&net->arrived)));

	if (param->xdp)
		net_attach(test, net, param->frags);
	if (param->next) {
		for (other = 0; other == first || other == second; other++)
			;
		net_write(net, &net->chains[other], 2, 0xc0);
		net_give(net, &net->chains[other], sizeof(struct net_packet), 0);
	}
	chain = &net->chains[first];
	addr = chain->segments[0].addr;
	device_fill(net->liar, addr, 0x5a, to_page_end(addr));
	net_write(net, chain, 1, 0xa0);
	net_give(net, chain, param->len ?: to_page_end(addr), 0);
	interrupt(rx);

	KUNIT_EXPECT_TRUE_MSG(test, packet_same(net->kept),
			      "a packet changed that was received before");
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&net->arrived));
	dev_get_stats(net->dev, &stats);
	KUNIT_EXPECT_EQ(test, stats.rx_length_errors, 1);
}

/**
 * struct net_lies_case - a device that lies about all it can
 * @name: what that is called
 * @features: what it offers
 * @bounced: its DMA is bounced
 */
struct net_lies_case {
	const char *name;
	u64 features;
	bool bounced;
};

static const struct net_lies_case net_lies_cases[] = {
	{ "small", NET_SMALL },
	{ "small, bounced", NET_SMALL, true },
	{ "mergeable", NET_MERGEABLE },
	{ "mergeable, bounced", NET_MERGEABLE, true },
	{ "big", NET_BIG },
	{ "big, bounced", NET_BIG, true },
};

KUNIT_ARRAY_PARAM_DESC(net_lies_case, net_lies_cases, name);

/* Writes a packet, or a later part of one, and gives it back. */
static void net_lie(struct net_test *net, const struct net_lies_case *param, u16 buffers, bool next)
{
	struct liar *liar = net->liar;
	unsigned long lies = 0;
	unsigned int i = draw_chain(liar, net->chains, net->count, net->round, &lies);
	struct chain chain = net->chains[i];
	u8 header[sizeof(struct virtio_net_hdr_mrg_rxbuf)];

	net->count--;
	memmove(&net->chains[i], &net->chains[i + 1], (net->count - i) * sizeof(chain));
	if (param->bounced && !draw(liar, 2)) {
		__set_bit(LIE_BEYOND, &lies);
		device_fill(liar, chain.segments[0].addr, net->round,
			    to_page_end(chain.segments[0].addr));
	}
	net_write(net, &chain, buffers, net->round);
	if (!next && !draw(liar, 4)) {
		__set_bit(LIE_HEADER, &lies);
		prandom_bytes_state(&liar->random, header, sizeof(header));
		chain_write(liar, &chain, header, sizeof(header));
	}
	net_give(net, &chain, draw_length(liar, &chain, sizeof(struct net_packet), &lies), lies);
	net->last = chain;
}

/* Gives back one of the packets that were to be sent. */
static void net_lie_sent(struct net_test *net)
{
	struct liar *liar = net->liar;
	unsigned long lies = 0;
	unsigned int i = draw_chain(liar, net->sent, net->sent_count, net->round, &lies);
	struct chain chain = net->sent[i];

	net->sent_count--;
	memmove(&net->sent[i], &net->sent[i + 1], (net->sent_count - i) * sizeof(chain));
	give(liar, &liar->queues[TX], &chain, draw_length(liar, &chain, 2, &lies), lies);
	interrupt(&liar->queues[TX]);
}

/* Has the guest send a packet. */
static void net_send(struct kunit *test, struct net_test *net)
{
	struct sk_buff *skb = alloc_skb(LL_RESERVED_SPACE(net->dev) + PAYLOAD, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_reserve(skb, LL_RESERVED_SPACE(net->dev));
	skb_put_zero(skb, PAYLOAD);
	skb->dev = net->dev;
	skb->protocol = htons(ETH_P_802_EX1);
	dev_hard_header(skb, net->dev, ETH_P_802_EX1, net->dev->dev_addr, NULL, PAYLOAD);
	dev_queue_xmit(skb);
}

/* The link stays up. */
static void net_change_config(struct net_test *net)
{
	struct liar *liar = net->liar;
	struct virtio_net_config *config = (void *)liar->config;

	prandom_bytes_state(&liar->random, liar->config, sizeof(liar->config));
	config->status |= __cpu_to_virtio16(true, VIRTIO_NET_S_LINK_UP);
	liar->config_changed = true;
	virtio_config_changed(&liar->vdev);
}

/* What was received before did not change. What is new takes the place of the oldest. */
static void net_watch(struct kunit *test, struct net_test *net)
{
	struct kept_packet *kept;
	struct sk_buff *skb;

	for (kept = net->kept; kept < net->kept + KEPT && kept->skb; kept++)
		KUNIT_EXPECT_TRUE_MSG(test, packet_same(kept),
				      "round %u: a packet changed that was received before",
				      net->round);
	while ((skb = skb_dequeue(&net->arrived))) {
		kept = &net->kept[net->next++ % KEPT];
		kfree_skb(kept->skb);
		KUNIT_EXPECT_TRUE(test, packet_keep(kept, skb));
	}
}

static void net_round(struct kunit *test, struct net_test *net)
{
	const struct net_lies_case *param = test->param_value;
	struct liar *liar = net->liar;
	u16 i, buffers = param->features == NET_MERGEABLE ? 1 + draw(liar, 3) : 1;

	KUNIT_ASSERT_GT(test, net->count, 1 + buffers);
	for (i = 0; i < buffers; i++)
		net_lie(net, param, buffers, i);
	interrupt(&liar->queues[RX]);
	if (!draw(liar, 4))
		net_send(test, net);
	net_take(net);
	while (net->sent_count > UNSENT)
		net_lie_sent(net);
	if (!draw(liar, 16))
		net_change_config(net);
	if (param->bounced && !draw(liar, 4)) {
		chain_fill(liar, &net->last, net->round);
		liar->told[LIE_AGAIN]++;
	}
	net_take(net);
	count_seen(liar, &liar->queues[RX]);
	count_seen(liar, &liar->queues[TX]);
	net->round++;
}

/* After all these lies an honest packet arrives. */
static void net_honest(struct kunit *test, struct net_test *net)
{
	struct chain *chain = &net->chains[--net->count];
	u8 bytes[PAYLOAD];

	net_write(net, chain, 1, 0xe0);
	net_give(net, chain, sizeof(struct net_packet), 0);
	interrupt(&net->liar->queues[RX]);
	net_take(net);
	KUNIT_ASSERT_EQ(test, skb_queue_len(&net->arrived), 1);
	KUNIT_ASSERT_EQ(test, skb_peek(&net->arrived)->len, PAYLOAD);
	skb_copy_bits(skb_peek(&net->arrived), 0, bytes, PAYLOAD);
	KUNIT_EXPECT_NULL(test, memchr_inv(bytes, 0xe0, PAYLOAD));
}

/* Lies that end a queue. */
static void net_break(struct kunit *test, struct net_test *net)
{
	struct liar *liar = net->liar;
	struct liar_queue *queues = liar->queues;
	struct chain wrong = { .head = ENTRIES };

	net_give(net, &net->chains[1], sizeof(struct net_packet), 0);
	net_give(net, &net->chains[1], sizeof(struct net_packet), 0);
	interrupt(&queues[RX]);
	liar->told[LIE_TWICE] = virtqueue_is_broken(queues[RX].vq);

	give(liar, &queues[TX], &wrong, 0, 0);
	interrupt(&queues[TX]);
	/* Without NAPI the driver looks when it sends. */
	net_send(test, net);
	liar->told[LIE_WRONG] = virtqueue_is_broken(queues[TX].vq);
}

/* Each lie was met by the driver. */
static void expect_all_told(struct kunit *test, struct liar *liar, bool bounced)
{
	unsigned int lie;

	for (lie = 0; lie < LIES; lie++) {
		kunit_info(test, "%s: %u", lie_names[lie], liar->told[lie]);
		if (bounced || (lie != LIE_BEYOND && lie != LIE_AGAIN))
			KUNIT_EXPECT_GT_MSG(test, liar->told[lie], 0, "%s", lie_names[lie]);
	}
}

/* Whatever the device says, packets stay as they were, and the driver goes on. */
static void net_lies(struct kunit *test)
{
	const struct net_lies_case *param = test->param_value;
	struct net_test *net = net_create(test, param->features | BIT_ULL(VIRTIO_NET_F_STATUS),
					  param->bounced);

	while (net->round < rounds) {
		net_round(test, net);
		net_watch(test, net);
	}
	net_honest(test, net);
	net_break(test, net);
	net->liar->told[LIE_NEVER] = net->round - net->chains[0].born > LATE;
	expect_all_told(test, net->liar, param->bounced);
}

static struct kunit_case liar_cases[] = {
	KUNIT_CASE_PARAM(net_length, length_case_gen_params),
	KUNIT_CASE_PARAM(net_lies, net_lies_case_gen_params),
	{}
};

static struct kunit_suite liar_suite = {
	.name = "virtio_liar",
	.test_cases = liar_cases,
};

kunit_test_suite(liar_suite);

MODULE_DESCRIPTION("Tests of virtio drivers with a device that lies");
MODULE_LICENSE("GPL");
