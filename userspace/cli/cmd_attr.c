// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig dev attr ..., vfiomig profile load: what an administrator says. */
#include <stdlib.h>

#include <json-c/json.h>
#include <linux/vfio_mig.h>

#include "cli.h"
#include "source.h"
#include "words.h"

static int too_few(const struct cli *cli, const char *second)
{
	const char *command = cli->command->words;

	return usage_error(cli, "%s: no %s given (see: vfiomig help %s)",
			   command, cli->argc ? second : "device", command);
}

/* ------------------------------------------------------------ what it did */

static int report(const struct cli *cli, size_t set, size_t deleted)
{
	struct json_object *json;
	char *handle;

	if (cli->json) {
		json = json_object_new_object();
		if (!json)
			no_memory();
		json_add(json, "handle", vfiomig_string_json(cli->argv[0]));
		json_add(json, "set", json_object_new_int64(set));
		json_add(json, "deleted", json_object_new_int64(deleted));
		print_json(cli, json);
	} else if (cli->verbose) {
		handle = printable(cli->argv[0]);
		printf("%s: %zu set, %zu deleted\n", handle, set, deleted);
		free(handle);
	}
	return RC_OK;
}

/* ----------------------------------------------------------- the commands */

static int set_attr(struct cli *cli, const struct words *w,
		    const struct vfiomig_handle *handle)
{
	struct vfiomig_attr *attr = vfiomig_attr_new(w->name);
	struct vfiomig_object *object = NULL;
	const struct vfiomig_attr *old = NULL;
	int err = 0;

	if (!attr)
		no_memory();
	if (words_need_old(w))
		err = vfiomig_get(cli->lib, handle, &object);
	if (object)
		old = vfiomig_object_find(object, w->name);
	if (!err)
		err = words_attr(cli, w, old, attr);
	if (!err)
		err = vfiomig_attr_set(cli->lib, handle,
				       (const struct vfiomig_attr *[]){ attr },
				       1, 0);
	vfiomig_object_unref(object);
	vfiomig_attr_free(attr);
	return err ? library_error(cli, cli->argv[0]) : report(cli, 1, 0);
}

int cmd_attr_set(struct cli *cli)
{
	struct vfiomig_handle *handle;
	struct words words = { NULL };
	int rc;

	if (cli->argc < 2)
		return too_few(cli, "attribute");
	rc = words_read(cli, 1, &words);
	if (rc != RC_OK)
		return rc;
	handle = get_handle_of(cli, VFIOMIG_DEVICE, cli->argv[0], &rc);
	if (!handle)
		return rc;
	rc = set_attr(cli, &words, handle);
	vfiomig_handle_free(handle);
	return rc;
}

int cmd_attr_del(struct cli *cli)
{
	struct vfiomig_handle *handle;
	size_t n = cli->argc - 1;
	int err, rc = RC_OK;

	if (cli->argc < 2)
		return too_few(cli, "attribute");
	handle = get_handle_of(cli, VFIOMIG_DEVICE, cli->argv[0], &rc);
	if (!handle)
		return rc;
	err = vfiomig_attr_del(cli->lib, handle,
			       (const char *const *)cli->argv + 1, n);
	vfiomig_handle_free(handle);
	return err ? library_error(cli, cli->argv[0]) : report(cli, 0, n);
}

/* How many of the attributes has the administrator set; but those of @but. */
static size_t count_ours(const struct vfiomig_object *object,
			 const struct vfiomig_object *but)
{
	const struct vfiomig_attr *attr, *other;
	size_t n = 0;

	for (size_t i = 0; (attr = vfiomig_object_attr(object, i)); i++) {
		if (attr->origin != VFIO_MIG_ORIGIN_ADMIN)
			continue;
		other = but ? vfiomig_object_find(but, attr->name) : NULL;
		n += !other || other->origin != VFIO_MIG_ORIGIN_ADMIN;
	}
	return n;
}

static int load(struct cli *cli, const struct vfiomig_handle *handle,
		const struct vfiomig_object *source)
{
	struct vfiomig_object *before = NULL;
	size_t deleted = 0;
	int err = 0;

	/* who is not told does not have to know */
	if (cli->json || cli->verbose)
		err = vfiomig_get(cli->lib, handle, &before);
	if (before)
		deleted = count_ours(before, source);
	vfiomig_object_unref(before);
	if (!err)
		err = vfiomig_attr_load(cli->lib, handle, source);
	if (err)
		return library_error(cli, cli->argv[0]);
	return report(cli, count_ours(source, NULL), deleted);
}

int cmd_profile_load(struct cli *cli)
{
	struct vfiomig_object *source = NULL;
	struct vfiomig_handle *handle;
	struct word word = { NULL };
	int rc = RC_OK;

	if (cli->argc < 2)
		return too_few(cli, "source");
	handle = get_handle_of(cli, VFIOMIG_DEVICE, cli->argv[0], &rc);
	if (!handle)
		return rc;
	rc = word_read(cli, cli->argv[1], &word);
	if (rc == RC_OK)
		rc = source_get(cli, &word, &source);
	if (rc == RC_OK)
		rc = load(cli, handle, source);
	vfiomig_object_unref(source);
	word_free(&word);
	vfiomig_handle_free(handle);
	return rc;
}
