// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an administrator says of drivers, and of all devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/**
 * struct vfiomig_policy - the policy of a network namespace
 * @n: how many @scopes there are
 * @scopes: what it says of each
 */
struct vfiomig_policy {
	size_t n;
	struct vmig_scope **scopes;
};

void vmig_scope_free(struct vmig_scope *scope)
{
	if (!scope)
		return;
	vfiomig_object_unref(scope->attrs);
	free(scope);
}

static void drop_scopes(void *arg)
{
	struct vfiomig_policy *policy = arg;

	for (size_t i = 0; i < policy->n; i++)
		vmig_scope_free(policy->scopes[i]);
	free(policy->scopes);
	policy->scopes = NULL;
	policy->n = 0;
}

void vfiomig_policy_free(struct vfiomig_policy *policy)
{
	if (!policy)
		return;
	drop_scopes(policy);
	free(policy);
}

static int take_scope(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		      void *arg)
{
	struct vfiomig_policy *policy = arg;
	struct vmig_scope **scopes;

	scopes = reallocarray(policy->scopes, policy->n + 1, sizeof(*scopes));
	if (!scopes)
		return vmig_nomem(ctx);
	policy->scopes = scopes;
	scopes[policy->n] = NULL;
	return vmig_scope_read_msg(ctx, nlh, &scopes[policy->n++]);
}

/* That of all comes first, and then drivers by their names. */
static int scope_order(const void *a, const void *b)
{
	const struct vmig_scope *const *one = a, *const *two = b;
	const char *x = (*one)->scope.driver, *y = (*two)->scope.driver;

	if (!x || !y)
		return !!x - !!y;
	return strcmp(x, y);
}

int vfiomig_policy_get(struct vfiomig *ctx, struct vfiomig_policy **policy)
{
	struct vfiomig_policy *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return vmig_nomem(ctx);
	err = vmig_ask_all(ctx, VFIO_MIG_CMD_POLICY_GET, &vmig_policy_space,
			   take_scope, drop_scopes, p);
	if (err) {
		vfiomig_policy_free(p);
		return err;
	}
	if (p->n)
		qsort(p->scopes, p->n, sizeof(*p->scopes), scope_order);
	*policy = p;
	return 0;
}

size_t vfiomig_policy_len(const struct vfiomig_policy *policy)
{
	return policy->n;
}

const struct vfiomig_scope *
vfiomig_policy_scope(const struct vfiomig_policy *policy, size_t index)
{
	return index < policy->n ? &policy->scopes[index]->scope : NULL;
}

const struct vfiomig_attr *
vfiomig_scope_attr(const struct vfiomig_scope *scope, size_t index)
{
	const struct vmig_scope *s = (const struct vmig_scope *)scope;

	return vfiomig_object_attr(s->attrs, index);
}
