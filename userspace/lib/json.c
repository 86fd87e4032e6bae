// SPDX-License-Identifier: LGPL-2.1-or-later
/* Objects, attributes and events as JSON, and the documents made of them. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

#include <json-c/json.h>

#include "internal.h"

/* The first number that not every reader of JSON can tell from the next. */
#define NOT_EXACT (1ull << 53)

/* The one key that an object is sure not to have yet, and needs no copy. */
#define NEW_KEY \
	(JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_ADD_CONSTANT_KEY)

/*
 * The functions that build take what went wrong before as a NULL, and pass it
 * on: it is enough to look at the end, at @ok.
 */
struct builder {
	bool ok;
};

/* Takes over @value. */
static void put(struct builder *b, struct json_object *object, const char *key,
		struct json_object *value)
{
	if (object && value &&
	    !json_object_object_add_ex(object, key, value, NEW_KEY))
		return;
	json_object_put(value);
	b->ok = false;
}

static void put_null(struct builder *b, struct json_object *object,
		     const char *key)
{
	if (!object || json_object_object_add_ex(object, key, NULL, NEW_KEY))
		b->ok = false;
}

/* Takes over @value. */
static void append(struct builder *b, struct json_object *array,
		   struct json_object *value)
{
	if (array && value && !json_object_array_add(array, value))
		return;
	json_object_put(value);
	b->ok = false;
}

static struct json_object *finish(struct builder *b, struct json_object *json)
{
	if (b->ok)
		return json;
	json_object_put(json);
	return NULL;
}

struct json_object *vfiomig_string_json(const char *text)
{
	char *clean = vmig_replace_bad_utf8(text);
	struct json_object *json;

	if (!clean)
		return NULL;
	json = json_object_new_string(clean);
	free(clean);
	return json;
}

static struct json_object *u64_text(uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	return json_object_new_string(text);
}

static struct json_object *u64_json(uint64_t number)
{
	if (number < NOT_EXACT)
		return json_object_new_uint64(number);

	return u64_text(number);
}

/* The name of an enum's value, or its number if it has none here. */
static struct json_object *enum_json(const char *name, uint32_t number)
{
	if (name)
		return json_object_new_string(name);

	return json_object_new_int64(number);
}

static struct json_object *hex_json(const uint8_t *data, size_t len)
{
	char *text = malloc(2 * len + 1), *to = text;
	struct json_object *json;

	if (!text)
		return NULL;
	*to = '\0';
	while (len--)
		to += sprintf(to, "%02x", *data++);
	json = json_object_new_string(text);
	free(text);
	return json;
}

static struct json_object *unknown_json(const struct vfiomig_unknown *list,
					size_t n)
{
	struct json_object *array = json_object_new_array();
	struct builder b = { .ok = true };

	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_new_object();

		put(&b, o, "in", json_object_new_string(list[i].where));
		put(&b, o, "type", json_object_new_int(list[i].number));
		put(&b, o, "len", json_object_new_int64(list[i].len));
		put(&b, o, "hex", hex_json(list[i].data, list[i].len));
		append(&b, array, o);
	}
	return finish(&b, array);
}

static struct json_object *version_json(const struct vfiomig_value *value)
{
	char text[40];

	snprintf(text, sizeof(text), "%" PRIu32 ".%" PRIu32 ".%" PRIu32,
		 value->version.major, value->version.minor,
		 value->version.patch);
	return json_object_new_string(text);
}

/* By their names, if @attr has them. */
static struct json_object *bits_json(const struct vfiomig_value *value,
				     const struct vfiomig_attr *attr)
{
	struct json_object *array = json_object_new_array();
	struct builder b = { .ok = true };

	for (unsigned int bit = 0; bit < VFIOMIG_BITS; bit++) {
		const char *label;

		if (!(value->bits[bit / 8] & 1u << bit % 8))
			continue;
		label = attr ? vfiomig_attr_label(attr, bit) : NULL;
		append(&b, array, label ? vfiomig_string_json(label) :
					  json_object_new_int(bit));
	}
	return finish(&b, array);
}

static struct json_object *labels_json(const struct vfiomig_attr *attr)
{
	struct json_object *array = json_object_new_array();
	struct builder b = { .ok = true };

