/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The states of a migrating device.
 */
#ifndef SELFTESTS_VFIO_MIG_STATE_H
#define SELFTESTS_VFIO_MIG_STATE_H

#include <stdbool.h>
#include <linux/types.h>

#include "device.h"

const char *mig_name(unsigned int state);
bool mig_saving(unsigned int state);
bool mig_has(__u64 flags, unsigned int state);

int mig_flags(struct device *dev, struct fault *fault);
int mig_get(struct device *dev, unsigned int *state);
int mig_set(struct device *dev, unsigned int state, int *data);
int mig_go(struct device *dev, unsigned int state, int *data,
	   struct fault *fault);

#endif
