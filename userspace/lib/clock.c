// SPDX-License-Identifier: LGPL-2.1-or-later
/* The time, in a file of its own so that tests can have another one. */
#include <time.h>

#include "internal.h"

/* Milliseconds since some moment, whatever is done to the calendar. */
uint64_t vmig_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
