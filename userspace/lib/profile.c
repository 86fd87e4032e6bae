// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Profile documents: read device by device, so that a document may hold any
 * number of them.
 */
#include <errno.h>
#include <search.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "../../kernel/match.h"
#include "encode.h"
#include "internal.h"

/**
 * struct source - where an attribute stands in the document
 * @at: bytes from the beginning of the device's attributes on the wire
 * @line: the line it begins in
 */
struct source {
	size_t at;
	unsigned long line;
};

/**
 * struct profiles - documents being read
 * @ctx: for the error
 * @name: what the file is called
 * @scan: the JSON
 * @tree: the last value that was read as a whole
 * @take: is given each object
 * @arg: for @take
 * @err: what ended the reading
 * @document: the one that is being read
 * @has_schema: it has told its schema
 * @handles: those that stand in it already
 * @array: "devices" or "types", NULL outside of them
 * @object: index in @array
 * @attr: index in the object's attributes, -1 outside of them
 * @line: the line that the object begins in
 * @handle: the object's handle, NULL as long as it is not known
 * @handle_line: where it stands
 * @id: the object's id, 0 if it is not known
 * @seq: number of its last event, 0 if it is not known
 * @available: how many devices can be created from it
 * @has_available: @available is known
 * @in_use: it is told to be open
 * @sysfs: it is told to be read from sysfs
 * @has_attrs: its attributes have been read
 * @count: how large they are
 * @attrs: the attributes as they stand on the wire
 * @sources: where they stand in the document
 * @whole: the object as it stands on the wire
 * @index: the attributes, read
 */
struct profiles {
	struct vfiomig *ctx;
	const char *name;
	struct scan *scan;
	struct scan_tree tree;
	int (*take)(struct vfiomig_object *object, void *arg);
	void *arg;
	int err;
	struct vmig_document *document;
	bool has_schema;
	void *handles;

	const char *array;
	long object;
	long attr;

	unsigned long line;
	char *handle;
	unsigned long handle_line;
	uint64_t id;
	uint64_t seq;
	uint64_t available;
	bool has_available;
	bool in_use;
	bool sysfs;
	bool has_attrs;
	struct vfio_mig_count count;
	struct wire attrs;
	struct source sources[VFIO_MIG_ATTRS_MAX];
	struct wire whole;
	struct vfio_mig_index index;
};

/* ------------------------------------------------------------------ errors */

/**
 * struct member - what is at fault in a device, type or attribute
 * @key: the key of a member, or NULL
 * @index: an element of it, or -1
 * @end: a key in that, or NULL
 */
struct member {
	const char *key;
	long index;
	const char *end;
};

static const struct member itself = { .index = -1 };

/* "devices[3].attrs[5].accept[0].min" */
static char *path_of(const struct profiles *p, const struct member *member)
{
	const char *dot = "";
	size_t size;
	char *path;
	FILE *out;

	out = open_memstream(&path, &size);
	if (!out)
		return NULL;
	if (p->array) {
		fprintf(out, "%s[%ld]", p->array, p->object);
		dot = ".";
		if (p->attr >= 0)
			fprintf(out, ".attrs[%ld]", p->attr);
	}
	if (member->key)
		fprintf(out, "%s%s", dot, member->key);
	if (member->index >= 0)
		fprintf(out, "[%ld]", member->index);
	if (member->end)
		fprintf(out, ".%s", member->end);
	return fclose(out) ? NULL : path;
}

/* Tells what is wrong, and where. Returns false. */
static bool wrong(struct profiles *p, unsigned long line,
		  const struct member *member, const char *format, ...)
{
	char *path = path_of(p, member), *what;
	va_list args;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);

	if (path && what)
		p->err = vmig_fail(p->ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
				   "%s:%lu: %s%s%s", p->name, line, path,
				   *path ? ": " : "", what);
	else
		p->err = vmig_nomem(p->ctx);
	free(path);
	free(what);
	return false;
}

