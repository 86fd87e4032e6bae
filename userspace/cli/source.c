// SPDX-License-Identifier: GPL-2.0-or-later
/* Devices and types by their handle, or in a file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

static bool is_file(const char *text)
{
	size_t len = strlen(text);

	return *text == '/' || *text == '.' || !strcmp(text, "-") ||
	       (len >= 5 && !strcmp(text + len - 5, ".json"));
}

static void split(const char *text, struct word *word)
{
	char *hash;

	word->text = format("%s", text);
	hash = strrchr(word->text, '#');
	if (hash) {
		word->file = format("%.*s", (int)(hash - word->text),
				    word->text);
		word->handle = hash + 1;
		if (is_file(word->file))
			return;
		free(word->file);
		word->file = NULL;
	}
	if (is_file(word->text)) {
		word->file = format("%s", word->text);
		word->handle = NULL;
	} else {
		word->handle = word->text;
	}
}

/* Reads a word, which must be freed also if it is wrong. */
int word_read(struct cli *cli, const char *text, struct word *word)
{
	struct vfiomig_handle *handle;
	int rc = RC_OK;

	split(text, word);
	if (!word->handle)
		return RC_OK;
	handle = get_handle(cli, word->handle, &rc);
	vfiomig_handle_free(handle);
	return rc;
}

void word_free(struct word *word)
{
	free(word->text);
	free(word->file);
}

bool word_is_stdin(const struct word *word)
{
	return word->file && !strcmp(word->file, "-");
}

/**
 * struct sources - what a file holds that may be the source
 * @handle: what it must be called, or NULL
 * @n: how many there are
 * @first: the first of them
 */
struct sources {
	const char *handle;
	size_t n;
	struct vfiomig_object *first;
};

static int take_source(struct vfiomig_object *object, void *arg)
{
	struct sources *s = arg;

	if (s->handle && strcmp(s->handle, vfiomig_object_handle(object)))
		return 0;
	if (!s->n++)
		s->first = vfiomig_object_ref(object);
	return 0;
}

static int no_single_source(const struct cli *cli, const struct word *word,
			    const struct sources *s)
{
	const char *command = cli->command->words;

	if (s->n && s->handle)
		return usage_error(cli,
				   "%s %s: %zu of its documents hold %s, and a source is one",
				   command, word->file, s->n, s->handle);
	if (s->n)
		return usage_error(cli,
				   "%s %s: it holds %zu devices and types, and a source is one: write %s#HANDLE",
				   command, word->file, s->n, word->file);
	if (!s->handle)
		return usage_error(cli, "%s %s: it holds no device or type",
				   command, word->file);
	return not_found_error(cli, "%s %s: it holds no %s", command,
			       word->file, s->handle);
}

/* The file that the word names could not be opened. */
int source_not_open(struct cli *cli, const struct word *word)
{
	return input_error(cli, errno, "%s %s: %s", cli->command->words,
			   word->file, strerror(errno));
}

/* Reads the one device or type that the word means from its open file. */
int source_read(struct cli *cli, const struct word *word, FILE *file,
		struct vfiomig_object **source)
{
	struct sources s = { .handle = word->handle };
	int rc = RC_OK;

	if (vfiomig_profile_read(cli->lib, file, word->file, take_source, &s))
		rc = library_error(cli, NULL);
	else if (s.n == 1)
		*source = vfiomig_object_ref(s.first);
	else
		rc = no_single_source(cli, word, &s);
	vfiomig_object_unref(s.first);
	return rc;
}

/* Asks the kernel for the device or type that the word names. */
int source_ask(struct cli *cli, const struct word *word,
	       struct vfiomig_object **source)
{
	struct vfiomig_handle *handle;
	int err, rc = RC_OK;

	handle = get_handle(cli, word->handle, &rc);
	if (!handle)
		return rc;
	err = vfiomig_get(cli->lib, handle, source);
	vfiomig_handle_free(handle);
	return err ? library_error(cli, word->text) : RC_OK;
}

/* Gets what the word means, whatever it is. */
int source_get(struct cli *cli, const struct word *word,
	       struct vfiomig_object **source)
{
	FILE *file;
	int rc;

	if (!word->file)
		return source_ask(cli, word, source);
	file = word_is_stdin(word) ? stdin : fopen(word->file, "re");
	if (!file)
		return source_not_open(cli, word);
	rc = source_read(cli, word, file, source);
	if (file != stdin)
		fclose(file);
	return rc;
}
