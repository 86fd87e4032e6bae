// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig dev ... */
#include <inttypes.h>
#include <stdlib.h>

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