static bool no_memory(struct profiles *p)
{
	p->err = vmig_nomem(p->ctx);
	return false;
}

/* The JSON itself is wrong, or could not be read. */
static bool no_json(struct profiles *p)
{
	struct scan *scan = p->scan;

	if (scan->errnum == ENOMEM)
		return no_memory(p);
	if (scan->errnum) {
		p->err = vmig_fail(p->ctx, VFIOMIG_CAUSE_SYSTEM, scan->errnum,
				   "cannot read %s: %s", p->name,
				   scan->problem);
		return false;
	}
	return wrong(p, scan->line, &itself, "%s", scan->problem);
}

/* ----------------------------------------------------- members of any kind */

/**
 * struct key - a member that means something
 * @key: its key
 * @read: reads it, from its first token on
 */
struct key {
	const char *key;
	bool (*read)(struct profiles *p);
};

/* Reads an object. Members that are not among @keys are passed over. */
static bool read_members(struct profiles *p, const struct key *keys)
{
	uint32_t seen = 0;
	bool first = true;
	int more;

	for (;; first = false) {
		const struct key *k = keys;

		more = scan_member(p->scan, first);
		if (more <= 0)
			break;
		while (k->key && strcmp(k->key, p->scan->key))
			k++;
		if (!k->key) {
			if (!scan_value(p->scan, NULL))
				return no_json(p);
			continue;
		}
		if (seen & 1u << (k - keys))
			return wrong(p, p->scan->line, &itself,
				     "\"%s\" comes twice", k->key);
		seen |= 1u << (k - keys);
		if (!k->read(p))
			return false;
	}
	return more < 0 ? no_json(p) : true;
}

/* The current token is that, and has been passed; or it is told that not. */
static bool pass(struct profiles *p, enum scan_token token, const char *key,
		 const char *problem)
{
	const struct member member = { key, -1, NULL };

	if (p->scan->token == SCAN_ERROR)
		return no_json(p);
	if (p->scan->token != token)
		return wrong(p, p->scan->line, &member, "%s", problem);
	if (scan_next(p->scan) == SCAN_ERROR)
		return no_json(p);
	return true;
}

/* A copy of the string, instead of what was there. */
static bool copy_string(struct profiles *p, const char *key, char **copy)
{
	const struct member member = { key, -1, NULL };
	struct scan *scan = p->scan;

	if (scan->token == SCAN_STRING && strlen(scan->text) != scan->len)
		return wrong(p, scan->line, &member, "a NUL in a string");
	free(*copy);
	*copy = NULL;
	if (scan->token == SCAN_STRING) {
		*copy = strdup(scan->text);
		if (!*copy)
			return no_memory(p);
	}
	return pass(p, SCAN_STRING, key, "not a string");
}

/* A number, or a decimal string. */
static bool read_number(struct profiles *p, const char *key, uint64_t max,
			uint64_t *number)
{
	const struct member member = { key, -1, NULL };
	struct scan *scan = p->scan;
	bool ok = false;

	if (scan->token == SCAN_NUMBER ||
	    (scan->token == SCAN_STRING && scan->len &&
	     strspn(scan->text, "0123456789") == scan->len))
		ok = scan_whole(scan->text, number) && *number <= max;
	if (scan->token != SCAN_ERROR && !ok)
		return wrong(p, scan->line, &member,
			     "not a whole number from 0 to %llu",
			     (unsigned long long)max);
	return pass(p, scan->token, key, "");
}

/* -------------------------------------------------------------- attributes */

/* The attribute's own name, for the error, so far as it has one. */
static void name_attr(struct profiles *p, const char *name, size_t len)
{
	if (name && !p->ctx->error.attribute)
		p->ctx->error.attribute = strndup(name, len);
}

/* It is a document's own mistake. */
static bool bad_attr(struct profiles *p, struct encode_error *error)
{
	const struct member member = { error->key, error->index, error->end };
	const char *name = encode_name(&p->tree);

	if (!error->message)
		return no_memory(p);
	wrong(p, error->line, &member, "%s", error->message);
	free(error->message);
	if (name)
		name_attr(p, name, strlen(name));
	return false;
}

