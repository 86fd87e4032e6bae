/* SPDX-License-Identifier: (GPL-2.0-only OR BSD-3-Clause) */
#ifndef VFIO_MIG_ORDER_H
#define VFIO_MIG_ORDER_H

#include <linux/types.h>

#ifndef __KERNEL__
#include <stdbool.h>
#include <stddef.h>
#endif

void vfio_mig_order_swap(void *wire, size_t len, bool ours);

#endif
