/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_COVER_H
#define VFIO_MIG_COVER_H

void vfio_mig_cover_hit(void);

#endif /* VFIO_MIG_COVER_H */