	for (size_t i = 0; i < attr->n_labels; i++) {
		struct json_object *o = json_object_new_object();

		put(&b, o, "bit", json_object_new_int64(attr->labels[i].bit));
		put(&b, o, "name", vfiomig_string_json(attr->labels[i].name));
		append(&b, array, o);
	}
	return finish(&b, array);
}

static struct json_object *value_json(const struct vfiomig_value *value,
				      const struct vfiomig_attr *attr)
{
	switch (value->type) {
	case VFIOMIG_VALUE_BOOL:
		return json_object_new_boolean(value->boolean);
	case VFIOMIG_VALUE_U64:
		return u64_json(value->u64);
	case VFIOMIG_VALUE_STRING:
		return vfiomig_string_json(value->string);
	case VFIOMIG_VALUE_VERSION:
		return version_json(value);
	default:
		return bits_json(value, attr);
	}
}

static struct json_object *range_json(const struct vfiomig_range *range)
{
	struct json_object *o;
	struct builder b = { .ok = true };

	if (range->value.type)
		return value_json(&range->value, NULL);

	o = json_object_new_object();
	if (range->min.type)
		put(&b, o, "min", value_json(&range->min, NULL));
	if (range->max.type)
		put(&b, o, "max", value_json(&range->max, NULL));
	return o ? finish(&b, o) : NULL;
}

static struct json_object *ranges_json(const struct vfiomig_range *ranges,
				       size_t n)
{
	struct json_object *array = json_object_new_array();
	struct builder b = { .ok = true };

	for (size_t i = 0; i < n; i++)
		append(&b, array, range_json(&ranges[i]));

	return finish(&b, array);
}

static void put_scope(struct builder *b, struct json_object *object,
		      uint32_t scope)
{
	if (scope)
		put(b, object, "scope",
		    enum_json(vfiomig_scope_name(scope), scope));
}

/* As a policy has it for attributes whose values it does not know. */
static bool is_rule_alone(const struct vfiomig_attr *attr)
{
	return !attr->type && !attr->n_unknown && attr->rule &&
	       !attr->severity && !attr->missing && !attr->origin;
}

static enum vfiomig_value_type type_of_range(const struct vfiomig_range *range)
{
	return range->value.type ?: range->min.type ?: range->max.type;
}

static struct json_object *rule_json(const struct vfiomig_attr *attr)
{
	enum vfiomig_value_type type = VFIOMIG_VALUE_UNKNOWN;
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "name", vfiomig_string_json(attr->name));
	/* who reads it must not take a string for a version */
	for (size_t i = 0; !type && i < attr->n_accept; i++)
		type = type_of_range(&attr->accept[i]);
	if (type)
		put(&b, o, "type",
		    json_object_new_string(vfiomig_value_type_name(type)));
	put(&b, o, "rule", enum_json(vfiomig_rule_name(attr->rule),
				     attr->rule));
	if (attr->n_accept)
		put(&b, o, "accept",
		    ranges_json(attr->accept, attr->n_accept));
	put_scope(&b, o, attr->scope);
	return finish(&b, o);
}

struct json_object *vfiomig_attr_json(const struct vfiomig_attr *attr)
{
	const char *type = vfiomig_value_type_name(attr->type);
	struct json_object *o;
	struct builder b = { .ok = true };

	if (is_rule_alone(attr))
		return rule_json(attr);
	o = json_object_new_object();
	put(&b, o, "name", vfiomig_string_json(attr->name));
	put(&b, o, "type", json_object_new_string(type));
	if (attr->type == VFIOMIG_VALUE_UNKNOWN)
		put_null(&b, o, "value");
	else
		put(&b, o, "value", value_json(&attr->value, attr));
	if (attr->n_labels)
		put(&b, o, "names", labels_json(attr));

	put(&b, o, "rule", enum_json(vfiomig_rule_name(attr->rule),
				     attr->rule));
	if (attr->n_accept)
		put(&b, o, "accept",
		    ranges_json(attr->accept, attr->n_accept));
	put(&b, o, "severity", enum_json(vfiomig_severity_name(attr->severity),
					 attr->severity));
	put(&b, o, "missing", enum_json(vfiomig_severity_name(attr->missing),
					attr->missing));
	put(&b, o, "origin", enum_json(vfiomig_origin_name(attr->origin),
				       attr->origin));
	put_scope(&b, o, attr->scope);
	if (attr->n_settable)
		put(&b, o, "settable",
		    ranges_json(attr->settable, attr->n_settable));
	if (attr->n_unknown)
		put(&b, o, "unknown", unknown_json(attr->unknown,
						   attr->n_unknown));
	return finish(&b, o);
}

