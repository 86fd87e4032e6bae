// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Documents of all kinds: read piece by piece, so that a document may be of any
 * length, with the place of each mistake.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "reading.h"

const struct reading_member reading_itself = { .index = -1 };

void reading_begin(struct reading *r, struct vfiomig *ctx, FILE *in,
		   const char *name)
{
	r->ctx = ctx;
	r->name = name;
	r->attr = -1;
	r->scan = scan_new(in);
	if (!r->scan)
		reading_no_memory(r);
}

void reading_end(struct reading *r)
{
	scan_free(r->scan);
	scan_tree_free(&r->tree);
	free(r->attrs.data);
}

/* ------------------------------------------------------------------ errors */

/* "devices[3].attrs[5].accept[0].min" */
static char *path_of(const struct reading *r,
		     const struct reading_member *member)
{
	const char *dot = "";
	size_t size;
	char *path;
	FILE *out;

	out = open_memstream(&path, &size);
	if (!out)
		return NULL;
	if (r->array) {
		fprintf(out, "%s[%ld]", r->array, r->element);
		dot = ".";
		if (r->attr >= 0)
			fprintf(out, ".attrs[%ld]", r->attr);
	}
	if (member->key)
		fprintf(out, "%s%s", dot, member->key);
	if (member->index >= 0)
		fprintf(out, "[%ld]", member->index);
	if (member->end)
		fprintf(out, ".%s", member->end);
	if (!fclose(out))
		return path;
	free(path);
	return NULL;
}

/* Tells what is wrong, and where. Returns false. */
bool reading_wrong(struct reading *r, unsigned long line,
		   const struct reading_member *member, const char *format, ...)
{
	char *path = path_of(r, member), *what;
	va_list args;

	va_start(args, format);
	if (vasprintf(&what, format, args) < 0)
		what = NULL;
	va_end(args);

	if (path && what)
		r->err = vmig_fail(r->ctx, VFIOMIG_CAUSE_INPUT, EINVAL,
				   "%s:%lu: %s%s%s", r->name, line, path,
				   *path ? ": " : "", what);
	else
		r->err = vmig_nomem(r->ctx);
	free(path);
	free(what);
	return false;
}

bool reading_no_memory(struct reading *r)
{
	r->err = vmig_nomem(r->ctx);
	return false;
}

/* The JSON itself is wrong, or could not be read. */
bool reading_no_json(struct reading *r)
{
	struct scan *scan = r->scan;

	if (scan->errnum == ENOMEM)
		return reading_no_memory(r);
	if (scan->errnum) {
		r->err = vmig_fail(r->ctx, VFIOMIG_CAUSE_INPUT, scan->errnum,
				   "cannot read %s: %s", r->name,
				   scan->problem);
		return false;
	}
	return reading_wrong(r, scan->line, &reading_itself, "%s",
			     scan->problem);
}

/* ----------------------------------------------------- members of any kind */

static bool unknown_key(struct reading *r)
{
	const struct reading_member member = { r->scan->key, -1, NULL };

	return reading_wrong(r, r->scan->line, &member,
			     "there is no such key (that of a comment begins with x-)");
}

/*
 * Reads an object. Members that are not among @keys are passed over, but not
 * in a policy: there nobody would notice that they do nothing.
 */
bool reading_members(struct reading *r, const struct reading_key *keys)
{
	uint32_t seen = 0;
	bool first = true;
	int more;

	for (;; first = false) {
		const struct reading_key *k = keys;

		more = scan_member(r->scan, first);
		if (more <= 0)
			break;
		while (k->key && strcmp(k->key, r->scan->key))
			k++;
		if (!k->key) {
			if (r->policy && strncmp(r->scan->key, "x-", 2))
				return unknown_key(r);
			if (!scan_value(r->scan, NULL))
				return reading_no_json(r);
			continue;
		}
		if (seen & 1u << (k - keys))
			return reading_wrong(r, r->scan->line, &reading_itself,
					     "\"%s\" comes twice", k->key);
		seen |= 1u << (k - keys);
		if (!k->read(r))
			return false;
	}
	return more < 0 ? reading_no_json(r) : true;
}

/* The current token is that, and has been passed; or it is told that not. */
bool reading_pass(struct reading *r, enum scan_token token, const char *key,
		  const char *problem)
{
	const struct reading_member member = { key, -1, NULL };

	if (r->scan->token == SCAN_ERROR)
		return reading_no_json(r);
	if (r->scan->token != token)
		return reading_wrong(r, r->scan->line, &member, "%s", problem);
	if (scan_next(r->scan) == SCAN_ERROR)
		return reading_no_json(r);
	return true;
}

