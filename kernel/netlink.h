/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_NETLINK_H
#define VFIO_MIG_NETLINK_H

#include <net/genetlink.h>

#include "registry.h"

/**
 * enum vfio_mig_event - what happened to an object
 * @VFIO_MIG_EVENT_ADD: it appeared in its namespace
 * @VFIO_MIG_EVENT_DEL: it is gone from it
 * @VFIO_MIG_EVENT_CHANGE: it has another profile
 * @VFIO_MIG_EVENTS: how many events there are
 */
enum vfio_mig_event {
	VFIO_MIG_EVENT_ADD,
	VFIO_MIG_EVENT_DEL,
	VFIO_MIG_EVENT_CHANGE,
	VFIO_MIG_EVENTS,
};

/**
 * struct vfio_mig_nl_ask - a request, or a part of it, that names an object
 * @ns: the namespace that it was made in
 * @attrs: attributes of the set "object", parsed
 * @nest: the attribute that they stand in, NULL if that is the request itself
 * @extack: where to tell what is wrong
 */
struct vfio_mig_nl_ask {
	struct vfio_mig_net *ns;
	struct nlattr **attrs;
	const struct nlattr *nest;
	struct netlink_ext_ack *extack;
};

extern struct genl_family vfio_mig_family;

int vfio_mig_nl_refuse(const struct vfio_mig_nl_ask *ask, int err,
		       const char *text, const struct nlattr *attr,
		       u16 missing);
int vfio_mig_nl_refuse_attrs(const struct nlmsghdr *nlh,
			     struct netlink_ext_ack *extack);
int vfio_mig_nl_no_memory(struct netlink_ext_ack *extack);
struct vfio_mig_profile *vfio_mig_nl_find(const struct vfio_mig_nl_ask *ask,
					  enum vfio_mig_kind kind);
struct vfio_mig_profile *
vfio_mig_nl_find_nested(struct vfio_mig_net *ns, const struct nlattr *nest,
			struct netlink_ext_ack *extack);

u32 vfio_mig_nl_msg_size(const struct vfio_mig_profile *profile);
void vfio_mig_nl_lost(struct net *net);
void vfio_mig_nl_notify(struct net *net, enum vfio_mig_kind kind,
			enum vfio_mig_event event,
			const struct vfio_mig_profile *profile, u64 seq);

void vfio_mig_nl_policy_notify(struct net *net,
			       const struct vfio_mig_part *part, bool gone,
			       u64 seq);

int vfio_mig_nl_init(void);
void vfio_mig_nl_exit(void);

#endif