static struct json_object *attrs_json(const struct vfiomig_object *object)
{
	struct json_object *array = json_object_new_array();
	struct builder b = { .ok = true };

	for (size_t i = 0; i < object->n_attrs; i++)
		append(&b, array, vfiomig_attr_json(&object->attrs[i]));

	return finish(&b, array);
}

/* Without the value if there is none. */
static void put_value(struct builder *b, struct json_object *object,
		      const char *key, const struct vfiomig_value *value)
{
	if (value->type)
		put(b, object, key, value_json(value, NULL));
}

static void put_name(struct builder *b, struct json_object *object,
		     const char *key, const char *name)
{
	if (name)
		put(b, object, key, vfiomig_string_json(name));
}

static struct json_object *finding_json(const struct vfiomig_finding *f)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "attr", vfiomig_string_json(f->attr));
	put(&b, o, "kind", enum_json(vfiomig_finding_kind_name(f->kind),
				     f->kind));
	if (f->severity)
		put(&b, o, "severity",
		    enum_json(vfiomig_severity_name(f->severity),
			      f->severity));
	if (f->rule)
		put(&b, o, "rule",
		    enum_json(vfiomig_rule_name(f->rule), f->rule));
	put_value(&b, o, "source", &f->source);
	put_value(&b, o, "target", &f->target);
	put_name(&b, o, "message", f->message);
	return finish(&b, o);
}

static struct json_object *
refused_json(const struct vfiomig_refused *refused)
{
	struct json_object *findings = json_object_new_array();
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };
	char text[VFIOMIG_TIME_LEN];

	vfiomig_time_text(&refused->time, true, text);
	put(&b, o, "count", u64_json(refused->count));
	put(&b, o, "time", json_object_new_string(text));
	put_name(&b, o, "reason", refused->reason);
	for (size_t i = 0; i < refused->n_findings; i++)
		append(&b, findings, finding_json(&refused->findings[i]));
	put(&b, o, "findings", findings);
	if (refused->omitted)
		put(&b, o, "omitted", json_object_new_int64(refused->omitted));
	return finish(&b, o);
}

static struct json_object *
left_out_json(const struct vfiomig_left_out *left_out)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "attr", vfiomig_string_json(left_out->attr));
	put_scope(&b, o, left_out->scope);
	put(&b, o, "reason",
	    enum_json(vfiomig_left_out_reason_name(left_out->reason),
		      left_out->reason));
	return finish(&b, o);
}

static void put_left_out(struct builder *b, struct json_object *object,
			 const struct vfiomig_object *of)
{
	struct json_object *array;

	if (!of->n_left_out)
		return;
	array = json_object_new_array();
	for (size_t i = 0; i < of->n_left_out; i++)
		append(b, array, left_out_json(&of->left_out[i]));
	put(b, object, "left_out", array);
	if (of->left_out_more)
		put(b, object, "left_out_more",
		    json_object_new_int64(of->left_out_more));
}

struct json_object *vfiomig_scope_json(const struct vfiomig_scope *scope)
{
	struct json_object *attrs = json_object_new_array();
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put_scope(&b, o, scope->scope);
	put_name(&b, o, "driver", scope->driver);
	put(&b, o, "seq", u64_json(scope->seq));
	for (size_t i = 0; i < scope->n_attrs; i++)
		append(&b, attrs,
		       vfiomig_attr_json(vfiomig_scope_attr(scope, i)));
	put(&b, o, "attrs", attrs);
	if (scope->n_unknown)
		put(&b, o, "unknown", unknown_json(scope->unknown,
						   scope->n_unknown));
	return finish(&b, o);
}

struct json_object *vfiomig_object_json(const struct vfiomig_object *object)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "handle", vfiomig_string_json(object->handle));
	if (object->sysfs) {
		put(&b, o, "by", json_object_new_string("sysfs"));
	} else {
		put(&b, o, "id", json_object_new_int64(object->id));
		put(&b, o, "seq", u64_json(object->seq));
	}
	if (object->has_available)
		put(&b, o, "available",
		    json_object_new_int64(object->available));
	put(&b, o, "attrs", attrs_json(object));
	put_left_out(&b, o, object);
	if (object->has_refused)
		put(&b, o, "refused", refused_json(&object->refused));
	if (object->n_unknown)
		put(&b, o, "unknown", unknown_json(object->unknown,
						   object->n_unknown));
	return finish(&b, o);
}

