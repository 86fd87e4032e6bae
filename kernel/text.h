/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VFIO_MIG_TEXT_H
#define VFIO_MIG_TEXT_H

#include <linux/types.h>

void vfio_mig_text_clean(char *dst, size_t size, const char *src);

#endif
