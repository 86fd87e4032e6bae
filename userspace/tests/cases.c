// SPDX-License-Identifier: GPL-2.0-or-later
/* The cases of the thread, as they stand in their file. */
#include <stdio.h>
#include <stdlib.h>

#include "cases.h"
#include "judge.h"

struct json_object *read_cases(void)
{
	const char *folder = getenv("VFIO_MIG_CASES");
	const char *top = getenv("VFIOMIG_TOP");
	struct json_object *json;
	char *path;

	if (folder ? asprintf(&path, "%s/thread.json", folder) < 0 :
	    asprintf(&path, "%s/" CASES_BESIDE, top ? top : ".") < 0)
		return NULL;
	json = json_object_from_file(path);
	/* the variable may name the file as well */
	if (!json && folder)
		json = json_object_from_file(folder);
	free(path);
	return json;
}

const char *case_name(struct json_object *c)
{
	return json_object_get_string(json_object_object_get(c, "name"));
}

const char *case_attrs(struct json_object *c, const char *side)
{
	struct json_object *profile = json_object_object_get(c, side);

	return json_object_to_json_string(json_object_object_get(profile,
								 "attrs"));
}

static bool has(struct json_object *c, struct json_object *essence,
		const char *key)
{
	return json_object_equal(json_object_object_get(c, key),
				 json_object_object_get(essence, key));
}

bool case_fits(struct json_object *c, const struct vfiomig_result *result)
{
	struct json_object *got = essence(result);
	bool ok;

	ok = has(c, got, "verdict") && has(c, got, "findings") &&
	     has(c, got, "set");
	json_object_put(got);
	return ok;
}
