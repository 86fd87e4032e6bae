/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The cases of the thread, as they stand in their file. */
#ifndef VFIOMIG_TESTS_CASES_H
#define VFIOMIG_TESTS_CASES_H

#include <stdbool.h>

#include <json-c/json.h>

#include "vfiomig.h"

/* Where they stand, relative to the folder that holds the tree. */
#define CASES_BESIDE "../shared/cases/thread.json"

/*
 * All of them, from the folder or file that VFIO_MIG_CASES names, else from
 * beside the tree, whose folder VFIOMIG_TOP names; NULL if they are not there.
 */
struct json_object *read_cases(void);

const char *case_name(struct json_object *c);

/* The "attrs" of "source" or "target" as JSON, valid as long as @c. */
const char *case_attrs(struct json_object *c, const char *side);

/* Is the answer the one that is wanted? */
bool case_fits(struct json_object *c, const struct vfiomig_result *result);

#endif /* VFIOMIG_TESTS_CASES_H */
