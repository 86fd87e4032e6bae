// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What QEMU has against a migration, as far as the profiles tell.
 *
 * QEMU looks at the device that a machine has, never at the one that it is to
 * get: what is true of the source stops this migration, what is true of the
 * target the next one. Neither is part of a verdict, for most of it depends on
 * the rest of the machine.
 */
#include <linux/vfio_mig.h>
#include <stdlib.h>

#include <json-c/json.h>

#include "hints.h"
#include "table.h"

#define WORDS 2

/* A device's migration bits, which must be known. */
static bool cannot_migrate(const struct vfiomig_attr *migration)
{
	return !vfiomig_attr_bit(migration, VFIO_MIG_MIGRATION_BIT_STOP_COPY);
}

static bool no_dirty_tracking(const struct vfiomig_attr *migration)
{
	return !cannot_migrate(migration) &&
	       !vfiomig_attr_bit(migration, VFIO_MIG_MIGRATION_BIT_DIRTY_LOG);
}

static bool no_p2p(const struct vfiomig_attr *migration)
{
	return !cannot_migrate(migration) &&
	       !vfiomig_attr_bit(migration, VFIO_MIG_MIGRATION_BIT_P2P);
}

/* Where the device tracks nothing, QEMU no longer minds a vIOMMU. */
static bool tracks_dirty(const struct vfiomig_attr *migration)
{
	return !cannot_migrate(migration) && !no_dirty_tracking(migration);
}

/**
 * struct hint - something that QEMU minds
 * @name: what it is called, for ever
 * @applies: whether it minds it in a device with this attribute "migration"
 * @message: when it matters
 * @words: QEMU's own words, of the newest version first
 */
static const struct hint {
	const char *name;
	bool (*applies)(const struct vfiomig_attr *migration);
	const char *message;
	const char *words[WORDS + 1];
} hints[] = {
	{
		"no-migration", cannot_migrate,
		"always",
		{ "migration is not supported in kernel" }
	},
	{
		"no-dirty-tracking", no_dirty_tracking,
		"unless the IOMMU tracks dirty pages, or enable-migration is on",
		{
			"VFIO device doesn't support device and IOMMU dirty tracking",
			"VFIO device doesn't support device dirty tracking"
		}
	},
	{
		"no-p2p", no_p2p,
		"if the virtual machine has another VFIO device",
		{
			"Multiple VFIO devices migration is supported only if all of them support P2P migration",
			"Migration is currently not supported with multiple VFIO devices"
		}
	},
	{
		"viommu", tracks_dirty,
		"if the device is behind a vIOMMU",
		{ "Migration is currently not supported with vIOMMU enabled" }
	},
	{ NULL }
};

/* Those that apply, a bit for each; none if nothing is known of it. */
unsigned int hints_of(const struct vfiomig_object *object)
{
	const struct vfiomig_attr *migration;
	unsigned int of = 0;

	migration = vfiomig_object_find(object, "migration");
	if (!migration || migration->type != VFIOMIG_VALUE_BITS)
		return 0;
	for (unsigned int i = 0; hints[i].name; i++)
		if (hints[i].applies(migration))
			of |= 1u << i;

	return of;
}

/* ------------------------------------------------------------------- JSON */

static void add_text(struct json_object *json, const char *key,
		     const char *text)
{
	json_add(json, key, vfiomig_string_json(text));
}

static void add_json(struct json_object *array, const char *side,
		     const struct hint *hint)
{
	struct json_object *words = json_object_new_array();
	struct json_object *json = json_object_new_object();

	if (!words || !json)
		no_memory();
	for (const char * const *w = hint->words; *w; w++)
		if (json_object_array_add(words, vfiomig_string_json(*w)))
			no_memory();
	add_text(json, "hint", hint->name);
	add_text(json, "side", side);
	add_text(json, "message", hint->message);
	json_add(json, "qemu", words);
	if (json_object_array_add(array, json))
		no_memory();
}

/* An array of all that applies. */
struct json_object *hints_json(unsigned int source, unsigned int target)
{
	struct json_object *array = json_object_new_array();

	if (!array)
		no_memory();
	for (unsigned int i = 0; hints[i].name; i++) {
		if (source & 1u << i)
			add_json(array, "source", &hints[i]);
		if (target & 1u << i)
			add_json(array, "target", &hints[i]);
	}
	return array;
}

/* ------------------------------------------------------------------- text */

static void add_row(struct table *table, const char *side,
		    const struct hint *hint)
{
	table_add(table, COLOR_NONE, hint->name);
	table_add(table, COLOR_NONE, side);
	table_add(table, COLOR_NONE, hint->message);
	table_add(table, COLOR_NONE, hint->words[0]);
}

void hints_print(const struct cli *cli, unsigned int source,
		 unsigned int target)
{
	static const char * const headers[] = {
		"HINT", "SIDE", "QEMU REFUSES", "SAYING"
	};
	struct table *table;

	if (!source && !target)
		return;
	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (unsigned int i = 0; hints[i].name; i++) {
		if (source & 1u << i)
			add_row(table, "source", &hints[i]);
		if (target & 1u << i)
			add_row(table, "target", &hints[i]);
	}
	table_print(table, stdout, cli->color);
	table_free(table);
}
