// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig dev attr ..., vfiomig profile load: what an administrator says. */
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>
#include <linux/vfio_mig.h>

#include "cli.h"
#include "source.h"

/**
 * struct words - an attribute in words
 * @name: its name
 * @value: its value, or NULL
 * @given: what stands behind each of the keywords, or NULL
 */
struct words {
	const char *name;
	const char *value;
	const char *given[KEYWORDS];
};

/* -------------------------------------------------------------- the words */

static int too_few(const struct cli *cli, const char *second)
{
	const char *command = cli->command->words;

	return usage_error(cli, "%s: no %s given (see: vfiomig help %s)",
			   command, cli->argc ? second : "device", command);
}

static const struct keyword *find_keyword(const char *word)
{
	for (const struct keyword *k = keywords; k < keywords + KEYWORDS; k++)
		if (!strcmp(k->word, word))
			return k;

	return NULL;
}

static const char *keyword_name(uint32_t number)
{
	return number > KEYWORDS ? NULL : keywords[number - 1].word;
}

/* "a, b or c" */
static char *choice(const char *(*name)(uint32_t number))
{
	char *text = format("%s", name(1));

	for (uint32_t n = 2; name(n); n++) {
		char *longer = format("%s%s%s", text,
				      name(n + 1) ? ", " : " or ", name(n));

		free(text);
		text = longer;
	}
	return text;
}

static int not_one_of(const struct cli *cli, const char *what, const char *word,
		      const char *(*name)(uint32_t number))
{
	char *names = choice(name);
	int rc;

	rc = usage_error(cli, "%s: %s \"%s\": %s", cli->command->words, what,
			 word, names);
	free(names);
	return rc;
}

/* The number of what was given behind a keyword, 0 if nothing was. */
static uint32_t number_of(const struct words *w, enum keyword_place place)
{
	const char *word = w->given[place], *name;

	for (uint32_t n = 1; word && (name = keywords[place].name(n)); n++)
		if (!strcmp(name, word))
			return n;

	return 0;
}

static int read_pair(struct cli *cli, struct words *w, int at)
{
	const struct keyword *k = find_keyword(cli->argv[at]);
	const char **given;

	if (!k)
		return not_one_of(cli, "unexpected", cli->argv[at],
				  keyword_name);
	if (at + 1 == cli->argc)
		return usage_error(cli, "%s: nothing stands behind \"%s\"",
				   cli->command->words, k->word);
	given = &w->given[k - keywords];
	if (*given)
		return usage_error(cli, "%s: \"%s\" comes twice",
				   cli->command->words, k->word);
	*given = cli->argv[at + 1];
	if (k->name && !number_of(w, k - keywords))
		return not_one_of(cli, k->word, *given, k->name);
	return RC_OK;
}

/* Without a value there is a rule, and nothing that goes with a value. */
static int check_rule_alone(struct cli *cli, const struct words *w)
{
	static const enum keyword_place others[] = {
		KEYWORD_TYPE, KEYWORD_SEVERITY, KEYWORD_MISSING
	};

	if (!w->given[KEYWORD_RULE])
		return usage_error(cli,
				   "%s: neither a value nor a rule for %s",
				   cli->command->words, w->name);
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		if (w->given[others[i]])
			return usage_error(cli,
					   "%s: %s has no value: without one only its rule can be replaced, and not its %s",
					   cli->command->words, w->name,
					   keywords[others[i]].word);
	return RC_OK;
}

/*
 * DEV NAME [VALUE] [KEYWORD WORD]... A value is there if the number of words
 * says so, so that it may be called as a keyword is.
 */
static int read_words(struct cli *cli, struct words *w)
{
	int at = 2, rc = RC_OK;

	if (cli->argc < 2)
		return too_few(cli, "attribute");
	w->name = cli->argv[1];
	if (cli->argc > at &&
	    (cli->argc % 2 || !find_keyword(cli->argv[at])))
		w->value = cli->argv[at++];
	for (; rc == RC_OK && at < cli->argc; at += 2)
		rc = read_pair(cli, w, at);
	if (rc == RC_OK && !w->value)
		rc = check_rule_alone(cli, w);
	if (rc == RC_OK && w->given[KEYWORD_ACCEPT] &&
	    number_of(w, KEYWORD_RULE) != VFIO_MIG_RULE_ONE_OF)
		rc = usage_error(cli,
				 "%s: \"accept\" goes with \"rule one-of\"",
				 cli->command->words);
	return rc;
}

/* ---------------------------------------------------------- the attribute */

/* One that is the administrator's to set anew, or that can be set. */
static bool is_ours(const struct vfiomig_attr *attr)
{
	return attr->origin == VFIO_MIG_ORIGIN_ADMIN || attr->n_settable;
}

static enum vfiomig_value_type type_of(const struct words *w,
				       const struct vfiomig_attr *old)
{
	enum vfiomig_value_type type = number_of(w, KEYWORD_TYPE);

	if (type)
		return type;
	if (old && old->type && (!w->value || is_ours(old)))
		return old->type;

	/* of an attribute that is not there, the kernel will say so */
	return w->value ? vfiomig_value_guess(w->value) : VFIOMIG_VALUE_STRING;
}

static int read_attr(struct cli *cli, const struct words *w,
		     const struct vfiomig_attr *old, struct vfiomig_attr *attr)
{
	enum vfiomig_value_type type = type_of(w, old);
	const char *accept = w->given[KEYWORD_ACCEPT];
	int err = 0;

	attr->rule = number_of(w, KEYWORD_RULE);
	attr->severity = number_of(w, KEYWORD_SEVERITY);
	attr->missing = number_of(w, KEYWORD_MISSING);
	if (w->value)
		err = vfiomig_attr_read_value(cli->lib, attr, type, w->value,
					      old);
	if (!err && w->value && type == VFIOMIG_VALUE_BITS && old &&
	    is_ours(old))
		err = vfiomig_attr_copy_labels(cli->lib, attr, old);
	if (!err && accept)
		err = vfiomig_attr_read_accept(cli->lib, attr, type, accept);
	return err;
}

/* Whether what the device has says how to read the words. */
static bool depends_on_device(const struct words *w)
{
	enum vfiomig_value_type type = number_of(w, KEYWORD_TYPE);

	return !type || type == VFIOMIG_VALUE_BITS;
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
	if (depends_on_device(w))
		err = vfiomig_get(cli->lib, handle, &object);
	if (object)
		old = vfiomig_object_find(object, w->name);
	if (!err)
		err = read_attr(cli, w, old, attr);
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

	rc = read_words(cli, &words);
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
