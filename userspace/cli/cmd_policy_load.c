// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig policy load: what files say, all of it or nothing. */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <json-c/json.h>
#include <linux/vfio_mig.h>

#include "cli.h"
#include "policy.h"

/* -------------------------------------------------------------- the files */

/**
 * struct load - files being read
 * @cli: the command
 * @policy: what they say
 * @rc: what is wrong with the first that is wrong
 */
struct load {
	struct cli *cli;
	struct vfiomig_policy *policy;
	int rc;
};

/* Tells each mistake, but with -j, where an answer is one object, the first. */
static void keep_status(struct load *load, int rc)
{
	if (load->rc == RC_OK)
		load->rc = rc;
}

static bool is_over(const struct load *load)
{
	return load->rc != RC_OK && load->cli->json;
}

static void not_open(struct load *load, const char *path)
{
	keep_status(load, input_error(load->cli, errno, "%s %s: %s",
				      load->cli->command->words, path,
				      strerror(errno)));
}

static void read_file(struct load *load, const char *path)
{
	bool is_stdin = !strcmp(path, "-");
	FILE *file = is_stdin ? stdin : fopen(path, "re");

	if (!file) {
		not_open(load, path);
		return;
	}
	if (vfiomig_policy_read(load->cli->lib, file, path, load->policy))
		keep_status(load, library_error(load->cli, NULL));
	if (!is_stdin)
		fclose(file);
}

static int is_document(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return *entry->d_name != '.' && len > 5 &&
	       !strcmp(entry->d_name + len - 5, ".json");
}

