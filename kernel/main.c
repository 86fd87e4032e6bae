// SPDX-License-Identifier: GPL-2.0-only
/*
 * Publishes what VFIO devices are and what they accept, so that it can be
 * told before a migration whether two devices fit.
 *
 *	discover.c	finds the VFIO devices
 *	mdev.c		the types from which mediated devices are created
 *	describe.c	what the core knows of them
 *	provider.c	who knows more, for one driver each
 *	draft.c		all that while it is written
 *	profile.c	all that, when it is done
 *	words.c		attributes that many profiles have, each kept once
 *	alike.c		which targets no source tells apart
 *	overlay.c	what the administrator says besides
 *	policy.c	what he says of a driver's devices, or of all
 *	compose.c	all that is said, one over another
 *	edit.c		changing that, and what the driver can be told to set
 *	bare.c		devices that are none of VFIO's
 *	registry.c	what is published, and the events that say so
 *	netlink.c	the family that people ask
 *	policy_get.c	the same for policies
 *	match.c		reads profiles, and holds a source against a target
 *	check.c		the same over netlink, for one target or all
 *	move.c		devices that go to another network namespace
 *	stream.c	the same in front of a migration stream
 *	report.c	what drivers tell of streams that they refuse
 */

#include <linux/module.h>
#include <net/genetlink.h>

#include "alike.h"
#include "discover.h"
#include "netlink.h"
#include "registry.h"
#include "report.h"
#include "words.h"

static int __init vfio_mig_init(void)
{
	int err;

	err = vfio_mig_words_init();
	if (err)
		return err;

	err = vfio_mig_alike_init();
	if (err)
		goto err_words;

	err = vfio_mig_registry_init();
	if (err)
		goto err_alike;

	err = vfio_mig_nl_init();
	if (err)
		goto err_registry;

	err = vfio_mig_discover_init();
	if (err)
		goto err_nl;
	return 0;

err_nl:
	vfio_mig_nl_exit();
err_registry:
	vfio_mig_registry_exit();
err_alike:
	vfio_mig_alike_exit();
err_words:
	vfio_mig_words_exit();
	return err;
}

static void __exit vfio_mig_exit(void)
{
	/* listeners are told of each object that goes, then of the family */
	vfio_mig_discover_exit();
	vfio_mig_report_exit();
	vfio_mig_nl_exit();
	vfio_mig_registry_exit();
	vfio_mig_alike_exit();
	vfio_mig_words_exit();
}

module_init(vfio_mig_init);
module_exit(vfio_mig_exit);

MODULE_DESCRIPTION("Migration compatibility of VFIO devices");
MODULE_AUTHOR("The vfio_mig authors");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY(VFIO_MIG_FAMILY_NAME);
