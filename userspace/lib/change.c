// SPDX-License-Identifier: LGPL-2.1-or-later
/* What an administrator says of devices. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "encode.h"
#include "internal.h"

/**
 * struct change - what is to be changed
 * @device: the device, NULL if it is a policy
 * @driver: otherwise, the driver, NULL for all
 * @wire: the attributes, one after another
 * @replace: the administrator's other attributes are deleted
 * @names: the names of those that are deleted
 * @n_names: how many there are
 */
struct change {
	const struct vfiomig_handle *device;
	const char *driver;
	struct wire wire;
	bool replace;
	const char *const *names;
	size_t n_names;
};

static int put_target(struct nl_msg *msg, const struct change *c)
{
	struct nlattr *nest;

	if (c->driver)
		return nla_put_string(msg, VFIO_MIG_A_CHANGE_DRIVER,
				      c->driver);
	if (!c->device)
		return nla_put_flag(msg, VFIO_MIG_A_CHANGE_ALL);

	nest = nla_nest_start(msg, VFIO_MIG_A_CHANGE_TARGET);
	if (!nest || vmig_put_handle(msg, c->device))
		return -ENOMEM;
	nla_nest_end(msg, nest);
	return 0;
}

static int put_change(struct nl_msg *msg, const void *what)
{
	const struct change *c = what;
	const struct nlattr *pos;
	int rem;

	if (put_target(msg, c))
		return -ENOMEM;

	nla_for_each_attr(pos, (struct nlattr *)c->wire.data,
			  (int)c->wire.len, rem) {
		if (nla_put(msg, VFIO_MIG_A_CHANGE_ATTR | NLA_F_NESTED,
			    nla_len(pos), nla_data(pos)))
			return -ENOMEM;
	}
	if (c->replace && nla_put_flag(msg, VFIO_MIG_A_CHANGE_REPLACE))
		return -ENOMEM;
	for (size_t i = 0; i < c->n_names; i++)
		if (nla_put_string(msg, VFIO_MIG_A_CHANGE_NAME, c->names[i]))
			return -ENOMEM;
	return 0;
}

static int send_change(struct vfiomig *ctx, uint8_t cmd,
		       const struct change *change)
{
	size_t len = change->wire.len;
	int err;

	for (size_t i = 0; i < change->n_names; i++)
		len += nla_total_size(strlen(change->names[i]) + 1);

	err = vmig_command(ctx, cmd, &vmig_change_space, put_change, change,
			   len);
	if (err == -ENODEV)
		vmig_reword(ctx, "no such device");
	else if (err == -ENOENT && ctx->error.cause == VFIOMIG_CAUSE_NOT_FOUND)
		vmig_reword(ctx, "no such attribute");
	else if (err == -EPERM && change->device)
		vmig_reword(ctx,
			    "not permitted: it takes CAP_NET_ADMIN in the device's network namespace");
	else if (err == -EPERM)
		vmig_reword(ctx,
			    "not permitted: it takes CAP_NET_ADMIN in this network namespace");
	return err;
}

/* What is wrong with an attribute. */
static int bad_attr(struct vfiomig *ctx, const char *name, const char *reason)
{
	vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL, "%s", reason);
	ctx->error.attribute = strdup(name);
	return -EINVAL;
}

/* A longer one the kernel would refuse without saying which. */
static int check_name(struct vfiomig *ctx, const char *name)
{
	if (*name && strlen(name) <= VFIO_MIG_NAME_MAX)
		return 0;

	return bad_attr(ctx, name, "name is not of 1 to 63 bytes");
}

static int check_driver(struct vfiomig *ctx, const char *driver)
{
	if (!driver || (*driver && strlen(driver) <= VFIO_MIG_STRING_MAX))
		return 0;

	return vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
			 "a driver's name is not of 1 to 255 bytes");
}

/*
 * The kernel has the same engine, and would say the same. Where rules alone
 * are replaced, it is only the kernel that can tell whether they fit.
 */
static int check_attr(struct vfiomig *ctx, const struct vfiomig_attr *attr,
		      struct wire *whole)
{
	struct vfio_mig_index index;
	struct vfio_mig_fault fault;

