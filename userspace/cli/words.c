// SPDX-License-Identifier: GPL-2.0-or-later
/* Attributes in words, as an administrator says them. */
#include <stdlib.h>
#include <string.h>

#include <linux/vfio_mig.h>

#include "words.h"

/* -------------------------------------------------------------- the words */

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
 * NAME [VALUE] [KEYWORD WORD]..., from the word @at on, which is there. A value
 * is there if the number of words says so, so that it may be called as a
 * keyword is.
 */
int words_read(struct cli *cli, int at, struct words *w)
{
	int rc = RC_OK;

	w->name = cli->argv[at++];
	if (cli->argc > at &&
	    ((cli->argc - at) % 2 || !find_keyword(cli->argv[at])))
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

/* That of the values in a list; strings are all that is something else. */
static enum vfiomig_value_type guess_list(const char *list)
{
	enum vfiomig_value_type type = VFIOMIG_VALUE_UNKNOWN, one;

	for (;;) {
		size_t len = strcspn(list, ",-");
		char *value = format("%.*s", (int)len, list);

		one = *value ? vfiomig_value_guess(value) : type;
		free(value);
		if (type && one != type)
			return VFIOMIG_VALUE_STRING;
		type = one;
		if (!list[len])
			break;
		list += len + 1;
	}
	return type ?: VFIOMIG_VALUE_STRING;
}

static enum vfiomig_value_type type_of(const struct words *w,
				       const struct vfiomig_attr *old)
{
	enum vfiomig_value_type type = number_of(w, KEYWORD_TYPE);
	const char *accept = w->given[KEYWORD_ACCEPT];

	if (type)
		return type;
	if (old && old->type && (!w->value || is_ours(old)))
		return old->type;
	if (w->value)
		return vfiomig_value_guess(w->value);

	return accept ? guess_list(accept) : VFIOMIG_VALUE_STRING;
}

/*
 * What the words say, @old being what was said so far, or NULL. Returns 0, or
 * a negative errno that the library tells of.
 */
int words_attr(struct cli *cli, const struct words *w,
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

/* Whether what was said so far says how to read the words. */
bool words_need_old(const struct words *w)
{
	enum vfiomig_value_type type = number_of(w, KEYWORD_TYPE);

	return !type || type == VFIOMIG_VALUE_BITS;
}
