// SPDX-License-Identifier: LGPL-2.1-or-later
/* Attributes that a user of the library makes, and their words. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/**
 * struct piece - memory that an attribute holds
 * @next: more of it
 * @data: the memory
 */
struct piece {
	struct piece *next;
	max_align_t data[];
};

/**
 * struct made - an attribute that was made here
 * @attr: the attribute
 * @pieces: what it points to
 */
struct made {
	struct vfiomig_attr attr;
	struct piece *pieces;
};

static void *take_memory(struct made *made, size_t size)
{
	struct piece *piece = calloc(1, sizeof(*piece) + size);

	if (!piece)
		return NULL;
	piece->next = made->pieces;
	made->pieces = piece;
	return piece->data;
}

static char *take_copy(struct made *made, const char *text, size_t len)
{
	char *copy = take_memory(made, len + 1);

	if (copy)
		memcpy(copy, text, len);
	return copy;
}

void vfiomig_attr_free(struct vfiomig_attr *attr)
{
	struct made *made = (struct made *)attr;

	if (!made)
		return;
	while (made->pieces) {
		struct piece *next = made->pieces->next;

		free(made->pieces);
		made->pieces = next;
	}
	free(made);
}

struct vfiomig_attr *vfiomig_attr_new(const char *name)
{
	struct made *made = calloc(1, sizeof(*made));

	if (!made)
		return NULL;
	made->attr.name = take_copy(made, name, strlen(name));
	if (!made->attr.name) {
		vfiomig_attr_free(&made->attr);
		return NULL;
	}
	return &made->attr;
}

/* Says what @text is not, and of which attribute. */
static int wrong(struct vfiomig *ctx, const struct made *made,
		 const char *text, size_t len, const char *what)
{
	vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, EINVAL, "\"%.*s\" is %s", (int)len,
		  text, what);
	ctx->error.attribute = strdup(made->attr.name);
	return -EINVAL;
}

/* ------------------------------------------------------------------ values */

enum vfiomig_value_type vfiomig_value_guess(const char *text)
{
	struct vfiomig_value value;

	if (!strcmp(text, "true") || !strcmp(text, "false"))
		return VFIOMIG_VALUE_BOOL;
	if (vmig_read_u64(text, &value.u64))
		return VFIOMIG_VALUE_U64;
	if (vmig_read_version(text, &value))
		return VFIOMIG_VALUE_VERSION;

	return VFIOMIG_VALUE_STRING;
}

/* The bit that a number or a label names, or -1. */
static int bit_of(const struct vfiomig_attr *labels, const char *text)
{
	uint64_t bit;

	if (vmig_read_u64(text, &bit))
		return bit < VFIOMIG_BITS ? (int)bit : -1;

	for (size_t i = 0; labels && i < labels->n_labels; i++)
		if (!strcmp(labels->labels[i].name, text))
			return labels->labels[i].bit;

	return -1;
}

static int read_bits(struct vfiomig *ctx, struct made *made, char *text,
		     const struct vfiomig_attr *labels,
		     struct vfiomig_value *value)
{
	char *part;
	int bit;

	memset(value->bits, 0, sizeof(value->bits));
	if (!strcmp(text, "-"))
		return 0;
	while ((part = strsep(&text, ","))) {
		bit = bit_of(labels, part);
		if (bit < 0)
			return wrong(ctx, made, part, strlen(part),
				     "neither a bit from 0 to 255 nor a label that the attribute has here");
		if (value->bits[bit / 8] & 1u << bit % 8)
			return wrong(ctx, made, part, strlen(part),
				     "a bit that stands there twice");
		value->bits[bit / 8] |= 1u << bit % 8;
	}
	return 0;
}

/* What has the first @len bytes of @text for its value. */
static int read_value(struct vfiomig *ctx, struct made *made,
		      enum vfiomig_value_type type, const char *text,
		      size_t len, const struct vfiomig_attr *labels,
		      struct vfiomig_value *value)
{
	char *copy = take_copy(made, text, len);