	if (attr->n_unknown)
		return bad_attr(ctx, attr->name,
				"it has a member that is not known here");
	if (!attr->type)
		return check_name(ctx, attr->name);

	/* those before were right */
	wire_put_attr(whole, attr);
	if (whole->failed)
		return vmig_nomem(ctx);
	if (vfio_mig_index_read(&index, whole->data, whole->len, false,
				&fault))
		return bad_attr(ctx, attr->name, fault.reason);
	return 0;
}

static int set_attrs(struct vfiomig *ctx, struct change *change,
		     const struct vfiomig_attr *const *attrs, size_t n)
{
	struct wire whole = { NULL };
	int err = 0;

	for (size_t i = 0; !err && i < n; i++) {
		err = check_attr(ctx, attrs[i], &whole);
		wire_put_attr(&change->wire, attrs[i]);
	}
	if (!err && change->wire.failed)
		err = vmig_nomem(ctx);
	if (!err)
		err = send_change(ctx, VFIO_MIG_CMD_ATTR_SET, change);
	free(whole.data);
	free(change->wire.data);
	return err;
}

int vfiomig_attr_set(struct vfiomig *ctx, const struct vfiomig_handle *device,
		     const struct vfiomig_attr *const *attrs, size_t n,
		     unsigned int flags)
{
	struct change change = {
		.device = device,
		.replace = flags & VFIOMIG_REPLACE,
	};

	return set_attrs(ctx, &change, attrs, n);
}

int vfiomig_policy_set(struct vfiomig *ctx, const char *driver,
		       const struct vfiomig_attr *const *attrs, size_t n,
		       unsigned int flags)
{
	struct change change = {
		.driver = driver,
		.replace = flags & VFIOMIG_REPLACE,
	};
	int err = check_driver(ctx, driver);

	return err ? err : set_attrs(ctx, &change, attrs, n);
}

static int del_attrs(struct vfiomig *ctx, const struct change *change)
{
	int err = 0;

	for (size_t i = 0; !err && i < change->n_names; i++)
		err = check_name(ctx, change->names[i]);
	if (!err)
		err = send_change(ctx, VFIO_MIG_CMD_ATTR_DEL, change);
	return err;
}

int vfiomig_attr_del(struct vfiomig *ctx, const struct vfiomig_handle *device,
		     const char *const *names, size_t n)
{
	const struct change change = {
		.device = device,
		.names = names,
		.n_names = n,
	};

	return del_attrs(ctx, &change);
}

int vfiomig_policy_del(struct vfiomig *ctx, const char *driver,
		       const char *const *names, size_t n)
{
	const struct change change = {
		.driver = driver,
		.names = names,
		.n_names = n,
	};
	int err = check_driver(ctx, driver);

	return err ? err : del_attrs(ctx, &change);
}

/* In an object, 0 is what is not known, and not what was not given. */
static int check_known(struct vfiomig *ctx, const struct vfiomig_attr *attr)
{
	const char *unknown = NULL;

	if (!attr->type)
		unknown = "its value is of a type that is not known here";
	else if (!attr->rule)
		unknown = "its rule is none that is known here";
	else if (!attr->severity || !attr->missing)
		unknown = "its severity or missing is none known here";

	return unknown ? bad_attr(ctx, attr->name, unknown) : 0;
}

int vfiomig_attr_load(struct vfiomig *ctx, const struct vfiomig_handle *device,
		      const struct vfiomig_object *source)
{
	const struct vfiomig_attr *attrs[VFIO_MIG_ATTRS_MAX], *attr;
	size_t n = 0;
	int err;

	for (size_t i = 0; (attr = vfiomig_object_attr(source, i)); i++) {
		if (attr->origin != VFIO_MIG_ORIGIN_ADMIN)
			continue;
		err = check_known(ctx, attr);
		if (err)
			return err;
		if (n == VFIO_MIG_ATTRS_MAX)
			return bad_attr(ctx, attr->name,
					"more than 64 attributes");
		attrs[n++] = attr;
	}
	return vfiomig_attr_set(ctx, device, attrs, n, VFIOMIG_REPLACE);
}
