/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests' kernel makes of attr-set and attr-del. */
#ifndef VFIOMIG_TESTS_KERNEL_CHANGE_H
#define VFIOMIG_TESTS_KERNEL_CHANGE_H

#include "kernel.h"

/*
 * What the device @now is after the request, when its driver and VFIO say
 * @base; NULL, and why in @r, if it is refused.
 */
struct nl_msg *kernel_edit(const struct nlmsghdr *req, struct nl_msg *now,
			   struct nl_msg *base, struct refusal *r);

#endif /* VFIOMIG_TESTS_KERNEL_CHANGE_H */
