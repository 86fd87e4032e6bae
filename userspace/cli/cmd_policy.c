// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig policy ...: what is said of a driver's devices, or of all. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <linux/vfio_mig.h>

#include "cli.h"
#include "policy.h"
#include "table.h"
#include "words.h"

/* ---------------------------------------------------------- of what it is */

/**
 * struct target - what something is said of
 * @driver: the driver, NULL for all
 * @used: how many words name it
 */
struct target {
	const char *driver;
	int used;
};

static int read_target(struct cli *cli, struct target *target)
{
	const char *command = cli->command->words;

	if (!cli->argc)
		return usage_error(cli,
				   "%s: neither \"all\" nor \"driver\" and its name given (see: vfiomig help %s)",
				   command, command);
	if (!strcmp(cli->argv[0], "all")) {
		target->used = 1;
		return RC_OK;
	}
	if (strcmp(cli->argv[0], "driver"))
		return usage_error(cli,
				   "%s: unexpected \"%s\": all, or driver and its name (see: vfiomig help %s)",
				   command, cli->argv[0], command);
	if (cli->argc < 2 || !*cli->argv[1])
		return usage_error(cli, "%s: the driver has no name", command);
	target->driver = cli->argv[1];
	target->used = 2;
	return RC_OK;
}

char *policy_scope_text(const char *driver)
{
	return driver ? format("driver %s", driver) : format("all");
}

/* What went wrong when this was asked of the kernel. */
static int failed(const struct cli *cli, const struct target *target)
{
	char *text = policy_scope_text(target->driver);
	int rc = library_error(cli, text);

	free(text);
	return rc;
}

/* ------------------------------------------------------------------- show */

static void add_attr(struct table *table, const struct vfiomig_attr *attr)
{
	table_add(table, COLOR_NONE, attr->name);
	table_string(table, attr->type ? vfiomig_value_type_name(attr->type) :
					 NULL);
	table_take(table, COLOR_NONE,
		   enum_text(vfiomig_rule_name(attr->rule), attr->rule));
	if (!attr->type) {
		for (int i = 0; i < 3; i++)
			table_string(table, NULL);
	} else {
		table_take(table, COLOR_NONE,
			   enum_text(vfiomig_severity_name(attr->severity),
				     attr->severity));
		table_take(table, COLOR_NONE,
			   enum_text(vfiomig_severity_name(attr->missing),
				     attr->missing));
		table_take(table, COLOR_NONE, value_text(attr, false));
	}
	table_take(table, COLOR_NONE, accept_text(attr));
}

static void print_scope(const struct cli *cli,
			const struct vfiomig_scope *scope)
{
	static const char * const headers[] = {
		"NAME", "TYPE", "RULE", "SEVERITY", "MISSING", "VALUE",
		"ACCEPT"
	};
	char *text = policy_scope_text(scope->driver);
	char *heading = printable(text);
	const struct vfiomig_attr *attr;
	struct table *table;

	printf("%s%s%s\n", cli->color ? color_on(COLOR_BOLD) : "", heading,
	       cli->color ? color_off(COLOR_BOLD) : "");
	free(heading);
	free(text);
	table = table_new(sizeof(headers) / sizeof(headers[0]), headers);
	for (size_t i = 0; (attr = vfiomig_scope_attr(scope, i)); i++)
		add_attr(table, attr);
	table_print(table, stdout, cli->color);
	table_free(table);
}

/* Whether the scope is one that was asked for. */
static bool is_meant(const struct cli *cli, const struct target *target,
		     const struct vfiomig_scope *scope)
{
	if (!cli->argc)
		return true;
	if (!target->driver || !scope->driver)
		return target->driver == scope->driver;
	return !strcmp(target->driver, scope->driver);
}

static void show_json(const struct cli *cli, const struct target *target,
		      const struct vfiomig_policy *policy)
{
	struct json_object *json = json_object_new_object();
	struct json_object *array = json_object_new_array();
	const struct vfiomig_scope *scope;

	if (!json || !array)
		no_memory();
	for (size_t i = 0; (scope = vfiomig_policy_scope(policy, i)); i++) {
		struct json_object *one;

		if (!is_meant(cli, target, scope))
			continue;
		one = vfiomig_scope_json(scope);
		if (!one || json_object_array_add(array, one))
			no_memory();
	}
	json_add(json, "scopes", array);
	print_json(cli, json);
}

