/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies, as the parts of the library see them. */
#ifndef VFIOMIG_POLICY_H
#define VFIOMIG_POLICY_H

#include "encode.h"
#include "internal.h"

/**
 * struct vfiomig_policy - what is said of drivers, and of all
 * @n: how many @scopes there are
 * @scopes: what it says of each, that of all first, then drivers by name
 */
struct vfiomig_policy {
	size_t n;
	struct vmig_scope **scopes;
};

struct vmig_scope *policy_find(const struct vfiomig_policy *policy,
			       const char *driver);
int policy_merge(struct vfiomig *ctx, struct vfiomig_policy *policy,
		 struct vmig_scope *scope);

#endif /* VFIOMIG_POLICY_H */
