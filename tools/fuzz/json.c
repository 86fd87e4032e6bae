// SPDX-License-Identifier: GPL-2.0-only
/*
 * Profile documents of any bytes: they are refused with a line, or read; what
 * was read can be written, and read again as the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "../../userspace/lib/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/**
 * struct reading - what becomes of a document
 * @ctx: the context
 * @first: its first object
 */
struct reading {
	struct vfiomig *ctx;
	struct vfiomig_object *first;
};

static void insist(bool holds)
{
	if (!holds)
		abort();
}

static int take(struct vfiomig_object *object, void *arg)
{
	struct reading *r = arg;

	if (!r->first)
		r->first = vfiomig_object_ref(object);
	return 0;
}

static int read_bytes(struct reading *r, const void *data, size_t size)
{
	FILE *in = fmemopen((void *)data, size, "r");
	int err;

	insist(in);
	err = vfiomig_profile_read(r->ctx, in, "f", take, r);
	fclose(in);
	return err;
}

/* What has an unknown member is written in more words than it was read. */
static bool is_plain(const struct vfiomig_object *object)
{
	const struct vfiomig_attr *a;

	for (size_t i = 0; (a = vfiomig_object_attr(object, i)); i++)
		if (a->n_unknown)
			return false;

	return true;
}

static void read_again(struct vfiomig *ctx, const struct vfiomig_object *object)
{
	struct vfiomig_list *list = vfiomig_list_new();
	struct reading again = { .ctx = ctx };
	char *text = NULL;
	size_t size;
	FILE *out;

	vfiomig_list_add(list, (struct vfiomig_object *)object);
	out = open_memstream(&text, &size);
	insist(!vfiomig_profile_write(list, VFIOMIG_JSON_PRETTY, out));
	fclose(out);
	vfiomig_list_free(list);

	insist(!read_bytes(&again, text, size));
	insist(again.first);
	if (is_plain(object))
		insist(vmig_object_same(again.first, object));
	vfiomig_object_unref(again.first);
	free(text);
}

/* An object against itself. */
static void judge(struct vfiomig *ctx, struct vfiomig_object *object)
{
	struct vfiomig_result *result;
	struct vfiomig_check *check;

	insist(!vfiomig_check_new(ctx, object, &check));
	insist(!vfiomig_check_target(check, object, &result));
	json_object_put(vfiomig_result_json(result));
	vfiomig_result_free(result);
	vfiomig_check_free(check);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reading r = { .ctx = vfiomig_new() };

	if (size && read_bytes(&r, data, size))
		insist(!strncmp(vfiomig_last_error(r.ctx)->message, "f:", 2));
	else if (r.first)
		read_again(r.ctx, r.first);
	if (r.first)
		judge(r.ctx, r.first);
	vfiomig_object_unref(r.first);
	vfiomig_free(r.ctx);
	return 0;
}