static void show_text(const struct cli *cli, const struct target *target,
		      const struct vfiomig_policy *policy)
{
	const struct vfiomig_scope *scope;
	size_t n = 0;

	for (size_t i = 0; (scope = vfiomig_policy_scope(policy, i)); i++) {
		if (!is_meant(cli, target, scope))
			continue;
		if (n++)
			putchar('\n');
		print_scope(cli, scope);
	}
	if (!n)
		fprintf(stderr, "no policy%s in this network namespace\n",
			cli->argc ? " of this" : "");
}

int cmd_policy_show(struct cli *cli)
{
	struct target target = { NULL };
	struct vfiomig_policy *policy;
	int rc = RC_OK;

	if (cli->argc)
		rc = read_target(cli, &target);
	if (rc == RC_OK && cli->argc > target.used)
		rc = usage_error(cli, "%s: unexpected \"%s\"",
				 cli->command->words, cli->argv[target.used]);
	if (rc != RC_OK)
		return rc;
	if (vfiomig_policy_get(cli->lib, &policy))
		return library_error(cli, NULL);
	if (cli->json)
		show_json(cli, &target, policy);
	else
		show_text(cli, &target, policy);
	vfiomig_policy_free(policy);
	return RC_OK;
}

int cmd_policy_save(struct cli *cli)
{
	struct vfiomig_policy *policy;
	int rc;

	if (vfiomig_policy_get(cli->lib, &policy))
		return library_error(cli, NULL);
	rc = document_written(vfiomig_policy_write(policy, cli_json_flags(cli),
						   stdout));
	vfiomig_policy_free(policy);
	return rc;
}

/* ---------------------------------------------------------------- set, del */

static int report(const struct cli *cli, const struct target *target,
		  size_t set, size_t deleted)
{
	struct json_object *json;
	char *text, *clean;

	if (cli->json) {
		json = json_object_new_object();
		if (!json)
			no_memory();
		json_add(json, "scope",
			 json_object_new_string(target->driver ? "driver" :
								 "all"));
		if (target->driver)
			json_add(json, "driver",
				 vfiomig_string_json(target->driver));
		json_add(json, "set", json_object_new_int64(set));
		json_add(json, "deleted", json_object_new_int64(deleted));
		print_json(cli, json);
	} else if (cli->verbose) {
		text = policy_scope_text(target->driver);
		clean = printable(text);
		printf("%s: %zu set, %zu deleted\n", clean, set, deleted);
		free(clean);
		free(text);
	}
	return RC_OK;
}

static int no_attribute(const struct cli *cli)
{
	return usage_error(cli, "%s: no attribute given (see: vfiomig help %s)",
			   cli->command->words, cli->command->words);
}

static int set_attr(struct cli *cli, const struct target *target,
		    const struct words *w)
{
	struct vfiomig_attr *attr = vfiomig_attr_new(w->name);
	const struct vfiomig_attr *attrs[] = { attr }, *old = NULL;
	const struct vfiomig_scope *scope = NULL;
	struct vfiomig_policy *policy = NULL;
	int err = 0;

	if (!attr)
		no_memory();
	if (words_need_old(w))
		err = vfiomig_policy_get(cli->lib, &policy);
	if (policy)
		scope = vfiomig_policy_find(policy, target->driver);
	if (scope)
		old = vfiomig_scope_find(scope, w->name);
	if (!err)
		err = words_attr(cli, w, old, attr);
	if (!err)
		err = vfiomig_policy_set(cli->lib, target->driver, attrs, 1, 0);
	vfiomig_policy_free(policy);
	vfiomig_attr_free(attr);
	return err ? failed(cli, target) : report(cli, target, 1, 0);
}

int cmd_policy_set(struct cli *cli)
{
	struct target target = { NULL };
	struct words words = { NULL };
	int rc = read_target(cli, &target);

	if (rc == RC_OK && cli->argc == target.used)
		rc = no_attribute(cli);
	if (rc == RC_OK)
		rc = words_read(cli, target.used, &words);
	return rc == RC_OK ? set_attr(cli, &target, &words) : rc;
}

int cmd_policy_del(struct cli *cli)
{
	struct target target = { NULL };
	int rc = read_target(cli, &target);
	size_t n;

	if (rc == RC_OK && cli->argc == target.used)
		rc = no_attribute(cli);
	if (rc != RC_OK)
		return rc;
	n = cli->argc - target.used;
	if (vfiomig_policy_del(cli->lib, target.driver,
			       (const char *const *)cli->argv + target.used, n))
		return failed(cli, &target);
	return report(cli, &target, 0, n);
}
