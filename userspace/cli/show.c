// SPDX-License-Identifier: GPL-2.0-or-later
/* What the commands that show devices and types have in common. */
#include <inttypes.h>
#include <linux/vfio_mig.h>
#include <stdlib.h>

#include "cli.h"
#include "table.h"

/* The value of a string, or NULL if there is no such attribute. */
const char *string_attr(const struct vfiomig_object *object, const char *name)
{
	const struct vfiomig_attr *attr = vfiomig_object_find(object, name);

	if (!attr || attr->type != VFIOMIG_VALUE_STRING)
		return NULL;

	return attr->string;
}

static void add_severity(struct table *table, const struct vfiomig_attr *attr,
			 uint32_t severity)
{
	/* where every value will do, nothing can be wrong */
	if (attr->rule == VFIO_MIG_RULE_ANY)
		table_add(table, COLOR_DIM, "-");
	else
		table_take(table, color_of_severity(severity),
			   enum_text(vfiomig_severity_name(severity),
				     severity));
}

/* With what the administrator has said it of, unless it is an own attribute. */
static char *origin_text(const struct vfiomig_attr *attr)
{
	char *origin = enum_text(vfiomig_origin_name(attr->origin),
				 attr->origin);
	char *scope, *text;

	if (!attr->scope || (attr->scope == VFIO_MIG_SCOPE_DEVICE &&
			     attr->origin == VFIO_MIG_ORIGIN_ADMIN))
		return origin;

	scope = enum_text(vfiomig_scope_name(attr->scope), attr->scope);
	if (asprintf(&text, "%s (%s)", origin, scope) < 0)
		no_memory();
	free(origin);
	free(scope);
	return text;
}

static void add_attr(const struct cli *cli, struct table *table,
		     const struct vfiomig_attr *attr)
{
	table_add(table, COLOR_NONE, attr->name);
	table_add(table, COLOR_NONE, vfiomig_value_type_name(attr->type));
	table_take(table, COLOR_NONE,
		   enum_text(vfiomig_rule_name(attr->rule), attr->rule));
	add_severity(table, attr, attr->severity);
	add_severity(table, attr, attr->missing);
	table_take(table, COLOR_NONE, origin_text(attr));
	/* some are long: last, they do not push the others off the screen */
	table_take(table, COLOR_NONE, value_text(attr, cli->verbose));
}

static void print_heading(const struct cli *cli,
			  const struct vfiomig_object *object)
{
	char *handle = printable(vfiomig_object_handle(object));
	uint32_t available;

	if (cli->color)
		fputs(color_on(COLOR_BOLD), stdout);
	fputs(handle, stdout);
	if (cli->color)
		fputs(color_off(COLOR_BOLD), stdout);
	free(handle);

	if (vfiomig_object_from_sysfs(object))
		fputs("  from sysfs", stdout);
	else
		printf("  id %" PRIu32 "  event %" PRIu64,
		       vfiomig_object_id(object), vfiomig_object_seq(object));
	if (vfiomig_object_available(object, &available))
		printf("  available %" PRIu32, available);
	putchar('\n');
}

static void print_unknown(const char *of, const struct vfiomig_unknown *unknown)
{
	char *text = unknown_text(unknown);
	char *name = printable(of);

	printf("unknown member of %s: %s\n", name, text);
	free(name);
	free(text);
}

/* What this version cannot name is shown all the same. */
static void print_all_unknown(const struct vfiomig_object *object)
{
	const struct vfiomig_unknown *unknown;
	const struct vfiomig_attr *attr;

	for (size_t i = 0; (attr = vfiomig_object_attr(object, i)); i++)
		for (size_t j = 0; j < attr->n_unknown; j++)
			print_unknown(attr->name, &attr->unknown[j]);

	for (size_t i = 0; (unknown = vfiomig_object_unknown(object, i)); i++)
		print_unknown(vfiomig_object_handle(object), unknown);
}

static void print_refused(const struct vfiomig_refused *refused)
{
	char text[VFIOMIG_TIME_LEN];
	char *reason;

	if (!refused)
		return;
	reason = printable(refused->reason ?: "?");
	printf("refused to resume %" PRIu64 " time%s, last %s: %s\n",
	       refused->count, refused->count == 1 ? "" : "s",
	       vfiomig_time_text(&refused->time, false, text), reason);
	free(reason);
	for (size_t i = 0; i < refused->n_findings; i++) {
		const struct vfiomig_finding *f = &refused->findings[i];
		char *attr = printable(f->attr);
		char *message = printable(f->message);

		printf("  %s: %s\n", attr, message);
		free(attr);
		free(message);
	}
	if (refused->omitted)
		printf("  and %" PRIu32 " more\n", refused->omitted);
}

