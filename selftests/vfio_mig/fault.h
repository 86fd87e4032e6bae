/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Allocations that fail: see Documentation/fault-injection/ of the kernel.
 */
#ifndef SELFTESTS_VFIO_MIG_FAULT_H
#define SELFTESTS_VFIO_MIG_FAULT_H

#include <stdbool.h>

/* Which allocations: those that somebody has asked for. */
enum fault_scope {
	/* anybody */
	FAULT_ALL,
	/* a function of vfio_mig, or whom it calls */
	FAULT_CORE,
	/* a function of vfio_mig_sim, or whom it calls first */
	FAULT_SIM,
	/* the function with which a module begins */
	FAULT_INIT,
	FAULT_SCOPES,
};

bool fault_there(void);
int fault_begin(enum fault_scope scope);
void fault_end(void);

int fault_nth(unsigned int n);
bool fault_reached(void);

int fault_percent(unsigned int percent);

#endif
