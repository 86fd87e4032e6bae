// SPDX-License-Identifier: GPL-2.0-only
#include <stdarg.h>
#include <stdio.h>

#include "fault.h"

/**
 * fault_set() - note what went wrong
 * @fault:	the note
 * @step:	the step that failed
 * @err:	the errno, above 0
 * @fmt:	what was to be done
 *
 * Return: -1, for the caller to return.
 */
int fault_set(struct fault *fault, const char *step, int err,
	      const char *fmt, ...)
{
	va_list args;

	fault->step = step;
	fault->err = err;
	va_start(args, fmt);
	vsnprintf(fault->text, sizeof(fault->text), fmt, args);
	va_end(args);
	return -1;
}