static struct json_object *set_json(const struct vfiomig_finding *f)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "attr", vfiomig_string_json(f->attr));
	put_value(&b, o, "value", &f->set);
	return finish(&b, o);
}

struct json_object *vfiomig_result_json(const struct vfiomig_result *result)
{
	struct json_object *findings = json_object_new_array();
	struct json_object *set = json_object_new_array();
	struct json_object *o = json_object_new_object();
	const struct vfiomig_finding *f = result->findings;
	struct builder b = { .ok = true };

	put(&b, o, "target", vfiomig_string_json(result->handle));
	put(&b, o, "kind",
	    json_object_new_string(result->kind == VFIOMIG_TYPE ? "type" :
								  "device"));
	put_name(&b, o, "file", vfiomig_result_file(result));
	put_name(&b, o, "host", vfiomig_result_host(result));
	if (result->has_available)
		put(&b, o, "available",
		    json_object_new_int64(result->available));
	if (result->in_use)
		put(&b, o, "in_use", json_object_new_boolean(true));
	put(&b, o, "verdict", enum_json(vfiomig_verdict_name(result->verdict),
					result->verdict));
	put(&b, o, "by", json_object_new_string(result->by_kernel ? "kernel" :
								    "library"));
	for (size_t i = 0; i < result->n_findings; i++, f++) {
		append(&b, findings, finding_json(f));
		if (f->set.type)
			append(&b, set, set_json(f));
	}
	put(&b, o, "findings", findings);
	put(&b, o, "set", set);
	return finish(&b, o);
}

static struct json_object *limits_json(const struct vfiomig_status *status)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "attrs_max", json_object_new_int64(status->attrs_max));
	put(&b, o, "profile_max", json_object_new_int64(status->profile_max));
	return finish(&b, o);
}

struct json_object *vfiomig_status_json(const struct vfiomig_status *status)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };
	struct utsname uts;

	uname(&uts);

	/* a name more than a number: always written in the same way */
	put(&b, o, "instance", u64_text(status->instance));
	put(&b, o, "seq", u64_json(status->seq));
	put(&b, o, "devices", json_object_new_int64(status->devices));
	put(&b, o, "types", json_object_new_int64(status->types));
	if (status->has_undescribed)
		put(&b, o, "undescribed",
		    json_object_new_int64(status->undescribed));
	put(&b, o, "limits", limits_json(status));
	put(&b, o, "kernel", vfiomig_string_json(uts.release));
	if (status->n_unknown)
		put(&b, o, "unknown", unknown_json(status->unknown,
						   status->n_unknown));
	return finish(&b, o);
}

static struct json_object *changes_json(const struct vfiomig_event *event)
{
	struct json_object *array = json_object_new_array();
	const struct vfiomig_attr *before, *now;
	struct builder b = { .ok = true };
	size_t cursor[2] = { 0, 0 };

	while (vfiomig_change_next(event, cursor, &before, &now)) {
		struct json_object *o = json_object_new_object();
		const char *name = now ? now->name : before->name;

		put(&b, o, "attr", vfiomig_string_json(name));
		if (before)
			put(&b, o, "old", vfiomig_attr_json(before));
		if (now)
			put(&b, o, "new", vfiomig_attr_json(now));
		append(&b, array, o);
	}
	return finish(&b, array);
}

/* "available" is no attribute, so that its change has a place of its own. */
static void put_available_change(struct builder *b, struct json_object *event,
				 const struct vfiomig_event *ev)
{
	struct json_object *o;

	if (ev->old->has_available == ev->object->has_available &&
	    ev->old->available == ev->object->available)
		return;

	o = json_object_new_object();
	if (ev->old->has_available)
		put(b, o, "old", json_object_new_int64(ev->old->available));
	if (ev->object->has_available)
		put(b, o, "new", json_object_new_int64(ev->object->available));
	put(b, event, "available", o);
}

