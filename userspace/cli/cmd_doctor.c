// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig doctor: what stands between a device and a live migration. */
#include <ctype.h>
#include <linux/vfio_mig.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <json-c/json.h>

#include "cli.h"
#include "table.h"

/**
 * struct report - what was found
 * @n: how many there are
 * @diagnoses: the host's, then those of devices and types
 */
struct report {
	size_t n;
	struct vfiomig_diagnosis *diagnoses;
};

/* ------------------------------------------------------------ the operand */

static bool is_hex(const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return false;

	return true;
}

/* 05:00.1, as lspci has it. */
static bool is_short_bdf(const char *text)
{
	return strlen(text) == 7 && is_hex(text, 2) && text[2] == ':' &&
	       is_hex(text + 3, 2) && text[5] == '.' && text[6] >= '0' &&
	       text[6] <= '7';
}

/* The handle that is meant: a PCI address is one of a PCI device. */
static char *handle_of(const char *word)
{
	const char *colon = strchr(word, ':');
	char *handle;

	if (is_short_bdf(word))
		handle = format("pci/0000:%s", word);
	else if (colon && colon - word >= 4 && is_hex(word, colon - word) &&
		 is_short_bdf(colon + 1))
		handle = format("pci/%s", word);
	else
		return format("%s", word);

	for (char *c = handle; *c; c++)
		*c = tolower((unsigned char)*c);
	return handle;
}

/* ------------------------------------------------------------------- JSON */

static void add_text(struct json_object *json, const char *key,
		     const char *text)
{
	json_add(json, key, vfiomig_string_json(text));
}

static struct json_object *obstacle_json(const struct vfiomig_obstacle *o)
{
	struct json_object *json = json_object_new_object();

	if (!json)
		no_memory();
	add_text(json, "check", o->check);
	add_text(json, "severity", vfiomig_severity_name(o->severity));
	add_text(json, "scope", o->of_host ? "host" : "own");
	add_text(json, "seen", o->seen);
	add_text(json, "where", o->where);
	add_text(json, "means", o->means);
	add_text(json, "do", o->remedy);
	return json;
}

static struct json_object *diagnosis_json(const struct vfiomig_diagnosis *d)
{
	struct json_object *json = json_object_new_object();
	struct json_object *obstacles = json_object_new_array();

	if (!json || !obstacles)
		no_memory();
	if (d->handle)
		add_text(json, "handle", d->handle);
	if (d->driver)
		add_text(json, "driver", d->driver);
	for (size_t i = 0; i < d->n_obstacles; i++)
		if (json_object_array_add(obstacles,
					  obstacle_json(&d->obstacles[i])))
			no_memory();
	json_add(json, "obstacles", obstacles);
	return json;
}

static struct json_object *all_json(const struct report *r,
				    enum vfiomig_kind kind)
{
	struct json_object *array = json_object_new_array();

	if (!array)
		no_memory();
	for (size_t i = 1; i < r->n; i++)
		if (r->diagnoses[i].kind == kind &&
		    json_object_array_add(array,
					  diagnosis_json(&r->diagnoses[i])))
			no_memory();

	return array;
}

static void print_as_json(const struct cli *cli, const struct report *r)
{
	struct json_object *json = json_object_new_object();
	char time[VFIOMIG_TIME_LEN];
	struct timespec now;

	if (!json)
		no_memory();
	clock_gettime(CLOCK_REALTIME, &now);
	add_text(json, "checked_at", vfiomig_time_text(&now, false, time));
	json_add(json, "host", diagnosis_json(&r->diagnoses[0]));
	json_add(json, "devices", all_json(r, VFIOMIG_DEVICE));
	json_add(json, "types", all_json(r, VFIOMIG_TYPE));
	print_json(cli, json);
}

/* ------------------------------------------------------------------- text */

/* The first of the worst, which is where to begin; NULL if there is none. */
static const struct vfiomig_obstacle *worst(const struct vfiomig_diagnosis *d)
{
	const struct vfiomig_obstacle *found = NULL;

	for (size_t i = 0; i < d->n_obstacles; i++)
		if (!found || d->obstacles[i].severity > found->severity)
			found = &d->obstacles[i];

	return found;
}

static void print_part(const char *name, const char *text)
{
	char *clean = printable(text);

	printf("   %-6s %s\n", name, clean);
	free(clean);
}

