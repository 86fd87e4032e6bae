// SPDX-License-Identifier: GPL-2.0-or-later
/* vfiomig status */
#include <inttypes.h>
#include <stdlib.h>
#include <sys/utsname.h>

#include "cli.h"

static void print_text(const struct vfiomig_status *status)
{
	struct utsname uts;

	uname(&uts);
	printf("instance     %" PRIu64 "\n", status->instance);
	printf("last event   %" PRIu64 "\n", status->seq);
	printf("devices      %" PRIu32 "\n", status->devices);
	printf("types        %" PRIu32 "\n", status->types);
	if (status->has_undescribed)
		printf("undescribed  %" PRIu32 "\n", status->undescribed);
	printf("limits       %" PRIu32 " attributes, %" PRIu32
	       " bytes a profile\n", status->attrs_max, status->profile_max);
	printf("kernel       %s\n", uts.release);

	for (size_t i = 0; i < status->n_unknown; i++) {
		char *text = unknown_text(&status->unknown[i]);

		printf("unknown      %s\n", text);
		free(text);
	}
}

int cmd_status(struct cli *cli)
{
	struct vfiomig_status *status;

	if (vfiomig_get_status(cli->lib, &status))
		return library_error(cli, NULL);

	if (cli->json)
		print_json(cli, vfiomig_status_json(status));
	else
		print_text(status);

	vfiomig_status_free(status);
	return RC_OK;
}