static int bytewise(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void read_folder(struct load *load, const char *path)
{
	struct dirent **entries;
	int n = scandir(path, &entries, is_document, bytewise);

	if (n < 0) {
		not_open(load, path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char *file = format("%s/%s", path, entries[i]->d_name);

		if (!is_over(load))
			read_file(load, file);
		free(file);
		free(entries[i]);
	}
	free(entries);
}

static void read_all(struct load *load)
{
	struct stat st;

	for (int i = 0; i < load->cli->argc && !is_over(load); i++) {
		const char *path = load->cli->argv[i];

		if (strcmp(path, "-") && !stat(path, &st) &&
		    S_ISDIR(st.st_mode))
			read_folder(load, path);
		else
			read_file(load, path);
	}
}

/* ----------------------------------------------------- what it would change */

/**
 * struct difference - of what is said, and what shall be said
 * @set: so many attributes are set
 * @deleted: so many are deleted
 * @json: each of them, or NULL
 * @print: print each of them
 */
struct difference {
	size_t set;
	size_t deleted;
	struct json_object *json;
	bool print;
};

/* As one would say it with policy set. */
static void print_change(const char *driver, const struct vfiomig_attr *old,
			 const struct vfiomig_attr *new)
{
	char *scope = policy_scope_text(driver);
	char *words = new ? attr_words(new) : format("%s", old->name);
	char *line = format("%s %s: %s", !old ? "+" : new ? "~" : "-", scope,
			    words);
	char *clean = printable(line);

	puts(clean);
	free(clean);
	free(line);
	free(words);
	free(scope);
}

static struct json_object *change_json(const char *driver,
				       const struct vfiomig_attr *old,
				       const struct vfiomig_attr *new)
{
	struct json_object *json = json_object_new_object();

	if (!json)
		no_memory();
	json_add(json, "scope",
		 json_object_new_string(driver ? "driver" : "all"));
	if (driver)
		json_add(json, "driver", vfiomig_string_json(driver));
	json_add(json, "attr", vfiomig_string_json((new ?: old)->name));
	if (old)
		json_add(json, "old", vfiomig_attr_json(old));
	if (new)
		json_add(json, "new", vfiomig_attr_json(new));
	return json;
}

static void differ(struct difference *d, const char *driver,
		   const struct vfiomig_attr *old,
		   const struct vfiomig_attr *new)
{
	if (old && new && vfiomig_attr_equal(old, new))
		return;
	if (new)
		d->set++;
	else
		d->deleted++;
	if (d->print)
		print_change(driver, old, new);
	if (d->json && json_object_array_add(d->json,
					     change_json(driver, old, new)))
		no_memory();
}

static void compare(struct difference *d, const struct vfiomig_policy *now,
		    const struct vfiomig_policy *want, bool replace)
{
	const struct vfiomig_scope *scope, *other;
	const struct vfiomig_attr *attr;

	for (size_t i = 0; (scope = vfiomig_policy_scope(want, i)); i++) {
		other = vfiomig_policy_find(now, scope->driver);
		for (size_t j = 0; (attr = vfiomig_scope_attr(scope, j)); j++)
			differ(d, scope->driver, !other ? NULL :
			       vfiomig_scope_find(other, attr->name), attr);
	}
	for (size_t i = 0; replace && (scope = vfiomig_policy_scope(now, i));
	     i++) {
		other = vfiomig_policy_find(want, scope->driver);
		for (size_t j = 0; (attr = vfiomig_scope_attr(scope, j)); j++)
			if (!other || !vfiomig_scope_find(other, attr->name))
				differ(d, scope->driver, attr, NULL);
	}
}

/* ------------------------------------------------------------ the command */

static int dry_run(struct cli *cli, const struct vfiomig_policy *now,
		   const struct vfiomig_policy *want, bool replace)
{
	struct difference d = { .print = !cli->json };
	struct json_object *json;

	if (vfiomig_policy_check(cli->lib, want))
		return library_error(cli, NULL);
	if (!cli->json) {
		compare(&d, now, want, replace);
		if (!d.set && !d.deleted)
			fputs("nothing to change\n", stderr);
		return RC_OK;
	}
	json = json_object_new_object();
	d.json = json_object_new_array();
	if (!json || !d.json)
		no_memory();
	compare(&d, now, want, replace);
	json_add(json, "changes", d.json);
	print_json(cli, json);
	return RC_OK;
}

static int report(struct cli *cli, const struct difference *d)
{
	struct json_object *json;

	if (cli->json) {
		json = json_object_new_object();
		if (!json)
			no_memory();
		json_add(json, "set", json_object_new_int64(d->set));
		json_add(json, "deleted", json_object_new_int64(d->deleted));
		print_json(cli, json);
	} else if (cli->verbose) {
		printf("%zu set, %zu deleted\n", d->set, d->deleted);
	}
	return RC_OK;
}

/* Whoever wants it to end gets all or nothing, too: he has to wait for it. */
static int load_whole(struct cli *cli, const struct vfiomig_policy *want,
		      bool replace)
{
	sigset_t set, before;
	int err;

	sigemptyset(&set);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &before);
	err = vfiomig_policy_load(cli->lib, want,
				  replace ? VFIOMIG_REPLACE : 0);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return err;
}

static int load_policy(struct cli *cli, const struct vfiomig_policy *want)
{
	bool replace = option_given(cli, OPTION_REPLACE);
	struct difference d = { 0 };
	struct vfiomig_policy *now;
	int rc;

	if (vfiomig_policy_get(cli->lib, &now))
		return library_error(cli, NULL);
	if (option_given(cli, OPTION_DRY_RUN)) {
		rc = dry_run(cli, now, want, replace);
	} else {
		compare(&d, now, want, replace);
		if (load_whole(cli, want, replace))
			rc = library_error(cli, NULL);
		else
			rc = report(cli, &d);
	}
	vfiomig_policy_free(now);
	return rc;
}

int cmd_policy_load(struct cli *cli)
{
	struct load load = { .cli = cli };

	if (!cli->argc)
		return usage_error(cli,
				   "%s: no file given (see: vfiomig help %s)",
				   cli->command->words, cli->command->words);
	load.policy = vfiomig_policy_new();
	if (!load.policy)
		no_memory();
	read_all(&load);
	if (load.rc == RC_OK)
		load.rc = load_policy(cli, load.policy);
	vfiomig_policy_free(load.policy);
	return load.rc;
}
