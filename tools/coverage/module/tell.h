/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Included before all else of what is measured: what the compiler has it call
 * is vfio_mig_cover's. Its own name is the kernel's, where that has KCOV.
 */
#ifndef VFIO_MIG_COVER_TELL_H
#define VFIO_MIG_COVER_TELL_H

asm(".set __sanitizer_cov_trace_pc, vfio_mig_cover_hit");

#endif /* VFIO_MIG_COVER_TELL_H */
