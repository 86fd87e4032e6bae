/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client holds that joined the group, dumped, and has done to it since
 * what the events said; and whether that is what there is.
 */
#ifndef SELFTESTS_VFIO_MIG_MIRROR_H
#define SELFTESTS_VFIO_MIG_MIRROR_H

#include "nl.h"

struct mirror {
	/* asks */
	struct nl nl;
	/* listens */
	struct nl mon;
	/* all devices and types */
	struct objs held;
	/* number of the last event that is part of it */
	__u64 seq;
	/* events that were taken, ever */
	unsigned int events;
	/* how often it was told that something was lost */
	unsigned int overruns;
	/* that was so since the last look at what there is */
	bool lost;
	/* what cannot be, or NULL */
	const char *wrong;
};

int mirror_open(struct mirror *m);
void mirror_close(struct mirror *m);
unsigned int mirror_take(struct mirror *m, int quiet_ms);
const char *mirror_check(struct mirror *m);

#endif