struct json_object *vfiomig_event_json(const struct vfiomig_event *event)
{
	struct json_object *o = json_object_new_object();
	const char *name = vfiomig_event_name(event->kind);
	struct builder b = { .ok = true };
	char time[VFIOMIG_TIME_LEN];

	vfiomig_time_text(&event->time, true, time);
	put(&b, o, "event", json_object_new_string(name));
	put(&b, o, "seq", u64_json(event->seq));
	put(&b, o, "time", json_object_new_string(time));
	if (event->nsid >= 0)
		put(&b, o, "nsid", json_object_new_int(event->nsid));
	if (event->netns)
		put(&b, o, "netns", vfiomig_string_json(event->netns));
	if (event->partial)
		put(&b, o, "partial", json_object_new_boolean(true));
	if (event->snapshot)
		put(&b, o, "snapshot", json_object_new_boolean(true));
	if (event->resync)
		put(&b, o, "resync", json_object_new_boolean(true));
	if (event->object)
		put(&b, o, event->object->kind == VFIOMIG_TYPE ?
		    "type" : "device", vfiomig_object_json(event->object));
	if (event->old) {
		put(&b, o, "changes", changes_json(event));
		put_available_change(&b, o, event);
	}
	return finish(&b, o);
}

/*
 * json-c escapes what is below a blank. The other control characters, U+007F
 * to U+009F, can stand only in strings: they are escaped here.
 */
static char *escape_controls(const char *text)
{
	char *copy = malloc(6 * strlen(text) + 1), *to = copy;

	if (!copy)
		return NULL;
	while (*text) {
		unsigned char c = *text;

		if (c == '\n' || !vmig_is_control(text)) {
			*to++ = *text++;
			continue;
		}
		if (c == 0xc2)
			c = *++text;
		text++;
		to += sprintf(to, "\\u%04x", c);
	}
	*to = '\0';
	return copy;
}

char *vfiomig_json_text(struct json_object *json, unsigned int flags)
{
	int style = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	if (flags & VFIOMIG_JSON_PRETTY)
		style |= JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED;

	/* json-c leaves out what it has no memory for, and does not tell */
	errno = 0;
	text = json_object_to_json_string_ext(json, style);
	if (!text || errno == ENOMEM)
		return NULL;

	return escape_controls(text);
}

/* ---------------------------------------------- documents, piece by piece */

/**
 * struct document - an object that is being written
 * @out: where to
 * @flags: how
 * @members: it has some
 * @items: the array in it that is being written has some
 */
struct document {
	FILE *out;
	unsigned int flags;
	bool members;
	bool items;
};

static void new_line(struct document *doc, int depth)
{
	if (doc->flags & VFIOMIG_JSON_PRETTY)
		fprintf(doc->out, "\n%*s", 2 * depth, "");
}

/* Line feeds stand nowhere but between the parts. */
static void write_text(struct document *doc, const char *text, int depth)
{
	const char *line;

	while ((line = strchr(text, '\n'))) {
		fwrite(text, 1, line - text, doc->out);
		new_line(doc, depth);
		text = line + 1;
	}
	fputs(text, doc->out);
}

/* Gives @json back. */
static int write_json(struct document *doc, struct json_object *json, int depth)
{
	char *text = json ? vfiomig_json_text(json, doc->flags) : NULL;

	json_object_put(json);
	if (!text)
		return -ENOMEM;
	write_text(doc, text, depth);
	free(text);
	return 0;
}

static void write_key(struct document *doc, const char *key)
{
	fputs(doc->members ? "," : "{", doc->out);
	doc->members = true;
	new_line(doc, 1);
	fprintf(doc->out, "\"%s\":", key);
	if (doc->flags & VFIOMIG_JSON_PRETTY)
		fputc(' ', doc->out);
}

static int write_string(struct document *doc, const char *key,
			const char *value)
{
	write_key(doc, key);
	return write_json(doc, vfiomig_string_json(value), 1);
}

static int write_objects(struct document *doc, const char *key,
			 const struct vfiomig_list *list,
			 enum vfiomig_kind kind)
{
	int err = 0;

	doc->items = false;
	write_key(doc, key);
	fputc('[', doc->out);
	for (size_t i = 0; !err && i < list->len; i++) {
		const struct vfiomig_object *object = list->objects[i];

		if (object->kind != kind)
			continue;
		if (doc->items)
			fputc(',', doc->out);
		doc->items = true;
		new_line(doc, 2);
		err = write_json(doc, vfiomig_object_json(object), 2);
	}
	if (doc->items)
		new_line(doc, 1);
	fputc(']', doc->out);
	return err;
}

