// SPDX-License-Identifier: LGPL-2.1-or-later
/* Handles: BUS/NAME for a device, BUS/PARENT/TYPE for a type. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* The parts share one allocation, which begins with the structure. */
struct storage {
	struct vfiomig_handle handle;
	char text[];
};

void vfiomig_handle_free(struct vfiomig_handle *handle)
{
	free(handle);
}

/* Cuts @text at its slashes. Returns how many parts it has, 4 if too many. */
static int split(char *text, const char *parts[3])
{
	char *part;
	int n = 0;

	while ((part = strsep(&text, "/"))) {
		if (n == 3)
			return 4;
		parts[n++] = part;
	}
	return n;
}

static int check(struct vfiomig *ctx, const char *parts[], int n)
{
	if (n < 2 || n > 3)
		return vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
				 "not a handle: a device is BUS/NAME, as pci/0000:05:00.1, a type BUS/PARENT/TYPE, as mdev/0000:00:02.0/i915-GVTg_V5_4");

	for (int i = 0; i < n; i++) {
		size_t max = i ? VFIO_MIG_HANDLE_PART_MAX : VFIO_MIG_BUS_MAX;
		size_t len = strlen(parts[i]);

		if (!len)
			return vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
					 "not a handle: part %d of it is empty",
					 i + 1);
		if (len > max)
			return vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
					 "not a handle: part %d of it is longer than %zu bytes",
					 i + 1, max);
	}
	return 0;
}

int vfiomig_handle_parse(struct vfiomig *ctx, const char *text,
			 struct vfiomig_handle **handle)
{
	size_t size = strlen(text) + 1;
	const char *parts[3];
	struct storage *s;
	int err, n;

	s = calloc(1, sizeof(*s) + size);
	if (!s)
		return vmig_nomem(ctx);
	memcpy(s->text, text, size);

	n = split(s->text, parts);
	err = check(ctx, parts, n);
	if (err) {
		free(s);
		return err;
	}

	s->handle.bus = parts[0];
	s->handle.parent = n == 3 ? parts[1] : NULL;
	s->handle.name = parts[n - 1];
	*handle = &s->handle;
	return 0;
}
