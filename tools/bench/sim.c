// SPDX-License-Identifier: GPL-2.0-only
/* See sim.h. */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>
#include <linux/vfio_mig.h>

#include "nl.h"
#include "sim.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"

/* There are as many, whatever there was. */
void sim_devices(unsigned int n)
{
	int fd = open(DEVICES, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || dprintf(fd, "%u\n", n) < 0 || close(fd))
		die(DEVICES);
}

/* Names one of them in a request. */
void sim_put(struct req *req, __u16 type, unsigned int n)
{
	__u32 nest = req_nest(req, type);
	char name[16];

	snprintf(name, sizeof(name), "sim%u", n);
	req_put_text(req, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_text(req, VFIO_MIG_A_OBJECT_NAME, name);
	req_end(req, nest);
}
