/* SPDX-License-Identifier: GPL-2.0-only */
/* The bare devices of vfio_mig_sim. */
#ifndef BENCH_SIM_H
#define BENCH_SIM_H

#include <linux/types.h>

struct req;

void sim_devices(unsigned int n);
void sim_put(struct req *req, __u16 type, unsigned int n);

#endif
