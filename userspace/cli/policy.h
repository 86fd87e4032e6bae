/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the commands about policies share. */
#ifndef VFIOMIG_CLI_POLICY_H
#define VFIOMIG_CLI_POLICY_H

#include "cli.h"

char *policy_scope_text(const char *driver);

#endif /* VFIOMIG_CLI_POLICY_H */
