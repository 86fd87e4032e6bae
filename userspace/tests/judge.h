/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Profiles as text, and what the library makes of two of them. */
#ifndef VFIOMIG_TESTS_JUDGE_H
#define VFIOMIG_TESTS_JUDGE_H

#include <json-c/json.h>

#include "internal.h"

/*
 * JSON that is easier to read in C: ' stands for ", and these for themselves:
 * $S for a document's "schema", $A for the "attrs" of a device, which has one
 * of them, $D for such a device, pci/d. To be given back with free().
 */
char *json_of(const char *shorthand);

/*
 * The first object of a document, or NULL with the error told. That @document
 * holds no other is for the test to see to.
 */
struct vfiomig_object *read_text(struct vfiomig *ctx, const char *document);

/* A document of the one device test/NAME, whose "attrs" are that JSON. */
char *document_of(const char *name, const char *attrs);

/* The result of holding one against the other, each the JSON of "attrs". */
struct vfiomig_result *judge_text(struct vfiomig *ctx, const char *source,
				  const char *target);

/*
 * What cases are told apart by: {"verdict", "findings": [{attr, kind,
 * severity}], "set"}, where what is empty is left out.
 */
struct json_object *essence(const struct vfiomig_result *result);

#endif /* VFIOMIG_TESTS_JUDGE_H */
