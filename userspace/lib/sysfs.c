// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Types of mediated devices as sysfs shows them.
 *
 * The kernel module learns of a parent through its devices. Until one is
 * created it cannot tell of the parent's types, but sysfs can: of their API,
 * their name, and how many devices they have left. Nothing more is known of
 * them; that driver and driver build are missing makes it plain.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int put_attr(struct nl_msg *msg, const char *name, const char *value,
		    uint32_t rule, uint32_t severity, uint32_t missing)
{
	struct nlattr *nest = nla_nest_start(msg, VFIO_MIG_A_OBJECT_ATTR);

	if (!nest ||
	    nla_put_string(msg, VFIO_MIG_A_ATTR_NAME, name) ||
	    nla_put_string(msg, VFIO_MIG_A_ATTR_STRING, value) ||
	    nla_put_u32(msg, VFIO_MIG_A_ATTR_RULE, rule) ||
	    nla_put_u32(msg, VFIO_MIG_A_ATTR_SEVERITY, severity) ||
	    nla_put_u32(msg, VFIO_MIG_A_ATTR_MISSING, missing) ||
	    nla_put_u32(msg, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_VFIO))
		return -ENOMEM;

	return nla_nest_end(msg, nest) ? -ENOMEM : 0;
}

static int put_identity(struct nl_msg *msg, const char *parent,
			const char *type)
{
	if (nla_put_string(msg, VFIO_MIG_A_OBJECT_BUS, "mdev") ||
	    nla_put_string(msg, VFIO_MIG_A_OBJECT_PARENT, parent) ||
	    nla_put_string(msg, VFIO_MIG_A_OBJECT_NAME, type))
		return -ENOMEM;

	return put_attr(msg, "mdev.type", type, VFIO_MIG_RULE_EQUAL,
			VFIO_MIG_SEVERITY_FAIL, VFIO_MIG_SEVERITY_UNDECIDED);
}

static int put_available(struct nl_msg *msg, const char *dir)
{
	char text[VMIG_FILE_SIZE], *end;
	unsigned long available;

	if (!vmig_read_file(dir, "available_instances", text))
		return 0;
	available = strtoul(text, &end, 10);
	if (*end || available > UINT32_MAX)
		return 0;

	return nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, available);
}

/* Says of the type what the kernel module would say, as far as it is known. */
static int put_type(struct nl_msg *msg, const char *dir, const char *parent,
		    const char *type)
{
	char text[VMIG_FILE_SIZE];
	int err;

	/* there is no type without this file: it has just gone */
	if (!vmig_read_file(dir, "device_api", text))
		return -ENOENT;
	vmig_clean_value(text);
	err = put_attr(msg, "device_api", text, VFIO_MIG_RULE_EQUAL,
		       VFIO_MIG_SEVERITY_FAIL, VFIO_MIG_SEVERITY_FAIL);
	if (err)
		return err;

	if (vmig_read_file(dir, "name", text)) {
		vmig_clean_value(text);
		err = put_attr(msg, "mdev.name", text, VFIO_MIG_RULE_ANY,
			       VFIO_MIG_SEVERITY_INFO, VFIO_MIG_SEVERITY_INFO);
		if (err)
			return err;
	}

	err = put_identity(msg, parent, type);
	if (err)
		return err;

	return put_available(msg, dir);
}

/* Returns -ENOENT, which is not told as an error, if there is no such type. */
static int read_type(struct vfiomig *ctx, const char *parent, const char *type,
		     struct vfiomig_object **object)
{
	struct nl_msg *msg = nlmsg_alloc();
	char *dir = NULL;
	int err;

	if (!msg ||
	    asprintf(&dir, "%s/class/mdev_bus/%s/mdev_supported_types/%s",
		     ctx->sysfs, parent, type) < 0) {
		nlmsg_free(msg);
		return vmig_nomem(ctx);
	}

	err = put_type(msg, dir, parent, type);
	if (!err)
		err = vmig_object_read(ctx, VFIOMIG_TYPE, true,
				       nlmsg_attrdata(nlmsg_hdr(msg), 0),
				       nlmsg_attrlen(nlmsg_hdr(msg), 0),
				       object);
	else if (err != -ENOENT)
		err = vmig_nomem(ctx);

	free(dir);
	nlmsg_free(msg);
	return err;
}

int vmig_sysfs_get(struct vfiomig *ctx, const struct vfiomig_handle *handle,
		   struct vfiomig_object **object)
{
	if (strcmp(handle->bus, "mdev") || handle->parent[0] == '.' ||
	    handle->name[0] == '.')
		return -ENOENT;

	return read_type(ctx, handle->parent, handle->name, object);
}

/* What the kernel told stands in the list already, and tells more. */
static int add_type(struct vfiomig *ctx, const char *parent, const char *type,
		    struct vfiomig_list *list)
{
	struct vfiomig_object *object;
	int err;

	err = read_type(ctx, parent, type, &object);
	if (err)
		return err == -ENOENT ? 0 : err;

	if (!vfiomig_list_find(list, object->handle))
		err = vfiomig_list_add(list, object);
	vfiomig_object_unref(object);
	return err ? vmig_nomem(ctx) : 0;
}

static int dump_parent(struct vfiomig *ctx, const char *parent,
		       struct vfiomig_list *list)
{
	struct vmig_folder folder;
	char *path;
	int err;

	if (asprintf(&path, "%s/class/mdev_bus/%s/mdev_supported_types",
		     ctx->sysfs, parent) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &folder, path);
	free(path);

	for (int i = 0; !err && i < folder.n; i++)
		err = add_type(ctx, parent, folder.entries[i]->d_name, list);

	vmig_close_folder(&folder);
	return err;
}

/* Appends to @list the types that are not in it yet. */
int vmig_sysfs_dump(struct vfiomig *ctx, struct vfiomig_list *list)
{
	struct vmig_folder folder;
	char *path;
	int err;

	if (asprintf(&path, "%s/class/mdev_bus", ctx->sysfs) < 0)
		return vmig_nomem(ctx);
	err = vmig_open_folder(ctx, &folder, path);
	free(path);

	for (int i = 0; !err && i < folder.n; i++)
		err = dump_parent(ctx, folder.entries[i]->d_name, list);

	vmig_close_folder(&folder);
	return err;
}
