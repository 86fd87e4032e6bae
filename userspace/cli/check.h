/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was found out by a check, and how it is printed. */
#ifndef VFIOMIG_CHECK_H
#define VFIOMIG_CHECK_H

#include "cli.h"

/**
 * struct target - a target that was judged, or could not be
 * @place: how many came before it
 * @result: what it has come to; NULL if it could not be judged
 * @hints: hints_of() it, if they are wanted and its profile is known
 * @name: if not: how it was called
 * @code: the exit status for that
 * @errnum: the errno, or 0
 * @attribute: the attribute at fault, or NULL
 * @message: why
 */
struct target {
	size_t place;
	struct vfiomig_result *result;
	unsigned int hints;
	const char *name;
	int code;
	int errnum;
	char *attribute;
	char *message;
};

/**
 * struct answer - what is printed
 * @source: the source
 * @named: the targets were named, not found
 * @n: how many @targets there are
 * @room: how many @targets has room for
 * @targets: the targets, those that could not be judged at the end
 */
struct answer {
	struct vfiomig_object *source;
	bool named;
	size_t n;
	size_t room;
	struct target *targets;
};

void print_answer(const struct cli *cli, const struct answer *answer);
int answer_code(const struct answer *answer);

#endif /* VFIOMIG_CHECK_H */
