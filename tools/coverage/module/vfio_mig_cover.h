/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_COVER_H
#define VFIO_MIG_COVER_H

void __sanitizer_cov_trace_pc(void);

#endif /* VFIO_MIG_COVER_H */