/*
 * Which member of the document is @offset bytes into the attribute? Of lists
 * the entry as well.
 */
static struct member find_member(const void *attr, size_t offset)
{
	const struct nlattr *nest = attr, *pos;
	struct member member = itself;
	long accept = 0, settable = 0;
	int rem;

	nla_for_each_nested(pos, nest, rem) {
		int type = nla_type(pos);
		const struct vmig_member *m;

		if ((size_t)((char *)pos - (char *)attr) == offset) {
			m = vmig_member(&vmig_attr_space, type);
			if (type == VFIO_MIG_A_ATTR_ACCEPT)
				member.index = accept;
			if (type == VFIO_MIG_A_ATTR_SETTABLE)
				member.index = settable;
			if (type == VFIO_MIG_A_ATTR_LABEL)
				member.key = "names";
			else if (type <= VFIO_MIG_A_ATTR_BITS)
				member.key = "value";
			else if (m)
				member.key = m->name;
			break;
		}
		accept += type == VFIO_MIG_A_ATTR_ACCEPT;
		settable += type == VFIO_MIG_A_ATTR_SETTABLE;
	}
	return member;
}

/* The engine refuses the attribute that begins at @at. */
static bool refused_attr(struct profiles *p, unsigned long line, size_t at,
			 const struct vfio_mig_fault *fault)
{
	const uint8_t *attr = p->attrs.data + at;
	struct member member = find_member(attr, fault->offset);

	wrong(p, line, &member, "%s", fault->reason);
	name_attr(p, fault->name, fault->name_len);
	return false;
}

/* The attribute that was written last, at @at. */
static bool check_attr(struct profiles *p, unsigned long line, size_t at)
{
	size_t len = p->attrs.len - at;
	struct vfio_mig_fault fault;
	const char *reason;

	reason = vfio_mig_count_attr(&p->count, len);
	if (reason) {
		const char *name = encode_name(&p->tree);

		wrong(p, line, &itself, "%s", reason);
		name_attr(p, name, name ? strlen(name) : 0);
		return false;
	}
	if (vfio_mig_index_read(&p->index, p->attrs.data + at, len, true,
				&fault))
		return refused_attr(p, line, at, &fault);
	return true;
}

static bool read_attr(struct profiles *p)
{
	unsigned long line = p->scan->line;
	struct encode_error error;
	size_t at = p->attrs.len;

	if (!scan_value(p->scan, &p->tree))
		return no_json(p);
	if (!encode_attr(&p->attrs, &p->tree, &error))
		return bad_attr(p, &error);
	if (p->attrs.failed)
		return no_memory(p);
	if (!check_attr(p, line, at))
		return false;

	/* there is room: that was counted */
	p->sources[p->attr].at = at;
	p->sources[p->attr].line = line;
	return true;
}

static bool read_attrs(struct profiles *p)
{
	bool first = true;
	int more;

	if (p->scan->token != SCAN_ARRAY)
		return pass(p, SCAN_ARRAY, "attrs", "not an array");
	p->has_attrs = true;
	for (p->attr = 0;; p->attr++, first = false) {
		more = scan_element(p->scan, first);
		if (more <= 0)
			break;
		if (!read_attr(p))
			return false;
	}
	p->attr = -1;
	return more < 0 ? no_json(p) : true;
}

/* All attributes together, now that they are known. */
static bool check_attrs(struct profiles *p)
{
	const struct member attrs = { "attrs", -1, NULL };
	struct vfio_mig_fault fault;

	if (!vfio_mig_index_read(&p->index,
				 p->attrs.data ? p->attrs.data : (void *)"",
				 p->attrs.len, true, &fault))
		return true;

	if (!p->index.n && !p->attrs.len)
		return wrong(p, p->line, &attrs, "%s", fault.reason);
	p->attr = 0;
	while (p->attr + 1 < (long)p->count.attrs &&
	       p->sources[p->attr + 1].at <= fault.offset)
		p->attr++;
	fault.offset -= p->sources[p->attr].at;
	return refused_attr(p, p->sources[p->attr].line,
			    p->sources[p->attr].at, &fault);
}

