// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig profile ... */
#include <stdlib.h>

#include "cli.h"

static int add_all(struct cli *cli, enum vfiomig_kind kind,
		   struct vfiomig_list *list)
{
	struct vfiomig_object *object;
	struct vfiomig_list *found;

	if (vfiomig_dump(cli->lib, kind, &found))
		return library_error(cli, NULL);
	for (size_t i = 0; (object = vfiomig_list_get(found, i)); i++)
		if (vfiomig_list_add(list, object))
			no_memory();
	vfiomig_list_free(found);
	return RC_OK;
}

static int add_everything(struct cli *cli, struct vfiomig_list *list)
{
	int rc = add_all(cli, VFIOMIG_DEVICE, list);

	if (rc == RC_OK)
		rc = add_all(cli, VFIOMIG_TYPE, list);

	return rc;
}

static int add_one(struct cli *cli, const char *text, struct vfiomig_list *list)
{
	struct vfiomig_handle *handle;
	struct vfiomig_object *object;
	int rc = RC_OK;

	handle = get_handle(cli, text, &rc);
	if (!handle)
		return rc;

	/* a document holds a handle once */
	if (vfiomig_list_find(list, text)) {
		vfiomig_handle_free(handle);
		return RC_OK;
	}
	if (vfiomig_get(cli->lib, handle, &object)) {
		rc = library_error(cli, text);
	} else {
		if (vfiomig_list_add(list, object))
			no_memory();
		vfiomig_object_unref(object);
	}
	vfiomig_handle_free(handle);
	return rc;
}

/* Nothing is asked of the kernel as long as a handle may be wrong. */
static int check_handles(struct cli *cli)
{
	int rc = RC_OK;

	for (int i = 0; i < cli->argc; i++) {
		struct vfiomig_handle *handle;

		handle = get_handle(cli, cli->argv[i], &rc);
		if (!handle)
			return rc;
		vfiomig_handle_free(handle);
	}
	return RC_OK;
}

static int add_named(struct cli *cli, struct vfiomig_list *list)
{
	int rc = check_handles(cli);

	for (int i = 0; rc == RC_OK && i < cli->argc; i++)
		rc = add_one(cli, cli->argv[i], list);

	return rc;
}

/* A document is written whole or not at all. */
int cmd_profile_save(struct cli *cli)
{
	struct vfiomig_list *list = vfiomig_list_new();
	int rc;

	if (!list)
		no_memory();
	rc = cli->argc ? add_named(cli, list) : add_everything(cli, list);
	if (rc == RC_OK)
		rc = document_written(vfiomig_profile_write(list,
							    cli_json_flags(cli),
							    stdout));
	vfiomig_list_free(list);
	return rc;
}
