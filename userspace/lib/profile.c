// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Profile documents: read device by device, so that a document may hold any
 * number of them.
 */
#include <errno.h>
#include <search.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

/**
 * struct profiles - profile documents being read
 * @r: what all readers have
 * @take: is given each object
 * @arg: for @take
 * @document: the one that is being read
 * @has_schema: it has told its schema
 * @handles: those that stand in it already
 * @handle: the object's handle, NULL as long as it is not known
 * @handle_line: where it stands
 * @id: the object's id, 0 if it is not known
 * @seq: number of its last event, 0 if it is not known
 * @available: how many devices can be created from it
 * @has_available: @available is known
 * @in_use: it is told to be open
 * @sysfs: it is told to be read from sysfs
 * @whole: the object as it stands on the wire
 */
struct profiles {
	struct reading r;
	int (*take)(struct vfiomig_object *object, void *arg);
	void *arg;
	struct vmig_document *document;
	bool has_schema;
	void *handles;

	char *handle;
	unsigned long handle_line;
	uint64_t id;
	uint64_t seq;
	uint64_t available;
	bool has_available;
	bool in_use;
	bool sysfs;
	struct wire whole;
};

static struct profiles *profiles_of(struct reading *r)
{
	return (struct profiles *)((char *)r - offsetof(struct profiles, r));
}

/* ------------------------------------------------------- devices and types */

static bool read_handle(struct reading *r)
{
	struct profiles *p = profiles_of(r);

	p->handle_line = r->scan->line;
	return reading_string(r, "handle", &p->handle);
}

static bool read_id(struct reading *r)
{
	return reading_number(r, "id", UINT32_MAX, &profiles_of(r)->id);
}

static bool read_seq(struct reading *r)
{
	return reading_number(r, "seq", UINT64_MAX, &profiles_of(r)->seq);
}

static bool read_available(struct reading *r)
{
	struct profiles *p = profiles_of(r);

	p->has_available = true;
	return reading_number(r, "available", UINT32_MAX, &p->available);
}

static bool read_in_use(struct reading *r)
{
	enum scan_token token = r->scan->token;

	profiles_of(r)->in_use = token == SCAN_TRUE;
	return reading_pass(r, token == SCAN_TRUE ? SCAN_TRUE : SCAN_FALSE,
			    "in_use", "neither true nor false");
}

static bool read_by(struct reading *r)
{
	profiles_of(r)->sysfs = r->scan->token == SCAN_STRING &&
				!strcmp(r->scan->text, "sysfs");
	return reading_pass(r, SCAN_STRING, "by", "not a string");
}

static const struct reading_key object_keys[] = {
	{ "handle", read_handle },
	{ "id", read_id },
	{ "seq", read_seq },
	{ "available", read_available },
	{ "in_use", read_in_use },
	{ "by", read_by },
	{ "attrs", reading_attrs },
	{ NULL }
};

