/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What went wrong, and where.
 */
#ifndef SELFTESTS_VFIO_MIG_FAULT_H
#define SELFTESTS_VFIO_MIG_FAULT_H

#include <linux/types.h>

#ifndef __printf
#define __printf(fmt, args) __attribute((__format__(printf, fmt, args)))
#endif

#ifndef ARRAY_SIZE
#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#endif

/**
 * struct fault - the step that failed
 * @step:	its name; NULL as long as nothing went wrong
 * @on:		"source" or "target", set by who knows which it is
 * @err:	the errno
 * @text:	what was to be done there
 */
struct fault {
	const char *step;
	const char *on;
	int err;
	char text[160];
};

int fault_set(struct fault *fault, const char *step, int err,
	      const char *fmt, ...) __printf(4, 5);

#endif
