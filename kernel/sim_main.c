// SPDX-License-Identifier: GPL-2.0-only
/*
 * Devices that are simulated, to try things out with: a machine without any
 * hardware can have whatever a test needs, and be two hosts at once.
 *
 *	sim_bare.c	devices that are none of VFIO's, for scale
 *	sim_parent.c	parents of mediated devices, and their types
 *	sim_config.c	what can be set of a parent, a host
 *	sim_profile.c	what devices and types say of themselves
 *	sim_vdev.c	the mediated devices: memory that users read and write
 *	sim_mig.c	the states of their migration
 *	sim_save.c	the file through which their state is read
 *	sim_resume.c	the file through which it is written
 */

#include <linux/module.h>

#include "sim.h"

static int __init vfio_mig_sim_init(void)
{
	int err;

	err = sim_parent_init();
	if (err)
		return err;

	err = sim_bare_init();
	if (err)
		sim_parent_exit();
	return err;
}

static void __exit vfio_mig_sim_exit(void)
{
	sim_bare_exit();
	sim_parent_exit();
}

module_init(vfio_mig_sim_init);
module_exit(vfio_mig_sim_exit);

MODULE_DESCRIPTION("Simulated devices for vfio_mig");
MODULE_AUTHOR("The vfio_mig authors");
MODULE_LICENSE("GPL");
MODULE_IMPORT_NS(COMPAT_NS(VFIO_MIG));