/* What is said of the driver, or of all, and does not hold here. */
static void print_left_out(const struct vfiomig_object *object)
{
	const struct vfiomig_left_out *left_out;
	uint32_t more = vfiomig_object_left_out_more(object);

	for (size_t i = 0; (left_out = vfiomig_object_left_out(object, i));
	     i++) {
		const char *why =
			vfiomig_left_out_reason_name(left_out->reason);
		char *attr = printable(left_out->attr);
		char *scope = enum_text(vfiomig_scope_name(left_out->scope),
					left_out->scope);
		char *reason = enum_text(why, left_out->reason);

		printf("left out of the policy of scope %s: %s: %s\n", scope,
		       attr, reason);
		free(attr);
		free(scope);
		free(reason);
	}
	if (more)
		printf("left out of policies: %" PRIu32 " more\n", more);
}

/* Prints all that is known of an object. */
static void show_details(const struct cli *cli,
			 const struct vfiomig_object *object)
{
	static const char * const headers[] = {
		"NAME", "TYPE", "RULE", "SEVERITY", "MISSING", "ORIGIN",
		"VALUE"
	};
	const struct vfiomig_attr *attr;
	struct table *table;

	print_heading(cli, object);
	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; (attr = vfiomig_object_attr(object, i)); i++)
		add_attr(cli, table, attr);
	table_print(table, stdout, cli->color);
	table_free(table);
	print_left_out(object);
	print_refused(vfiomig_object_refused(object));
	print_all_unknown(object);
}

static void show_all_details(const struct cli *cli,
			     const struct vfiomig_list *list)
{
	const struct vfiomig_object *object;

	for (size_t i = 0; (object = vfiomig_list_get(list, i)); i++) {
		if (i)
			putchar('\n');
		show_details(cli, object);
	}
}

/*
 * An empty answer is no error, but nobody likes to be told nothing. Who reads
 * JSON sees an empty array, though not why it is empty.
 */
static void print_empty(const struct cli *cli, enum vfiomig_kind kind)
{
	const char *what = kind == VFIOMIG_TYPE ? "types" : "devices";

	if (!vfiomig_in_initial_netns())
		fprintf(stderr,
			"no VFIO %s in this network namespace, which is not the initial one\n",
			what);
	else if (!cli->json)
		fprintf(stderr, "no VFIO %s\n", what);
}

/* Reads a handle. If it is none, tells so, sets @rc, and returns NULL. */
struct vfiomig_handle *get_handle(struct cli *cli, const char *text, int *rc)
{
	struct vfiomig_handle *handle;

	if (!vfiomig_handle_parse(cli->lib, text, &handle))
		return handle;

	*rc = library_error(cli, text);
	return NULL;
}

/* The same, if it must be one of a device, or of a type. */
struct vfiomig_handle *get_handle_of(struct cli *cli, enum vfiomig_kind kind,
				     const char *text, int *rc)
{
	struct vfiomig_handle *handle = get_handle(cli, text, rc);

	if (!handle ||
	    kind == (handle->parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE))
		return handle;

	vfiomig_handle_free(handle);
	if (kind == VFIOMIG_DEVICE)
		*rc = usage_error(cli,
				  "%s %s: this is a type, and BUS/NAME of a device is wanted",
				  cli->command->words, text);
	else
		*rc = usage_error(cli,
				  "%s %s: this is a device, and BUS/PARENT/TYPE of a type is wanted",
				  cli->command->words, text);
	return NULL;
}

/* A list of the one object that was asked for. NULL, and @rc, on failure. */
static struct vfiomig_list *get_one(struct cli *cli, enum vfiomig_kind kind,
				    int *rc)
{
	struct vfiomig_list *list = NULL;
	struct vfiomig_handle *handle;
	struct vfiomig_object *object;

	handle = get_handle_of(cli, kind, cli->argv[0], rc);
	if (!handle)
		return NULL;
	if (vfiomig_get(cli->lib, handle, &object)) {
		*rc = library_error(cli, cli->argv[0]);
		goto out;
	}
	list = vfiomig_list_new();
	if (!list || vfiomig_list_add(list, object))
		no_memory();
	vfiomig_object_unref(object);
out:
	vfiomig_handle_free(handle);
	return list;
}

static struct vfiomig_list *get_all(struct cli *cli, enum vfiomig_kind kind,
				    int *rc)
{
	struct vfiomig_list *list;

	if (!vfiomig_dump(cli->lib, kind, &list))
		return list;

	*rc = library_error(cli, NULL);
	return NULL;
}

/*
 * Shows the object that was asked for, or all of that kind, for which
 * @print_list is the short form.
 */
int show(struct cli *cli, enum vfiomig_kind kind,
	 void (*print_list)(const struct cli *cli,
			    const struct vfiomig_list *list))
{
	struct vfiomig_list *list;
	int rc = RC_OK;

	list = cli->argc ? get_one(cli, kind, &rc) : get_all(cli, kind, &rc);
	if (!list)
		return rc;

	if (!vfiomig_list_len(list))
		print_empty(cli, kind);
	if (cli->json)
		rc = document_written(vfiomig_list_write(list, kind,
							 cli_json_flags(cli),
							 stdout));
	else if (cli->argc || cli->verbose)
		show_all_details(cli, list);
	else if (vfiomig_list_len(list))
		print_list(cli, list);

	vfiomig_list_free(list);
	return rc;
}