static int order_of(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Whether the handle is new in the document; it is kept there. */
static bool remember_handle(struct profiles *p)
{
	const struct reading_member member = { "handle", -1, NULL };
	char *handle = strdup(p->handle);
	char **found;

	found = handle ? tsearch(handle, &p->handles, order_of) : NULL;
	if (!found) {
		free(handle);
		return reading_no_memory(&p->r);
	}
	if (*found == handle)
		return true;

	free(handle);
	return reading_wrong(&p->r, p->handle_line, &member,
			     "\"%s\" stands in the document twice",
			     p->handle);
}

static enum vfiomig_kind kind_of(const struct profiles *p)
{
	return strcmp(p->r.array, "types") ? VFIOMIG_DEVICE : VFIOMIG_TYPE;
}

static bool parse_handle(struct profiles *p, struct vfiomig_handle **handle)
{
	const struct reading_member member = { "handle", -1, NULL };
	enum vfiomig_kind kind = kind_of(p);
	char *why;

	if (vfiomig_handle_parse(p->r.ctx, p->handle, handle)) {
		why = strdup(p->r.ctx->error.message);
		if (!why)
			return reading_no_memory(&p->r);
		reading_wrong(&p->r, p->handle_line, &member, "%s", why);
		free(why);
		return false;
	}
	if (kind == ((*handle)->parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE))
		return true;

	vfiomig_handle_free(*handle);
	return reading_wrong(&p->r, p->handle_line, &member, "%s",
			     kind == VFIOMIG_TYPE ?
			     "not BUS/PARENT/TYPE, as of a type" :
			     "not BUS/NAME, as of a device");
}

/* The attributes behind their object, in order of their names. */
static bool put_object(struct profiles *p, const struct vfiomig_handle *handle)
{
	struct wire *w = &p->whole;

	w->len = 0;
	if (p->id)
		wire_put_u32(w, VFIO_MIG_A_OBJECT_ID, p->id);
	wire_put_string(w, VFIO_MIG_A_OBJECT_BUS, handle->bus);
	if (handle->parent)
		wire_put_string(w, VFIO_MIG_A_OBJECT_PARENT, handle->parent);
	wire_put_string(w, VFIO_MIG_A_OBJECT_NAME, handle->name);
	if (p->seq)
		wire_put_u64(w, VFIO_MIG_A_OBJECT_SEQ, p->seq);
	if (p->has_available)
		wire_put_u32(w, VFIO_MIG_A_OBJECT_AVAILABLE, p->available);
	for (unsigned int i = 0; i < p->r.index.n; i++) {
		const struct vfio_mig_view *view;

		view = &p->r.index.views[p->r.index.order[i]];
		wire_append(w, view->wire, NLA_ALIGN(view->len));
	}
	return w->failed ? reading_no_memory(&p->r) : true;
}

static bool hand_out(struct profiles *p)
{
	struct vfiomig_object *object;

	p->r.err = vmig_object_read_file(p->r.ctx, kind_of(p), p->document,
					 p->whole.data, p->whole.len, &object);
	if (p->r.err)
		return false;
	object->in_use = p->in_use;
	object->sysfs = p->sysfs;

	p->r.err = p->take(object, p->arg);
	vfiomig_object_unref(object);
	return !p->r.err;
}

static bool finish_object(struct profiles *p)
{
	struct vfiomig_handle *handle;
	bool ok;

	if (!p->handle || !p->r.has_attrs)
		return reading_wrong(&p->r, p->r.line, &reading_itself,
				     "\"%s\" is missing",
				     p->handle ? "attrs" : "handle");
	if (!reading_check_attrs(&p->r) || !parse_handle(p, &handle))
		return false;

	ok = remember_handle(p) && put_object(p, handle) && hand_out(p);
	vfiomig_handle_free(handle);
	return ok;
}

static bool read_object(struct reading *r)
{
	struct profiles *p = profiles_of(r);

	free(p->handle);
	p->handle = NULL;
	p->id = 0;
	p->seq = 0;
	p->has_available = false;
	p->in_use = false;
	p->sysfs = false;

	return reading_members(r, object_keys) && finish_object(p);
}

/* --------------------------------------------------------------- documents */

static bool read_schema(struct reading *r)
{
	profiles_of(r)->has_schema = true;
	return reading_schema(r, VFIOMIG_PROFILE_SCHEMA);
}

static bool read_host(struct reading *r)
{
	return reading_string(r, "host", &profiles_of(r)->document->host);
}

static bool read_kernel(struct reading *r)
{
	return reading_pass(r, SCAN_STRING, "kernel", "not a string");
}

static bool read_taken_at(struct reading *r)
{
	return reading_string(r, "taken_at",
			      &profiles_of(r)->document->taken_at);
}

static bool read_devices(struct reading *r)
{
	return reading_elements(r, "devices", read_object);
}

static bool read_types(struct reading *r)
{
	return reading_elements(r, "types", read_object);
}

static const struct reading_key document_keys[] = {
	{ "schema", read_schema },
	{ "host", read_host },
	{ "kernel", read_kernel },
	{ "taken_at", read_taken_at },
	{ "devices", read_devices },
	{ "types", read_types },
	{ NULL }
};

static bool begin_document(struct profiles *p, unsigned int number)
{
	tdestroy(p->handles, free);
	p->handles = NULL;
	vmig_document_unref(p->document);
	p->has_schema = false;

	p->document = calloc(1, sizeof(*p->document));
	if (!p->document)
		return reading_no_memory(&p->r);
	p->document->refs = 1;
	p->document->number = number;
	p->document->file = strdup(p->r.name);
	return p->document->file ? true : reading_no_memory(&p->r);
}

static bool read_document(struct reading *r, unsigned int number)
{
	struct profiles *p = profiles_of(r);
	unsigned long line = r->scan->line;

	if (!begin_document(p, number) || !reading_members(r, document_keys))
		return false;
	if (!p->has_schema)
		return reading_wrong(r, line, &reading_itself,
				     "not a profile document: \"schema\" is missing");
	return true;
}

int vfiomig_profile_read(struct vfiomig *ctx, FILE *in, const char *name,
			 int (*take)(struct vfiomig_object *object, void *arg),
			 void *arg)
{
	struct profiles *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return vmig_nomem(ctx);
	p->take = take;
	p->arg = arg;
	reading_begin(&p->r, ctx, in, name);
	reading_documents(&p->r, "profile", read_document);

	err = p->r.err;
	reading_end(&p->r);
	tdestroy(p->handles, free);
	vmig_document_unref(p->document);
	free(p->handle);
	free(p->whole.data);
	free(p);
	return err;
}

static int take_into_list(struct vfiomig_object *object, void *arg)
{
	return vfiomig_list_add(arg, object);
}

int vfiomig_profile_load(struct vfiomig *ctx, const char *path,
			 struct vfiomig_list **list)
{
	struct vfiomig_list *l;
	FILE *in;
	int err;

	in = fopen(path, "re");
	if (!in)
		return vmig_fail(ctx, VFIOMIG_CAUSE_INPUT, errno,
				 "cannot open %s: %s", path, strerror(errno));
	l = vfiomig_list_new();
	err = l ? vfiomig_profile_read(ctx, in, path, take_into_list, l) :
		  -ENOMEM;
	fclose(in);
	if (err == -ENOMEM)
		vmig_nomem(ctx);
	if (err)
		vfiomig_list_free(l);
	else
		*list = l;

	return err;
}
