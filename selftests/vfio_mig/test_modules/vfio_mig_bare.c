// SPDX-License-Identifier: GPL-2.0-only
/*
 * For the benchmarks only: a family that does nothing but to multicast, for
 * others to be held against. Its command takes how many bytes a message is to
 * have, and answers with nothing; without a size, there is no message.
 */

#include <linux/module.h>
#include <net/genetlink.h>

#define CMD_SEND	1
#define A_SIZE		1

static struct genl_family family;

static int send_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *msg;
	struct nlattr *nla;
	void *hdr;
	u32 size;

	if (!info->attrs[A_SIZE])
		return 0;

	size = nla_get_u32(info->attrs[A_SIZE]);
	msg = genlmsg_new(nla_total_size(size), GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put(msg, 0, 0, &family, 0, CMD_SEND);
	nla = nla_reserve(msg, A_SIZE, size);
	if (WARN_ON_ONCE(!hdr || !nla)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	memset(nla_data(nla), 0, size);
	genlmsg_end(msg, hdr);
	genlmsg_multicast_netns(&family, genl_info_net(info), msg, 0, 0,
				GFP_KERNEL);
	return 0;
}

static const struct nla_policy policy[A_SIZE + 1] = {
	[A_SIZE] = NLA_POLICY_MAX(NLA_U32, 16384),
};

static const struct genl_ops ops[] = {
	{
		.cmd = CMD_SEND,
		.doit = send_doit,
		.flags = GENL_ADMIN_PERM,
	},
};

static const struct genl_multicast_group groups[] = {
	{ .name = "bare" },
};

static struct genl_family family __ro_after_init = {
	.name = "vfio_mig_bare",
	.version = 1,
	.maxattr = A_SIZE,
	.policy = policy,
	.module = THIS_MODULE,
	.netnsok = true,
	.parallel_ops = true,
	.ops = ops,
	.n_ops = ARRAY_SIZE(ops),
	.mcgrps = groups,
	.n_mcgrps = ARRAY_SIZE(groups),
};

static int __init vfio_mig_bare_init(void)
{
	return genl_register_family(&family);
}

static void __exit vfio_mig_bare_exit(void)
{
	genl_unregister_family(&family);
}

module_init(vfio_mig_bare_init);
module_exit(vfio_mig_bare_exit);

MODULE_DESCRIPTION("A bare multicast, for the benchmarks of vfio_mig");
MODULE_LICENSE("GPL");
