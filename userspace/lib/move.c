// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices that go to another network namespace. */
#include <errno.h>

#include "internal.h"

/**
 * struct move - where a device is to go
 * @device: the device
 * @fd: the network namespace
 */
struct move {
	const struct vfiomig_handle *device;
	int fd;
};

static int put_move(struct nl_msg *msg, const void *what)
{
	const struct move *move = what;
	struct nlattr *nest;

	nest = nla_nest_start(msg, VFIO_MIG_A_MOVE_TARGET);
	if (!nest || vmig_put_handle(msg, move->device))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return nla_put_u32(msg, VFIO_MIG_A_MOVE_NETNS_FD, move->fd) ? -ENOMEM :
								      0;
}

int vfiomig_move(struct vfiomig *ctx, const struct vfiomig_handle *device,
		 int netns)
{
	const struct move move = { .device = device, .fd = netns };
	int err;

	err = vmig_command(ctx, VFIO_MIG_CMD_DEV_SET, &vmig_move_space,
			   put_move, &move, 0);
	if (err == -ENODEV)
		vmig_reword(ctx, "no such device");
	else if (err == -EPERM)
		vmig_reword(ctx,
			    "not permitted: it takes CAP_NET_ADMIN over both network namespaces");
	return err;
}