/* ------------------------------------------------------- devices and types */

static bool read_handle(struct profiles *p)
{
	p->handle_line = p->scan->line;
	return copy_string(p, "handle", &p->handle);
}

static bool read_id(struct profiles *p)
{
	return read_number(p, "id", UINT32_MAX, &p->id);
}

static bool read_seq(struct profiles *p)
{
	return read_number(p, "seq", UINT64_MAX, &p->seq);
}

static bool read_available(struct profiles *p)
{
	p->has_available = true;
	return read_number(p, "available", UINT32_MAX, &p->available);
}

static bool read_in_use(struct profiles *p)
{
	enum scan_token token = p->scan->token;

	p->in_use = token == SCAN_TRUE;
	return pass(p, token == SCAN_TRUE ? SCAN_TRUE : SCAN_FALSE, "in_use",
		    "neither true nor false");
}

static bool read_by(struct profiles *p)
{
	p->sysfs = p->scan->token == SCAN_STRING &&
		   !strcmp(p->scan->text, "sysfs");
	return pass(p, SCAN_STRING, "by", "not a string");
}

static const struct key object_keys[] = {
	{ "handle", read_handle },
	{ "id", read_id },
	{ "seq", read_seq },
	{ "available", read_available },
	{ "in_use", read_in_use },
	{ "by", read_by },
	{ "attrs", read_attrs },
	{ NULL }
};