static int end_document(struct document *doc, int err)
{
	new_line(doc, 0);
	fputs("}\n", doc->out);
	if (err)
		return err;

	return ferror(doc->out) ? -EIO : 0;
}

int vfiomig_list_write(const struct vfiomig_list *list, enum vfiomig_kind kind,
		       unsigned int flags, FILE *out)
{
	struct document doc = { .out = out, .flags = flags };
	const char *key = kind == VFIOMIG_TYPE ? "types" : "devices";

	return end_document(&doc, write_objects(&doc, key, list, kind));
}

/* What the results of a check are about. */
static struct json_object *source_json(const struct vfiomig_object *source)
{
	struct json_object *o = json_object_new_object();
	struct builder b = { .ok = true };

	put(&b, o, "handle", vfiomig_string_json(source->handle));
	put_name(&b, o, "file", vfiomig_object_file(source));
	put_name(&b, o, "host", vfiomig_object_host(source));
	put_name(&b, o, "taken_at", vfiomig_object_taken_at(source));
	return finish(&b, o);
}

static int write_targets(struct document *doc, size_t n,
			 struct json_object *(*target)(size_t index, void *arg),
			 void *arg)
{
	int err = 0;

	write_key(doc, "targets");
	fputc('[', doc->out);
	for (size_t i = 0; !err && i < n; i++) {
		if (i)
			fputc(',', doc->out);
		new_line(doc, 2);
		err = write_json(doc, target(i, arg), 2);
	}
	if (n)
		new_line(doc, 1);
	fputc(']', doc->out);
	return err;
}

int vfiomig_check_write(const struct vfiomig_object *source, size_t n,
			struct json_object *(*target)(size_t index, void *arg),
			void *arg, unsigned int flags, FILE *out)
{
	struct document doc = { .out = out, .flags = flags };
	char time[VFIOMIG_TIME_LEN];
	struct timespec now;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	vfiomig_time_text(&now, false, time);

	err = write_string(&doc, "checked_at", time);
	if (!err) {
		write_key(&doc, "source");
		err = write_json(&doc, source_json(source), 1);
	}
	if (!err)
		err = write_targets(&doc, n, target, arg);

	return end_document(&doc, err);
}

/* What a document is, and where and when it was written. */
static int write_head(struct document *doc, const char *schema)
{
	char time[VFIOMIG_TIME_LEN];
	struct timespec now;
	struct utsname uts;
	int err;

	clock_gettime(CLOCK_REALTIME, &now);
	vfiomig_time_text(&now, false, time);
	uname(&uts);

	err = write_string(doc, "schema", schema);
	if (!err)
		err = write_string(doc, "host", uts.nodename);
	if (!err)
		err = write_string(doc, "kernel", uts.release);
	if (!err)
		err = write_string(doc, "taken_at", time);
	return err;
}

int vfiomig_policy_write(const struct vfiomig_policy *policy,
			 unsigned int flags, FILE *out)
{
	struct document doc = { .out = out, .flags = flags };
	const struct vfiomig_scope *scope;
	int err = write_head(&doc, VFIOMIG_POLICY_SCHEMA);

	write_key(&doc, "scopes");
	fputc('[', out);
	for (size_t i = 0; !err && (scope = vfiomig_policy_scope(policy, i));
	     i++) {
		if (i)
			fputc(',', out);
		new_line(&doc, 2);
		err = write_json(&doc, vfiomig_scope_json(scope), 2);
	}
	if (vfiomig_policy_len(policy))
		new_line(&doc, 1);
	fputc(']', out);
	return end_document(&doc, err);
}

int vfiomig_profile_write(const struct vfiomig_list *list, unsigned int flags,
			  FILE *out)
{
	struct document doc = { .out = out, .flags = flags };
	int err = write_head(&doc, VFIOMIG_PROFILE_SCHEMA);

	if (!err)
		err = write_objects(&doc, "devices", list, VFIOMIG_DEVICE);
	if (!err)
		err = write_objects(&doc, "types", list, VFIOMIG_TYPE);

	return end_document(&doc, err);
}