/* A copy of the string, instead of what was there. */
bool reading_string(struct reading *r, const char *key, char **copy)
{
	const struct reading_member member = { key, -1, NULL };
	struct scan *scan = r->scan;

	if (scan->token == SCAN_STRING && strlen(scan->text) != scan->len)
		return reading_wrong(r, scan->line, &member,
				     "a NUL in a string");
	free(*copy);
	*copy = NULL;
	if (scan->token == SCAN_STRING) {
		*copy = strdup(scan->text);
		if (!*copy)
			return reading_no_memory(r);
	}
	return reading_pass(r, SCAN_STRING, key, "not a string");
}

/* A number, or a decimal string. */
bool reading_number(struct reading *r, const char *key, uint64_t max,
		    uint64_t *number)
{
	const struct reading_member member = { key, -1, NULL };
	struct scan *scan = r->scan;
	bool ok = false;

	if (scan->token == SCAN_NUMBER ||
	    (scan->token == SCAN_STRING && scan->len &&
	     strspn(scan->text, "0123456789") == scan->len))
		ok = scan_whole(scan->text, number) && *number <= max;
	if (scan->token != SCAN_ERROR && !ok)
		return reading_wrong(r, scan->line, &member,
				     "not a whole number from 0 to %llu",
				     (unsigned long long)max);
	return reading_pass(r, scan->token, key, "");
}

/* -------------------------------------------------------------- attributes */

/* The attribute's own name, for the error, so far as it has one. */
static void name_attr(struct reading *r, const char *name, size_t len)
{
	if (name && !r->ctx->error.attribute)
		r->ctx->error.attribute = strndup(name, len);
}

/* It is a document's own mistake. */
static bool bad_attr(struct reading *r, struct encode_error *error)
{
	const struct reading_member member = {
		error->key, error->index, error->end
	};
	const char *name = encode_name(&r->tree);

	if (!error->message)
		return reading_no_memory(r);
	reading_wrong(r, error->line, &member, "%s", error->message);
	free(error->message);
	if (name)
		name_attr(r, name, strlen(name));
	return false;
}

/*
 * Which member of the document is @offset bytes into the attribute? Of lists
 * the entry as well.
 */
