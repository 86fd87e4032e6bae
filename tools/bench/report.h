/* SPDX-License-Identifier: GPL-2.0-only */
/* What a benchmark prints: a list of what it has measured, as JSON. */
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#define RUNS_MAX	100

/* how often each thing is measured */
extern unsigned int runs;

void report_begin(const char *text);
void report(const char *what, unsigned int devices, unsigned int attrs,
	    const double *ns);
void report_end(void);

#endif
