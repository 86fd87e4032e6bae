// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects and their attributes, as their users see them. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* An attribute's value can be named in two ways. */
_Static_assert(offsetof(struct vfiomig_attr, type) ==
	       offsetof(struct vfiomig_attr, value.type) &&
	       offsetof(struct vfiomig_attr, u64) ==
	       offsetof(struct vfiomig_attr, value.u64) &&
	       offsetof(struct vfiomig_attr, string) ==
	       offsetof(struct vfiomig_attr, value.string) &&
	       offsetof(struct vfiomig_attr, version.patch) ==
	       offsetof(struct vfiomig_attr, value.version.patch) &&
	       offsetof(struct vfiomig_attr, bits) ==
	       offsetof(struct vfiomig_attr, value.bits),
	       "both name the same place");

struct vmig_document *vmig_document_ref(struct vmig_document *document)
{
	__atomic_add_fetch(&document->refs, 1, __ATOMIC_RELAXED);
	return document;
}

void vmig_document_unref(struct vmig_document *document)
{
	if (!document ||
	    __atomic_sub_fetch(&document->refs, 1, __ATOMIC_ACQ_REL))
		return;

	free(document->file);
	free(document->host);
	free(document->taken_at);
	free(document);
}

struct vfiomig_object *vfiomig_object_ref(struct vfiomig_object *object)
{
	__atomic_add_fetch(&object->refs, 1, __ATOMIC_RELAXED);
	return object;
}

void vfiomig_object_unref(struct vfiomig_object *object)
{
	if (!object)
		return;
	if (__atomic_sub_fetch(&object->refs, 1, __ATOMIC_ACQ_REL))
		return;

	for (size_t i = 0; i < object->n_attrs; i++) {
		free((void *)object->attrs[i].labels);
		free((void *)object->attrs[i].unknown);
		free((void *)object->attrs[i].accept);
		free((void *)object->attrs[i].settable);
	}
	free(object->left_out);
	for (size_t i = 0; i < object->refused.n_findings; i++)
		free((void *)object->refused.findings[i].message);
	free((void *)object->refused.findings);
	vmig_document_unref(object->document);
	free(object->attrs);
	free(object->unknown);
	free(object->handle);
	free(object->wire);
	free(object);
}

/* Whether the kernel of this host has told of it. */
bool vmig_object_is_local(const struct vfiomig_object *object)
{
	return !object->sysfs && !object->document;
}

enum vfiomig_kind vfiomig_object_kind(const struct vfiomig_object *object)
{
	return object->kind;
}

const char *vfiomig_object_handle(const struct vfiomig_object *object)
{
	return object->handle;
}

uint32_t vfiomig_object_id(const struct vfiomig_object *object)
{
	return object->id;
}

uint64_t vfiomig_object_seq(const struct vfiomig_object *object)
{
	return object->seq;
}

bool vfiomig_object_available(const struct vfiomig_object *object,
			      uint32_t *available)
{
	if (object->has_available)
		*available = object->available;

	return object->has_available;
}

const struct vfiomig_refused *
vfiomig_object_refused(const struct vfiomig_object *object)
{
	return object->has_refused ? &object->refused : NULL;
}

const struct vfiomig_left_out *
vfiomig_object_left_out(const struct vfiomig_object *object, size_t index)
{
	return index < object->n_left_out ? &object->left_out[index] : NULL;
}

uint32_t vfiomig_object_left_out_more(const struct vfiomig_object *object)
{
	return object->left_out_more;
}

bool vfiomig_object_from_sysfs(const struct vfiomig_object *object)
{
	return object->sysfs;
}

bool vfiomig_object_in_use(const struct vfiomig_object *object)
{
	return object->in_use;
}

const char *vfiomig_object_file(const struct vfiomig_object *object)
{
	return object->document ? object->document->file : NULL;
}

unsigned int vfiomig_object_document(const struct vfiomig_object *object)
{
	return object->document ? object->document->number : 0;
}

const char *vfiomig_object_host(const struct vfiomig_object *object)
{
	return object->document ? object->document->host : NULL;
}

const char *vfiomig_object_taken_at(const struct vfiomig_object *object)
{
	return object->document ? object->document->taken_at : NULL;
}

size_t vfiomig_object_attrs(const struct vfiomig_object *object)
{
	return object->n_attrs;
}

const struct vfiomig_attr *
vfiomig_object_attr(const struct vfiomig_object *object, size_t index)
{
	return index < object->n_attrs ? &object->attrs[index] : NULL;
}

static int by_name(const void *name, const void *attr)
{
	return strcmp(name, ((const struct vfiomig_attr *)attr)->name);
}

const struct vfiomig_attr *
vfiomig_object_find(const struct vfiomig_object *object, const char *name)
{
	if (!object->n_attrs)
		return NULL;

	return bsearch(name, object->attrs, object->n_attrs,
		       sizeof(*object->attrs), by_name);
}

const struct vfiomig_unknown *
vfiomig_object_unknown(const struct vfiomig_object *object, size_t index)
{
	return index < object->n_unknown ? &object->unknown[index] : NULL;
}

