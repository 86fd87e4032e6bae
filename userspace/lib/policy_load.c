// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A policy for a namespace: all of it or nothing. The kernel takes what is said
 * of one scope at a time; if it refuses one, those before are put back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "policy.h"

/**
 * struct step - a scope of which something else was said
 * @driver: its driver, NULL for all
 * @less: before, no more was said of it than what is kept
 */
struct step {
	const char *driver;
	bool less;
};

/**
 * struct load - a policy on its way
 * @ctx: the context
 * @want: what shall be said
 * @now: what was said at first
 * @flags: as of vfiomig_policy_load()
 * @less_from: of the scopes of @want from this one on, what is not kept was
 *   taken back; 0 if of none
 * @n: how many @steps there are
 * @steps: what the kernel has taken, in this order
 */
struct load {
	struct vfiomig *ctx;
	const struct vfiomig_policy *want;
	struct vfiomig_policy *now;
	unsigned int flags;
	size_t less_from;
	size_t n;
	struct step *steps;
};

/* Does an attribute that is said of that driver stay as it is? */
static bool is_kept(const struct load *load, const char *driver,
		    const struct vfiomig_attr *attr)
{
	const struct vmig_scope *want = policy_find(load->want, driver);
	const struct vfiomig_attr *other;

	other = want ? vfiomig_object_find(want->attrs, attr->name) : NULL;
	if (other)
		return vfiomig_attr_equal(attr, other);
	return !(load->flags & VFIOMIG_REPLACE);
}

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

/* There is room: no scope is changed more than twice. */
static void did(struct load *load, const char *driver, bool less)
{
	load->steps[load->n++] = (struct step){ driver, less };
}

/* Says all of @scope, which may be NULL, or if @less, what of it is kept. */
static int say(struct load *load, const char *driver,
	       const struct vmig_scope *scope, bool less, unsigned int flags)
{
	size_t len = scope ? scope->attrs->n_attrs : 0, n = 0;
	const struct vfiomig_attr **attrs = calloc(len + 1, sizeof(*attrs));
	int err = 0;

	if (!attrs)
		return vmig_nomem(load->ctx);
	for (size_t i = 0; i < len; i++) {
		attrs[n] = vfiomig_object_attr(scope->attrs, i);
		if (!less || is_kept(load, driver, attrs[n]))
			n++;
	}
	if (n || flags & VFIOMIG_REPLACE)
		err = vfiomig_policy_set(load->ctx, driver, attrs, n, flags);
	free(attrs);
	return err;
}

/* Nothing is said any more of what is not spoken of. */
static int drop_others(struct load *load)
{
	for (size_t i = 0; i < load->now->n; i++) {
		const char *driver = load->now->scopes[i]->scope.driver;
		int err;

		if (policy_find(load->want, driver))
			continue;
		err = say(load, driver, NULL, false, VFIOMIG_REPLACE);
		if (err)
			return err;
		did(load, driver, false);
	}
	return 0;
}

/*
 * Takes back what is not kept of a scope. A deletion is never refused for want
 * of room; to say the rest anew could be.
 */
static int take_back(struct load *load, const struct vmig_scope *scope)
{
	const char *driver = scope->scope.driver;
	const struct vfiomig_attr *attr;
	const char **names;
	size_t n = 0;
	int err = 0;

	names = calloc(scope->attrs->n_attrs + 1, sizeof(*names));
	if (!names)
		return vmig_nomem(load->ctx);
	for (size_t i = 0; (attr = vfiomig_object_attr(scope->attrs, i)); i++)
		if (!is_kept(load, driver, attr))
			names[n++] = attr->name;
	if (n)
		err = vfiomig_policy_del(load->ctx, driver, names, n);
	if (n && !err)
		did(load, driver, false);
	free(names);
	return err;
}

/*
 * Takes back what is not kept of the scopes from @from on. Returns false if
 * that is nothing, or fails, which @err tells then.
 */
static bool make_room(struct load *load, size_t from, int *err)
{
	size_t n = load->n;
	int failed = 0;

	load->less_from = from;
	for (size_t i = from; !failed && i < load->want->n; i++) {
		const char *driver = load->want->scopes[i]->scope.driver;
		const struct vmig_scope *now = policy_find(load->now, driver);

		if (now)
			failed = take_back(load, now);
	}
	if (failed)
		*err = failed;
	return !failed && load->n > n;
}

static int say_scope(struct load *load, size_t i)
{
	const struct vmig_scope *scope = load->want->scopes[i];
	const char *driver = scope->scope.driver;
	int err;

	err = say(load, driver, scope, false, load->flags);
	if (!err)
		did(load, driver, load->less_from && i >= load->less_from);
	return err;
}

/*
 * What there is too much of may be what is not said any more when all is done.
 * It is taken back beforehand only where there is no other way: others may see
 * what lies between.
 */
static int say_all(struct load *load)
{
	bool replace = load->flags & VFIOMIG_REPLACE;
	int err = 0;

	for (size_t i = 0; !err && i < load->want->n; i++) {
		const struct vmig_scope *scope = load->want->scopes[i];

		if (is_said(policy_find(load->now, scope->scope.driver), scope,
			    replace))
			continue;
		err = say_scope(load, i);
		if ((err == -EDQUOT || err == -E2BIG) && !load->less_from &&
		    make_room(load, i + 1, &err))
			err = say_scope(load, i);
	}
	return err;
}

/*
 * Puts back what was said before, of those scopes alone of which something
 * else was said. That goes backwards, so that no more is said at any moment
 * than there was room for, and on if one is refused: the more is put back the
 * better. Returns why the first was refused, NULL if none was.
 */
static char *undo(struct load *load)
{
	struct vfiomig *ctx = load->ctx;
	struct vfiomig_error error = ctx->error;
	char *why = NULL;

	/* the error that led to it is what is told */
	memset(&ctx->error, 0, sizeof(ctx->error));
	while (load->n) {
		const struct step *step = &load->steps[--load->n];

		if (say(load, step->driver,
			policy_find(load->now, step->driver), step->less,
			VFIOMIG_REPLACE) && !why)
			why = strdup(ctx->error.kernel ?: ctx->error.message);
	}
	vmig_error_drop(&ctx->error);
	ctx->error = error;
	return why;
}

static void take_all_back(struct load *load)
{
	struct vfiomig *ctx = load->ctx;
	char *why = undo(load), *message;

	if (why &&
	    asprintf(&message,
		     "%s; and what was said before could not be put back (%s): see policy show",
		     ctx->error.message, why) >= 0) {
		vmig_reword(ctx, message);
		free(message);
	}
	free(why);
}

int vfiomig_policy_load(struct vfiomig *ctx, const struct vfiomig_policy *want,
			unsigned int flags)
{
	struct load load = { .ctx = ctx, .want = want, .flags = flags };
	int err;

	err = vfiomig_policy_check(ctx, want);
	if (!err)
		err = vfiomig_policy_get(ctx, &load.now);
	if (err)
		return err;

	load.steps = calloc(load.now->n + 2 * want->n + 1,
			    sizeof(*load.steps));
	if (!load.steps)
		err = vmig_nomem(ctx);
	if (!err && flags & VFIOMIG_REPLACE)
		err = drop_others(&load);
	if (!err)
		err = say_all(&load);
	if (err)
		take_all_back(&load);
	free(load.steps);
	vfiomig_policy_free(load.now);
	return err;
}
