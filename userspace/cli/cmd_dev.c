// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig dev ... */
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli.h"
#include "table.h"

static void add_migratable(struct table *table,
			   const struct vfiomig_object *object)
{
	const struct vfiomig_attr *attr;

	attr = vfiomig_object_find(object, "migratable");
	if (!attr || attr->type != VFIOMIG_VALUE_BOOL)
		table_add(table, COLOR_DIM, "-");
	else if (attr->boolean)
		table_add(table, COLOR_GOOD, "yes");
	else
		table_add(table, COLOR_BAD, "no");
}

/* PCI vendor and device, or the type of a mediated device. */
static void add_model(struct table *table, const struct vfiomig_object *object)
{
	const struct vfiomig_attr *vendor, *device;

	vendor = vfiomig_object_find(object, "pci.vendor");
	device = vfiomig_object_find(object, "pci.device");
	if (vendor && vendor->type == VFIOMIG_VALUE_U64 &&
	    device && device->type == VFIOMIG_VALUE_U64)
		table_take(table, COLOR_NONE,
			   format("%04" PRIx64 ":%04" PRIx64, vendor->u64,
				  device->u64));
	else
		table_string(table, string_attr(object, "mdev.type"));
}

static void print_devices(const struct cli *cli,
			  const struct vfiomig_list *list)
{
	static const char * const headers[] = {
		"DEVICE", "API", "DRIVER", "MIGRATABLE", "MODEL"
	};
	const struct vfiomig_object *object;
	struct table *table;

	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; (object = vfiomig_list_get(list, i)); i++) {
		table_add(table, COLOR_NONE, vfiomig_object_handle(object));
		table_string(table, string_attr(object, "device_api"));
		table_string(table, string_attr(object, "driver"));
		add_migratable(table, object);
		add_model(table, object);
	}
	table_print(table, stdout, cli->color);
	table_free(table);
}

int cmd_dev_show(struct cli *cli)
{
	return show(cli, VFIOMIG_DEVICE, print_devices);
}

static int wrong_words(const struct cli *cli)
{
	static const char * const wanted[] = {
		"device", "\"netns\"", "network namespace"
	};

	if (cli->argc < 3 && (cli->argc < 2 || !strcmp(cli->argv[1], "netns")))
		return usage_error(cli,
				   "%s: no %s given (see: vfiomig help %s)",
				   cli->command->words, wanted[cli->argc],
				   cli->command->words);
	return usage_error(cli,
			   "%s: \"%s\" cannot be set, only netns can (see: vfiomig help %s)",
			   cli->command->words, cli->argv[1],
			   cli->command->words);
}

static int report_moved(const struct cli *cli)
{
	struct json_object *json;

	if (!cli->json)
		return RC_OK;
	json = json_object_new_object();
	if (!json)
		no_memory();
	json_add(json, "handle", vfiomig_string_json(cli->argv[0]));
	json_add(json, "netns", vfiomig_string_json(cli->argv[2]));
	print_json(cli, json);
	return RC_OK;
}

int cmd_dev_set(struct cli *cli)
{
	struct vfiomig_handle *handle;
	int fd, rc;

	if (cli->argc < 3 || strcmp(cli->argv[1], "netns"))
		return wrong_words(cli);
	handle = get_handle_of(cli, VFIOMIG_DEVICE, cli->argv[0], &rc);
	if (!handle)
		return rc;

	rc = netns_open(cli, cli->argv[2], &fd);
	if (rc == RC_OK) {
		if (vfiomig_move(cli->lib, handle, fd))
			rc = library_error(cli, cli->argv[0]);
		else
			rc = report_moved(cli);
		close(fd);
	}
	vfiomig_handle_free(handle);
	return rc;
}
