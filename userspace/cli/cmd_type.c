// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig type ... */
#include <inttypes.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"

static void add_available(struct table *table,
			  const struct vfiomig_object *object)
{
	uint32_t available;

	if (vfiomig_object_available(object, &available))
		table_take(table, available ? COLOR_NONE : COLOR_WARN,
			   format("%" PRIu32, available));
	else
		table_add(table, COLOR_DIM, "-");
}

static void print_types(const struct cli *cli, const struct vfiomig_list *list)
{
	static const char * const headers[] = {
		"TYPE", "API", "DRIVER", "AVAILABLE", "NAME", "BY"
	};
	const struct vfiomig_object *object;
	struct table *table;

	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; (object = vfiomig_list_get(list, i)); i++) {
		table_add(table, COLOR_NONE, vfiomig_object_handle(object));
		table_string(table, string_attr(object, "device_api"));
		table_string(table, string_attr(object, "driver"));
		add_available(table, object);
		table_string(table, string_attr(object, "mdev.name"));
		table_add(table, COLOR_NONE,
			  vfiomig_object_from_sysfs(object) ? "sysfs" :
							      "kernel");
	}
	table_print(table, stdout, cli->color);
	table_free(table);
}

int cmd_type_show(struct cli *cli)
{
	return show(cli, VFIOMIG_TYPE, print_types);
}
