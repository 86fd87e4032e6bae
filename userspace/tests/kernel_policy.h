/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the tests' kernel keeps of policies. It judges nothing by them. */
#ifndef VFIOMIG_TESTS_KERNEL_POLICY_H
#define VFIOMIG_TESTS_KERNEL_POLICY_H

#include "kernel.h"

/*
 * Does what the request says, under that number of an event. Returns the part
 * that has changed, as it is told; NULL if none has, or if it is refused, and
 * then @r says why.
 */
struct nl_msg *kernel_policy_edit(const struct nlmsghdr *req, uint64_t seq,
				  struct refusal *r);

/* Writes the part of that index into a message. Returns false if none is. */
bool kernel_policy_tell(struct nl_msg *msg, unsigned int index);

void kernel_policy_forget(void);

#endif /* VFIOMIG_TESTS_KERNEL_POLICY_H */