static struct reading_member find_member(const void *attr, size_t offset)
{
	const struct nlattr *nest = attr, *pos;
	struct reading_member member = reading_itself;
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

/* The engine refuses this attribute. */
static bool refused_attr(struct reading *r, unsigned long line,
			 const void *attr, const struct vfio_mig_fault *fault)
{
	struct reading_member member = find_member(attr, fault->offset);

	reading_wrong(r, line, &member, "%s", fault->reason);
	name_attr(r, fault->name, fault->name_len);
	return false;
}

/* The engine reads attributes that have a value: here any will do. */
static bool check_rule(struct reading *r, unsigned long line, const void *attr)
{
	struct wire sample = { NULL };
	struct vfio_mig_fault fault;
	bool ok;

	encode_sample(&sample, attr);
	if (sample.failed)
		ok = reading_no_memory(r);
	else if (vfio_mig_index_read(&r->index, sample.data, sample.len, false,
				     &fault))
		ok = refused_attr(r, line, sample.data, &fault);
	else
		ok = true;
	free(sample.data);
	return ok;
}

/* The attribute that was written last, at @at. */
static bool check_attr(struct reading *r, unsigned long line, size_t at)
{
	size_t len = r->attrs.len - at;
	struct vfio_mig_fault fault;
	const char *reason;

	reason = vfio_mig_count_attr(&r->count, len);
	if (reason) {
		const char *name = encode_name(&r->tree);

		reading_wrong(r, line, &reading_itself, "%s", reason);
		name_attr(r, name, name ? strlen(name) : 0);
		return false;
	}
	if (r->policy && encode_is_rule(r->attrs.data + at))
		return check_rule(r, line, r->attrs.data + at);
	if (vfio_mig_index_read(&r->index, r->attrs.data + at, len, !r->policy,
				&fault))
		return refused_attr(r, line, r->attrs.data + at, &fault);
	return true;
}

static bool read_attr(struct reading *r)
{
	unsigned long line = r->scan->line;
	struct encode_error error;
	size_t at = r->attrs.len;

	if (!scan_value(r->scan, &r->tree))
		return reading_no_json(r);
	if (!encode_attr(&r->attrs, &r->tree, r->policy, &error))
		return bad_attr(r, &error);
	if (r->attrs.failed)
		return reading_no_memory(r);
	if (!check_attr(r, line, at))
		return false;

	/* there is room: that was counted */
	r->sources[r->attr].at = at;
	r->sources[r->attr].line = line;
	return true;
}

/* Forgets the attributes of the last element. */
void reading_begin_attrs(struct reading *r)
{
	r->has_attrs = false;
	r->attrs.len = 0;
	memset(&r->count, 0, sizeof(r->count));
}

bool reading_attrs(struct reading *r)
{
	bool first = true;
	int more;

	if (r->scan->token != SCAN_ARRAY)
		return reading_pass(r, SCAN_ARRAY, "attrs", "not an array");
	r->has_attrs = true;
	for (r->attr = 0;; r->attr++, first = false) {
		more = scan_element(r->scan, first);
		if (more <= 0)
			break;
		if (!read_attr(r))
			return false;
	}
	r->attr = -1;
	return more < 0 ? reading_no_json(r) : true;
}

/* All attributes together, now that they are known. */
bool reading_check_attrs(struct reading *r)
{
	const struct reading_member attrs = { "attrs", -1, NULL };
	struct vfio_mig_fault fault;

	if (!vfio_mig_index_read(&r->index,
				 r->attrs.data ? r->attrs.data : (void *)"",
				 r->attrs.len, true, &fault))
		return true;

	if (!r->index.n && !r->attrs.len)
		return reading_wrong(r, r->line, &attrs, "%s", fault.reason);
	r->attr = 0;
	while (r->attr + 1 < (long)r->count.attrs &&
	       r->sources[r->attr + 1].at <= fault.offset)
		r->attr++;
	fault.offset -= r->sources[r->attr].at;
	return refused_attr(r, r->sources[r->attr].line,
			    r->attrs.data + r->sources[r->attr].at, &fault);
}

/* Something is wrong with an attribute that was read. */
bool reading_wrong_attr(struct reading *r, long attr, const char *key,
			const char *problem)
{
	const struct reading_member member = { key, -1, NULL };
	const struct nlattr *nest = (void *)(r->attrs.data +
					     r->sources[attr].at);
	const struct nlattr *name = nla_find(nla_data(nest), nla_len(nest),
					     VFIO_MIG_A_ATTR_NAME);

	r->attr = attr;
	reading_wrong(r, r->sources[attr].line, &member, "%s", problem);
	name_attr(r, nla_data(name), nla_len(name) - 1);
	return false;
}

/* --------------------------------------------------------------- documents */

/* Reads an array of objects, each of which is an element. */
bool reading_elements(struct reading *r, const char *array,
		      bool (*read)(struct reading *r))
{
	bool first = true;
	int more;

	if (r->scan->token != SCAN_ARRAY)
		return reading_pass(r, SCAN_ARRAY, array, "not an array");
	r->array = array;
	r->attr = -1;
	for (r->element = 0;; r->element++, first = false) {
		more = scan_element(r->scan, first);
		if (more <= 0)
			break;
		reading_begin_attrs(r);
		r->line = r->scan->line;
		if (r->scan->token != SCAN_OBJECT)
			return reading_pass(r, SCAN_OBJECT, NULL,
					    "not an object");
		if (!read(r))
			return false;
	}
	r->array = NULL;
	return more < 0 ? reading_no_json(r) : true;
}

bool reading_schema(struct reading *r, const char *schema)
{
	const struct reading_member member = { "schema", -1, NULL };
	struct scan *scan = r->scan;

	if (scan->token == SCAN_STRING && strcmp(scan->text, schema))
		return reading_wrong(r, scan->line, &member,
				     "\"%s\" is another schema than \"%s\"",
				     scan->text, schema);

	return reading_pass(r, SCAN_STRING, "schema", "not a string");
}

/* Reads one document after another, @what being what they are called. */
bool reading_documents(struct reading *r, const char *what,
		       bool (*read)(struct reading *r, unsigned int number))
{
	unsigned int number = 0;

	if (!r->scan)
		return false;
	scan_next(r->scan);
	while (r->scan->token != SCAN_END) {
		if (r->scan->token == SCAN_ERROR)
			return reading_no_json(r);
		if (r->scan->token != SCAN_OBJECT)
			return reading_wrong(r, r->scan->line, &reading_itself,
					     "not a %s document: not an object",
					     what);
		if (!read(r, ++number))
			return false;
	}
	if (!number)
		return reading_wrong(r, r->scan->line, &reading_itself,
				     "not a %s document: empty", what);
	return true;
}