static void print_obstacle(const struct cli *cli, size_t number,
			   const struct vfiomig_obstacle *o)
{
	enum color color = cli->color ? color_of_severity(o->severity) :
					COLOR_NONE;
	char *seen = printable(o->seen);

	printf("%zu. %s%s%s: %s\n", number, color_on(color),
	       vfiomig_severity_name(o->severity), color_off(color), seen);
	free(seen);
	print_part("where", o->where);
	print_part("means", o->means);
	print_part("do", o->remedy);
}

static void print_one(const struct cli *cli, const struct vfiomig_diagnosis *d)
{
	enum color color = cli->color ? COLOR_BOLD : COLOR_NONE;
	char *handle = printable(d->handle ? d->handle : "this host");
	char *driver = printable(d->driver ? d->driver : "");

	printf("%s%s%s%s%s%s%s\n", color_on(color), handle, color_off(color),
	       *driver ? " (" : "", driver, *driver ? ")" : "",
	       d->n_obstacles ? "" : ": nothing is in the way");
	free(handle);
	free(driver);
	for (size_t i = 0; i < d->n_obstacles; i++)
		print_obstacle(cli, i + 1, &d->obstacles[i]);
}

static void add_row(struct table *table, const struct vfiomig_diagnosis *d)
{
	const struct vfiomig_obstacle *o = worst(d);

	table_add(table, COLOR_NONE, d->handle ? d->handle : "this host");
	table_string(table, d->driver);
	if (!o) {
		table_add(table, COLOR_GOOD, "ok");
		table_string(table, NULL);
		return;
	}
	table_add(table, color_of_severity(o->severity),
		  vfiomig_severity_name(o->severity));
	table_add(table, COLOR_NONE, o->seen);
}

/* The host has a row if something is wrong with it, or there is nobody else. */
static void print_table(const struct cli *cli, const struct report *r)
{
	static const char * const headers[] = {
		"DEVICE OR TYPE", "DRIVER", "WORST", "WHAT WAS SEEN"
	};
	struct table *table;

	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; i < r->n; i++)
		if (i || r->n == 1 || r->diagnoses[0].n_obstacles)
			add_row(table, &r->diagnoses[i]);
	table_print(table, stdout, cli->color);
	table_free(table);
}

static void print_all(const struct cli *cli, const struct report *r)
{
	for (size_t i = 0; i < r->n; i++) {
		if (i)
			putchar('\n');
		print_one(cli, &r->diagnoses[i]);
	}
}

static void print_text(const struct cli *cli, const struct report *r)
{
	if (cli->argc)
		print_one(cli, &r->diagnoses[1]);
	else if (cli->verbose)
		print_all(cli, r);
	else
		print_table(cli, r);
}

/*
 * As check would end: what fails is 1, what nobody knows 4. Limits that one
 * can live with are in nobody's way. The host counts where there is nobody.
 */
static int report_code(const struct report *r)
{
	uint32_t severity = 0;

	for (size_t i = r->n > 1; i < r->n; i++) {
		const struct vfiomig_obstacle *o = worst(&r->diagnoses[i]);

		if (o && o->severity > severity)
			severity = o->severity;
	}
	switch (severity) {
	case VFIO_MIG_SEVERITY_FAIL:
		return RC_INCOMPATIBLE;
	case VFIO_MIG_SEVERITY_UNDECIDED:
		return RC_UNDECIDED;
	default:
		return RC_OK;
	}
}

int cmd_doctor(struct cli *cli)
{
	struct vfiomig_handle *handle = NULL;
	struct report r = { 0 };
	int rc = RC_OK;

	if (cli->argc) {
		char *word = handle_of(cli->argv[0]);

		handle = get_handle(cli, word, &rc);
		free(word);
		if (!handle)
			return rc;
	}
	if (vfiomig_diagnose(cli->lib, handle, &r.diagnoses, &r.n)) {
		rc = library_error(cli, cli->argc ? cli->argv[0] : NULL);
		goto out;
	}
	if (cli->json)
		print_as_json(cli, &r);
	else
		print_text(cli, &r);
	rc = report_code(&r);
	vfiomig_diagnoses_free(r.diagnoses, r.n);
out:
	vfiomig_handle_free(handle);
	return rc;
}
