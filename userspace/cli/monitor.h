/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the parts of the monitor share. */
#ifndef VFIOMIG_MONITOR_H
#define VFIOMIG_MONITOR_H

#include "cli.h"

/**
 * struct patterns - patterns of the shell's kind
 * @n: how many there are
 * @globs: the patterns
 * @text: what they stand in, or NULL if that is the command line
 */
struct patterns {
	int n;
	char **globs;
	char *text;
};

/**
 * struct filter - what is printed
 * @events: a bit for each kind of events, by its number; 0 for all
 * @attrs: one of them must fit an attribute that an event is about
 * @handles: one of them must fit the object's handle
 */
struct filter {
	unsigned int events;
	struct patterns attrs;
	struct patterns handles;
};

int filter_read(struct cli *cli, struct filter *filter);
void filter_free(struct filter *filter);
bool filter_passes(const struct filter *filter,
		   const struct vfiomig_event *event);

char *event_text(const struct cli *cli, const struct vfiomig_event *event);

#endif /* VFIOMIG_MONITOR_H */