bool vfiomig_attr_bit(const struct vfiomig_attr *attr, unsigned int bit)
{
	return bit < VFIOMIG_BITS && attr->bits[bit / 8] & 1u << bit % 8;
}

const char *vfiomig_attr_label(const struct vfiomig_attr *attr,
			       unsigned int bit)
{
	for (size_t i = 0; i < attr->n_labels; i++)
		if (attr->labels[i].bit == bit)
			return attr->labels[i].name;

	return NULL;
}

static bool same_unknown(const struct vfiomig_unknown *a, size_t n_a,
			 const struct vfiomig_unknown *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (a[i].where != b[i].where || a[i].number != b[i].number ||
		    a[i].len != b[i].len ||
		    memcmp(a[i].data, b[i].data, a[i].len))
			return false;

	return true;
}

static bool same_value(const struct vfiomig_value *a,
		       const struct vfiomig_value *b)
{
	if (a->type != b->type)
		return false;

	switch (a->type) {
	case VFIOMIG_VALUE_BOOL:
		return a->boolean == b->boolean;
	case VFIOMIG_VALUE_U64:
		return a->u64 == b->u64;
	case VFIOMIG_VALUE_STRING:
		return !strcmp(a->string, b->string);
	case VFIOMIG_VALUE_VERSION:
		return a->version.major == b->version.major &&
		       a->version.minor == b->version.minor &&
		       a->version.patch == b->version.patch;
	case VFIOMIG_VALUE_BITS:
		return !memcmp(a->bits, b->bits, sizeof(a->bits));
	default:
		return true;
	}
}

static bool same_labels(const struct vfiomig_attr *a,
			const struct vfiomig_attr *b)
{
	if (a->n_labels != b->n_labels)
		return false;
	for (size_t i = 0; i < a->n_labels; i++)
		if (a->labels[i].bit != b->labels[i].bit ||
		    strcmp(a->labels[i].name, b->labels[i].name))
			return false;

	return true;
}

static bool same_ranges(const struct vfiomig_range *a, size_t n_a,
			const struct vfiomig_range *b, size_t n_b)
{
	if (n_a != n_b)
		return false;
	for (size_t i = 0; i < n_a; i++)
		if (!same_value(&a[i].value, &b[i].value) ||
		    !same_value(&a[i].min, &b[i].min) ||
		    !same_value(&a[i].max, &b[i].max))
			return false;

	return true;
}

bool vfiomig_attr_equal(const struct vfiomig_attr *a,
			const struct vfiomig_attr *b)
{
	return !strcmp(a->name, b->name) && a->rule == b->rule &&
	       a->severity == b->severity && a->missing == b->missing &&
	       a->origin == b->origin && a->scope == b->scope &&
	       same_value(&a->value, &b->value) &&
	       same_labels(a, b) &&
	       same_ranges(a->accept, a->n_accept, b->accept, b->n_accept) &&
	       same_ranges(a->settable, a->n_settable, b->settable,
			   b->n_settable) &&
	       same_unknown(a->unknown, a->n_unknown, b->unknown, b->n_unknown);
}

static bool same_left_out(const struct vfiomig_object *a,
			  const struct vfiomig_object *b)
{
	if (a->n_left_out != b->n_left_out ||
	    a->left_out_more != b->left_out_more)
		return false;
	for (size_t i = 0; i < a->n_left_out; i++)
		if (strcmp(a->left_out[i].attr, b->left_out[i].attr) ||
		    a->left_out[i].scope != b->left_out[i].scope ||
		    a->left_out[i].reason != b->left_out[i].reason)
			return false;

	return true;
}

/* Whether nothing but the event number tells two states of an object apart. */
bool vmig_object_same(const struct vfiomig_object *a,
		      const struct vfiomig_object *b)
{
	if (strcmp(a->handle, b->handle) || a->n_attrs != b->n_attrs ||
	    a->has_available != b->has_available ||
	    a->available != b->available ||
	    a->refused.count != b->refused.count || !same_left_out(a, b) ||
	    !same_unknown(a->unknown, a->n_unknown, b->unknown, b->n_unknown))
		return false;
	for (size_t i = 0; i < a->n_attrs; i++)
		if (!vfiomig_attr_equal(&a->attrs[i], &b->attrs[i]))
			return false;

	return true;
}

bool vfiomig_change_next(const struct vfiomig_event *event, size_t cursor[2],
			 const struct vfiomig_attr **before,
			 const struct vfiomig_attr **now)
{
	for (;;) {
		const struct vfiomig_attr *a, *b;
		int order;

		a = vfiomig_object_attr(event->old, cursor[0]);
		b = vfiomig_object_attr(event->object, cursor[1]);
		if (!a && !b)
			return false;

		if (a && b)
			order = strcmp(a->name, b->name);
		else
			order = a ? -1 : 1;
		*before = order <= 0 ? a : NULL;
		*now = order >= 0 ? b : NULL;
		cursor[0] += !!*before;
		cursor[1] += !!*now;
		if (order || !vfiomig_attr_equal(a, b))
			return true;
	}
}
