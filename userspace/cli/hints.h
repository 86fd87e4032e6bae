/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU has against a migration, as far as the profiles tell. */
#ifndef VFIOMIG_HINTS_H
#define VFIOMIG_HINTS_H

#include "cli.h"

struct json_object *hints_json(const struct vfiomig_object *source,
			       const struct vfiomig_object *target);
void hints_print(const struct cli *cli, const struct vfiomig_object *source,
		 const struct vfiomig_object *target);

#endif /* VFIOMIG_HINTS_H */
