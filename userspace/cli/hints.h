/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What QEMU has against a migration, as far as the profiles tell. */
#ifndef VFIOMIG_HINTS_H
#define VFIOMIG_HINTS_H

#include "cli.h"

unsigned int hints_of(const struct vfiomig_object *object);
struct json_object *hints_json(unsigned int source, unsigned int target);
void hints_print(const struct cli *cli, unsigned int source,
		 unsigned int target);

#endif /* VFIOMIG_HINTS_H */
