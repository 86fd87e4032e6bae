// SPDX-License-Identifier: GPL-2.0-only
/* See report.h. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "nl.h"
#include "report.h"

unsigned int runs;

/* @text says how many runs there are. */
void report_begin(const char *text)
{
	int n = text ? atoi(text) : 0;

	if (n < 1 || n > RUNS_MAX) {
		errno = EINVAL;
		die("number of runs");
	}
	runs = n;
	printf("[");
}

/* What one took in each run, in nanoseconds. */
void report(const char *what, unsigned int devices, unsigned int attrs,
	    const double *ns)
{
	static const char *between = "";
	unsigned int i;

	printf("%s\n{\"what\":\"%s\",\"devices\":%u,\"attrs\":%u,\"ns\":[",
	       between, what, devices, attrs);
	for (i = 0; i < runs; i++)
		printf("%s%.1f", i ? "," : "", ns[i]);
	printf("]}");
	fflush(stdout);
	between = ",";
}

void report_end(void)
{
	printf("\n]\n");
}
