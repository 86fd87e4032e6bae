/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Attributes in words, as an administrator says them. */
#ifndef VFIOMIG_WORDS_H
#define VFIOMIG_WORDS_H

#include "cli.h"

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

int words_read(struct cli *cli, int at, struct words *w);
bool words_need_old(const struct words *w);
int words_attr(struct cli *cli, const struct words *w,
	       const struct vfiomig_attr *old, struct vfiomig_attr *attr);

#endif /* VFIOMIG_WORDS_H */
