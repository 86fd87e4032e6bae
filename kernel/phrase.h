/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_PHRASE_H
#define VFIO_MIG_PHRASE_H

#include <linux/types.h>

struct vfio_mig_finding;

size_t vfio_mig_phrase_finding(char *buf, size_t size,
			       const struct vfio_mig_finding *finding);

#endif
