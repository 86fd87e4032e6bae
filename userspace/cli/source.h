/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Devices and types by their handle, or in a file. */
#ifndef VFIOMIG_SOURCE_H
#define VFIOMIG_SOURCE_H

#include "cli.h"

/**
 * struct word - a word of the command line
 * @text: the word
 * @file: the file that it names, "-" for standard input, or NULL
 * @handle: the handle that it names, or NULL
 */
struct word {
	char *text;
	char *file;
	const char *handle;
};

int word_read(struct cli *cli, const char *text, struct word *word);
void word_free(struct word *word);
bool word_is_stdin(const struct word *word);

int source_not_open(struct cli *cli, const struct word *word);
int source_read(struct cli *cli, const struct word *word, FILE *file,
		struct vfiomig_object **source);
int source_ask(struct cli *cli, const struct word *word,
	       struct vfiomig_object **source);
int source_get(struct cli *cli, const struct word *word,
	       struct vfiomig_object **source);

#endif /* VFIOMIG_SOURCE_H */
