// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy for a namespace: all of it or nothing. The kernel takes what is said
 * of one scope at a time; if it refuses one, those before are put back.
 */
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/* Whether the kernel has all of it already, and if @replace, nothing else. */
static bool is_said(const struct vmig_scope *now, const struct vmig_scope *want,
		    bool replace)
{
	const struct vfiomig_attr *attr, *other;

	for (size_t i = 0; (attr = vfiomig_object_attr(want->attrs, i)); i++) {
		other = now ? vfiomig_object_find(now->attrs, attr->name) :
			      NULL;
		if (!other || !vfiomig_attr_equal(attr, other))
			return false;
	}
	return !replace || !now || now->attrs->n_attrs == want->attrs->n_attrs;
}

/* Says all of @scope, which may be NULL. */
static int say(struct vfiomig *ctx, const char *driver,
	       const struct vmig_scope *scope, unsigned int flags)
{
	size_t n = scope ? scope->attrs->n_attrs : 0;
	const struct vfiomig_attr **attrs = calloc(n + 1, sizeof(*attrs));
	int err = 0;

	if (!attrs)
		return vmig_nomem(ctx);
	for (size_t i = 0; i < n; i++)
		attrs[i] = vfiomig_object_attr(scope->attrs, i);
	if (n || flags & VFIOMIG_REPLACE)
		err = vfiomig_policy_set(ctx, driver, attrs, n, flags);
	free(attrs);
	return err;
}

/* Of what the first @n of @policy speak, @now was said before. */
static int put_back(struct vfiomig *ctx, const struct vfiomig_policy *policy,
		    size_t n, const struct vfiomig_policy *now)
{
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		const char *driver = policy->scopes[i]->scope.driver;

		err = say(ctx, driver, policy_find(now, driver),
			  VFIOMIG_REPLACE);
	}
	return err;
}

/* Nothing is said any more of what @want does not speak of. */
static int drop_others(struct vfiomig *ctx, const struct vfiomig_policy *want,
		       const struct vfiomig_policy *now, size_t *n)
{
	int err = 0;

	for (*n = 0; *n < now->n; (*n)++) {
		const char *driver = now->scopes[*n]->scope.driver;

		if (!policy_find(want, driver))
			err = say(ctx, driver, NULL, VFIOMIG_REPLACE);
		if (err)
			break;
	}
	return err;
}

static int say_all(struct vfiomig *ctx, const struct vfiomig_policy *want,
		   const struct vfiomig_policy *now, unsigned int flags,
		   size_t *n)
{
	int err = 0;

	for (*n = 0; *n < want->n; (*n)++) {
		const struct vmig_scope *scope = want->scopes[*n];
		const char *driver = scope->scope.driver;

		if (!is_said(policy_find(now, driver), scope,
			     flags & VFIOMIG_REPLACE))
			err = say(ctx, driver, scope, flags);
		if (err)
			break;
	}
	return err;
}

/* The error that led to it is what is told. */
static int undo(struct vfiomig *ctx, const struct vfiomig_policy *want,
		size_t said, const struct vfiomig_policy *now, size_t dropped)
{
	struct vfiomig_error error = ctx->error;
	int err;

	memset(&ctx->error, 0, sizeof(ctx->error));
	err = put_back(ctx, want, said, now);
	if (!err)
		err = put_back(ctx, now, dropped, now);
	vmig_error_drop(&ctx->error);
	ctx->error = error;
	return err;
}

int vfiomig_policy_load(struct vfiomig *ctx, const struct vfiomig_policy *want,
			unsigned int flags)
{
	struct vfiomig_policy *now;
	size_t dropped = 0, said = 0;
	char *message;
	int err;

	err = vfiomig_policy_check(ctx, want);
	if (!err)
		err = vfiomig_policy_get(ctx, &now);
	if (err)
		return err;
	if (flags & VFIOMIG_REPLACE)
		err = drop_others(ctx, want, now, &dropped);
	if (!err)
		err = say_all(ctx, want, now, flags, &said);
	if (err && undo(ctx, want, said, now, dropped)) {
		if (asprintf(&message,
			     "%s; and what was said before could not be put back: see policy show",
			     ctx->error.message) >= 0) {
			vmig_reword(ctx, message);
			free(message);
		}
	}
	vfiomig_policy_free(now);
	return err;
}
