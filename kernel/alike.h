/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_ALIKE_H
#define VFIO_MIG_ALIKE_H

#include <linux/types.h>

struct vfio_mig_words;

void vfio_mig_alike_join(struct vfio_mig_words *list);
bool vfio_mig_alike_drop(struct vfio_mig_words *list);

int vfio_mig_alike_init(void);
void vfio_mig_alike_exit(void);

#endif