	if (!copy)
		return vmig_nomem(ctx);
	value->type = type;
	switch (type) {
	case VFIOMIG_VALUE_BOOL:
		value->boolean = !strcmp(copy, "true");
		if (!value->boolean && strcmp(copy, "false"))
			return wrong(ctx, made, text, len,
				     "neither true nor false");
		return 0;
	case VFIOMIG_VALUE_U64:
		if (!vmig_read_u64(copy, &value->u64))
			return wrong(ctx, made, text, len, vmig_no_u64);
		return 0;
	case VFIOMIG_VALUE_STRING:
		value->string = copy;
		return 0;
	case VFIOMIG_VALUE_VERSION:
		if (!vmig_read_version(copy, value))
			return wrong(ctx, made, text, len, vmig_no_version);
		return 0;
	case VFIOMIG_VALUE_BITS:
		return read_bits(ctx, made, copy, labels, value);
	default:
		return wrong(ctx, made, text, len,
			     "of a type that has no values here");
	}
}

int vfiomig_attr_read_value(struct vfiomig *ctx, struct vfiomig_attr *attr,
			    enum vfiomig_value_type type, const char *text,
			    const struct vfiomig_attr *labels)
{
	return read_value(ctx, (struct made *)attr, type, text, strlen(text),
			  labels, &attr->value);
}

int vfiomig_attr_copy_labels(struct vfiomig *ctx, struct vfiomig_attr *attr,
			     const struct vfiomig_attr *from)
{
	struct made *made = (struct made *)attr;
	struct vfiomig_label *labels;

	labels = take_memory(made, from->n_labels * sizeof(*labels));
	if (!labels)
		return vmig_nomem(ctx);
	for (size_t i = 0; i < from->n_labels; i++) {
		const char *name = from->labels[i].name;

		labels[i].bit = from->labels[i].bit;
		labels[i].name = take_copy(made, name, strlen(name));
		if (!labels[i].name)
			return vmig_nomem(ctx);
	}
	attr->labels = labels;
	attr->n_labels = from->n_labels;
	return 0;
}

/* ------------------------------------------------------------------- lists */

/* One value, or MIN-MAX, of which one or both may be missing. */
static int read_range(struct vfiomig *ctx, struct made *made,
		      enum vfiomig_value_type type, const char *text,
		      size_t len, struct vfiomig_range *range)
{
	const char *dash = NULL;
	int err = 0;

	if (len == 1 && *text == '-')
		return 0;
	/* a string may hold a dash, and has no ranges */
	if (type != VFIOMIG_VALUE_STRING)
		dash = memchr(text, '-', len);
	if (!dash)
		return read_value(ctx, made, type, text, len, NULL,
				  &range->value);

	if (dash > text)
		err = read_value(ctx, made, type, text, dash - text, NULL,
				 &range->min);
	len -= dash + 1 - text;
	if (!err && len)
		err = read_value(ctx, made, type, dash + 1, len, NULL,
				 &range->max);
	return err;
}

static size_t count_parts(const char *text)
{
	size_t n = 1;

	while ((text = strchr(text, ','))) {
		text++;
		n++;
	}
	return n;
}

int vfiomig_attr_read_accept(struct vfiomig *ctx, struct vfiomig_attr *attr,
			     enum vfiomig_value_type type, const char *text)
{
	struct made *made = (struct made *)attr;
	size_t n = count_parts(text);
	struct vfiomig_range *ranges;
	int err = 0;

	if (type == VFIOMIG_VALUE_BOOL || type == VFIOMIG_VALUE_BITS)
		return wrong(ctx, made, text, strlen(text),
			     "a list, and only u64, string and version have lists");
	ranges = take_memory(made, n * sizeof(*ranges));
	if (!ranges)
		return vmig_nomem(ctx);

	for (size_t i = 0; !err && i < n; i++) {
		size_t len = strcspn(text, ",");

		if (!len)
			return wrong(ctx, made, text, len,
				     "no value: an entry of the list is empty");
		err = read_range(ctx, made, type, text, len, &ranges[i]);
		text += len + 1;
	}
	attr->accept = ranges;
	attr->n_accept = n;
	return err;
}
