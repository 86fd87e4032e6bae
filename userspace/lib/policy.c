// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an administrator says of drivers, and of all devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "policy.h"

void vmig_scope_free(struct vmig_scope *scope)
{
	if (!scope)
		return;
	vfiomig_object_unref(scope->attrs);
	free(scope);
}

struct vfiomig_policy *vfiomig_policy_new(void)
{
	return calloc(1, sizeof(struct vfiomig_policy));
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

/* That of all comes first, and then drivers by their names. */
static int driver_order(const char *a, const char *b)
{
	if (!a || !b)
		return !!a - !!b;
	return strcmp(a, b);
}

/* The place of a driver's scope, or where it would be. */
static size_t place_of(const struct vfiomig_policy *policy, const char *driver)
{
	size_t at = 0;

	while (at < policy->n &&
	       driver_order(policy->scopes[at]->scope.driver, driver) < 0)
		at++;
	return at;
}

/* What it says of a driver, NULL for all; NULL if that is nothing. */
struct vmig_scope *policy_find(const struct vfiomig_policy *policy,
			       const char *driver)
{
	size_t at = place_of(policy, driver);

	if (at == policy->n ||
	    driver_order(policy->scopes[at]->scope.driver, driver))
		return NULL;
	return policy->scopes[at];
}

/* Takes over @scope, also if it fails. */
static int add_scope(struct vfiomig *ctx, struct vfiomig_policy *policy,
		     struct vmig_scope *scope)
{
	size_t at = place_of(policy, scope->scope.driver);
	struct vmig_scope **scopes;

	scopes = reallocarray(policy->scopes, policy->n + 1, sizeof(*scopes));
	if (!scopes) {
		vmig_scope_free(scope);
		return vmig_nomem(ctx);
	}
	policy->scopes = scopes;
	memmove(&scopes[at + 1], &scopes[at],
		(policy->n++ - at) * sizeof(*scopes));
	scopes[at] = scope;
	return 0;
}

static int take_scope(struct vfiomig *ctx, const struct nlmsghdr *nlh,
		      void *arg)
{
	struct vmig_scope *scope;
	int err;

	err = vmig_scope_read_msg(ctx, nlh, &scope);
	return err ? err : add_scope(ctx, arg, scope);
}

int vfiomig_policy_get(struct vfiomig *ctx, struct vfiomig_policy **policy)
{
	struct vfiomig_policy *p = vfiomig_policy_new();
	int err;

	if (!p)
		return vmig_nomem(ctx);
	err = vmig_ask_all(ctx, VFIO_MIG_CMD_POLICY_GET, &vmig_policy_space,
			   take_scope, drop_scopes, p);
	if (err)
		vfiomig_policy_free(p);
	else
		*policy = p;
	return err;
}

/* An attribute of a policy, as such a message has it. */
static void put_attr(struct wire *wire, const struct vfiomig_attr *attr,
		     uint32_t scope)
{
	size_t at = wire->len;
	struct nlattr *nest;

	wire_put_attr(wire, attr);
	wire_put_u32(wire, VFIO_MIG_A_ATTR_SCOPE, scope);
	if (wire->failed)
		return;
	nest = (void *)(wire->data + at);
	nest->nla_type = VFIO_MIG_A_POLICY_ATTR | NLA_F_NESTED;
	nest->nla_len = wire->len - at;
}

/* The attributes of @old, but for those that @now has, and those of @now. */
static int mix(struct vfiomig *ctx, const struct vmig_scope *old,
	       const struct vmig_scope *now, struct vmig_scope **mixed)
{
	const struct vfiomig_object *attrs = now->attrs;
	const struct vfiomig_attr *attr;
	struct wire wire = { NULL };
	int err;

	wire_put_u32(&wire, VFIO_MIG_A_POLICY_SCOPE, now->scope.scope);
	if (now->scope.driver)
		wire_put_string(&wire, VFIO_MIG_A_POLICY_DRIVER,
				now->scope.driver);
	for (size_t i = 0; (attr = vfiomig_object_attr(old->attrs, i)); i++)
		if (!vfiomig_object_find(attrs, attr->name))
			put_attr(&wire, attr, now->scope.scope);
	for (size_t i = 0; (attr = vfiomig_object_attr(attrs, i)); i++)
		put_attr(&wire, attr, now->scope.scope);
	err = wire.failed ? vmig_nomem(ctx) :
			    vmig_scope_read(ctx, wire.data, wire.len, mixed);
	free(wire.data);
	return err;
}

/*
 * Adds what is said of a scope; it wins over what is there. Takes over @scope,
 * also if it fails.
 */
int policy_merge(struct vfiomig *ctx, struct vfiomig_policy *policy,
		 struct vmig_scope *scope)
{
	size_t at = place_of(policy, scope->scope.driver);
	struct vmig_scope *mixed;
	int err;

	if (!policy_find(policy, scope->scope.driver))
		return add_scope(ctx, policy, scope);

	err = mix(ctx, policy->scopes[at], scope, &mixed);
	vmig_scope_free(scope);
	if (err)
		return err;
	vmig_scope_free(policy->scopes[at]);
	policy->scopes[at] = mixed;
	return 0;
}

/* Tells what limit a scope is beyond, at which attribute. */
static int too_much(struct vfiomig *ctx, const struct vmig_scope *scope,
		    const struct vfiomig_attr *attr, const char *reason,
		    size_t bytes)
{
	const char *driver = scope->scope.driver;

	vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
		  "%s%s: %s: there are %zu, of %zu bytes",
		  driver ? "driver " : "all", driver ?: "", reason,
		  scope->attrs->n_attrs, bytes);
	ctx->error.attribute = strdup(attr->name);
	return -EINVAL;
}

static int check_scope(struct vfiomig *ctx, const struct vmig_scope *scope)
{
	const struct vfiomig_attr *attr, *at = NULL;
	struct vfio_mig_count count = { 0 };
	const char *reason = NULL;
	struct wire wire = { NULL };
	int err = 0;

	for (size_t i = 0; (attr = vfiomig_object_attr(scope->attrs, i)); i++) {
		size_t from = wire.len;

		put_attr(&wire, attr, scope->scope.scope);
		if (reason)
			continue;
		at = attr;
		reason = vfio_mig_count_attr(&count, wire.len - from);
	}
	if (wire.failed)
		err = vmig_nomem(ctx);
	else if (reason)
		err = too_much(ctx, scope, at, reason, wire.len);
	free(wire.data);
	return err;
}

int vfiomig_policy_check(struct vfiomig *ctx,
			 const struct vfiomig_policy *policy)
{
	int err = 0;

	for (size_t i = 0; !err && i < policy->n; i++)
		err = check_scope(ctx, policy->scopes[i]);
	return err;
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

const struct vfiomig_scope *
vfiomig_policy_find(const struct vfiomig_policy *policy, const char *driver)
{
	struct vmig_scope *scope = policy_find(policy, driver);

	return scope ? &scope->scope : NULL;
}

static const struct vfiomig_object *
attrs_of(const struct vfiomig_scope *scope)
{
	return ((const struct vmig_scope *)scope)->attrs;
}

const struct vfiomig_attr *
vfiomig_scope_attr(const struct vfiomig_scope *scope, size_t index)
{
	return vfiomig_object_attr(attrs_of(scope), index);
}

const struct vfiomig_attr *
vfiomig_scope_find(const struct vfiomig_scope *scope, const char *name)
{
	return vfiomig_object_find(attrs_of(scope), name);
}