static int order_of(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Whether the handle is new in the document; it is kept there. */
static bool remember_handle(struct profiles *p)
{
	const struct member member = { "handle", -1, NULL };
	char *handle = strdup(p->handle);
	char **found;

	found = handle ? tsearch(handle, &p->handles, order_of) : NULL;
	if (!found) {
		free(handle);
		return no_memory(p);
	}
	if (*found == handle)
		return true;

	free(handle);
	return wrong(p, p->handle_line, &member,
		     "\"%s\" stands in the document twice", p->handle);
}

static enum vfiomig_kind kind_of(const struct profiles *p)
{
	return strcmp(p->array, "types") ? VFIOMIG_DEVICE : VFIOMIG_TYPE;
}

static bool parse_handle(struct profiles *p, struct vfiomig_handle **handle)
{
	const struct member member = { "handle", -1, NULL };
	enum vfiomig_kind kind = kind_of(p);
	char *why;

	if (vfiomig_handle_parse(p->ctx, p->handle, handle)) {
		why = strdup(p->ctx->error.message);
		if (!why)
			return no_memory(p);
		wrong(p, p->handle_line, &member, "%s", why);
		free(why);
		return false;
	}
	if (kind == ((*handle)->parent ? VFIOMIG_TYPE : VFIOMIG_DEVICE))
		return true;

	vfiomig_handle_free(*handle);
	return wrong(p, p->handle_line, &member, "%s",
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
	for (unsigned int i = 0; i < p->index.n; i++) {
		const struct vfio_mig_view *view;

		view = &p->index.views[p->index.order[i]];
		wire_append(w, view->wire, NLA_ALIGN(view->len));
	}
	return w->failed ? no_memory(p) : true;
}

static bool hand_out(struct profiles *p)
{
	struct vfiomig_object *object;

	p->err = vmig_object_read_file(p->ctx, kind_of(p), p->document,
				       p->whole.data, p->whole.len, &object);
	if (p->err)
		return false;
	object->in_use = p->in_use;
	object->sysfs = p->sysfs;

	p->err = p->take(object, p->arg);
	vfiomig_object_unref(object);
	return !p->err;
}

static bool finish_object(struct profiles *p)
{
	struct vfiomig_handle *handle;
	bool ok;

	if (!p->handle || !p->has_attrs)
		return wrong(p, p->line, &itself, "\"%s\" is missing",
			     p->handle ? "attrs" : "handle");
	if (!check_attrs(p) || !parse_handle(p, &handle))
		return false;

	ok = remember_handle(p) && put_object(p, handle) && hand_out(p);
	vfiomig_handle_free(handle);
	return ok;
}

static bool read_object(struct profiles *p)
{
	free(p->handle);
	p->handle = NULL;
	p->id = 0;
	p->seq = 0;
	p->has_available = false;
	p->in_use = false;
	p->sysfs = false;
	p->has_attrs = false;
	p->attrs.len = 0;
	memset(&p->count, 0, sizeof(p->count));
	p->line = p->scan->line;

	if (p->scan->token != SCAN_OBJECT)
		return pass(p, SCAN_OBJECT, NULL, "not an object");

	return read_members(p, object_keys) && finish_object(p);
}

static bool read_objects(struct profiles *p, const char *array)
{
	bool first = true;
	int more;

	if (p->scan->token != SCAN_ARRAY)
		return pass(p, SCAN_ARRAY, array, "not an array");
	p->array = array;
	p->attr = -1;
	for (p->object = 0;; p->object++, first = false) {
		more = scan_element(p->scan, first);
		if (more <= 0)
			break;
		if (!read_object(p))
			return false;
	}
	p->array = NULL;
	return more < 0 ? no_json(p) : true;
}

/* --------------------------------------------------------------- documents */

static bool read_schema(struct profiles *p)
{
	const struct member member = { "schema", -1, NULL };
	struct scan *scan = p->scan;

	if (scan->token == SCAN_STRING &&
	    strcmp(scan->text, VFIOMIG_PROFILE_SCHEMA))
		return wrong(p, scan->line, &member,
			     "\"%s\" is another schema than \"%s\"",
			     scan->text, VFIOMIG_PROFILE_SCHEMA);

	p->has_schema = true;
	return pass(p, SCAN_STRING, "schema", "not a string");
}

static bool read_host(struct profiles *p)
{
	return copy_string(p, "host", &p->document->host);
}

static bool read_kernel(struct profiles *p)
{
	return pass(p, SCAN_STRING, "kernel", "not a string");
}

static bool read_taken_at(struct profiles *p)
{
	return copy_string(p, "taken_at", &p->document->taken_at);
}

static bool read_devices(struct profiles *p)
{
	return read_objects(p, "devices");
}

static bool read_types(struct profiles *p)
{
	return read_objects(p, "types");
}

static const struct key document_keys[] = {
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
		return no_memory(p);
	p->document->refs = 1;
	p->document->number = number;
	p->document->file = strdup(p->name);
	return p->document->file ? true : no_memory(p);
}

static bool read_document(struct profiles *p, unsigned int number)
{
	unsigned long line = p->scan->line;

	if (!begin_document(p, number))
		return false;
	if (p->scan->token != SCAN_OBJECT)
		return pass(p, SCAN_OBJECT, NULL,
			    "not a profile document: not an object");
	if (!read_members(p, document_keys))
		return false;
	if (!p->has_schema)
		return wrong(p, line, &itself,
			     "not a profile document: \"schema\" is missing");
	return true;
}

static bool read_documents(struct profiles *p)
{
	unsigned int number = 0;

	scan_next(p->scan);
	while (p->scan->token != SCAN_END) {
		if (p->scan->token == SCAN_ERROR)
			return no_json(p);
		if (!read_document(p, ++number))
			return false;
	}
	if (!number)
		return wrong(p, p->scan->line, &itself,
			     "not a profile document: empty");
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
	p->ctx = ctx;
	p->name = name;
	p->take = take;
	p->arg = arg;
	p->scan = scan_new(in);
	if (p->scan)
		read_documents(p);
	else
		no_memory(p);

	err = p->err;
	tdestroy(p->handles, free);
	vmig_document_unref(p->document);
	scan_free(p->scan);
	scan_tree_free(&p->tree);
	free(p->handle);
	free(p->attrs.data);
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
