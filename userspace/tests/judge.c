// SPDX-License-Identifier: GPL-2.0-or-later
/* Profiles as text, and what the library makes of two of them. */
#include <stdlib.h>
#include <string.h>

#include "judge.h"

#define ATTRS "'attrs': [{'name': 'a', 'type': 'bool', 'value': true}]"

static void expand(FILE *out, const char *shorthand)
{
	static const char * const longer[] = {
		['A'] = ATTRS,
		['D'] = "{'handle': 'pci/d', " ATTRS "}",
		['S'] = "'schema': 'vfio_mig/profile/1'",
	};

	for (const char *c = shorthand; *c; c++) {
		if (*c == '$')
			expand(out, longer[(int)*++c]);
		else
			fputc(*c == '\'' ? '"' : *c, out);
	}
}

char *json_of(const char *shorthand)
{
	char *json = NULL;
	size_t size;
	FILE *out;

	out = open_memstream(&json, &size);
	if (!out)
		abort();
	expand(out, shorthand);
	if (fclose(out))
		abort();
	return json;
}

static int take_first(struct vfiomig_object *object, void *arg)
{
	struct vfiomig_object **first = arg;

	if (!*first)
		*first = vfiomig_object_ref(object);
	return 0;
}

struct vfiomig_object *read_text(struct vfiomig *ctx, const char *document)
{
	FILE *in = fmemopen((char *)document, strlen(document), "r");
	struct vfiomig_object *object = NULL;

	if (!in)
		abort();
	if (vfiomig_profile_read(ctx, in, "text", take_first, &object)) {
		vfiomig_object_unref(object);
		object = NULL;
	}
	fclose(in);
	return object;
}

char *document_of(const char *name, const char *attrs)
{
	char *begin = json_of("{$S, 'devices': [{'handle': 'test/"), *text;
	char *mid = json_of("', 'attrs': ");

	if (asprintf(&text, "%s%s%s%s}]}", begin, name, mid, attrs) < 0)
		abort();
	free(begin);
	free(mid);
	return text;
}

static struct vfiomig_object *read_attrs(struct vfiomig *ctx, const char *name,
					 const char *attrs)
{
	char *text = document_of(name, attrs);
	struct vfiomig_object *object = read_text(ctx, text);

	free(text);
	return object;
}

struct vfiomig_result *judge_text(struct vfiomig *ctx, const char *source,
				  const char *target)
{
	struct vfiomig_result *result = NULL;
	struct vfiomig_check *check = NULL;
	struct vfiomig_object *s, *t;

	s = read_attrs(ctx, "source", source);
	t = s ? read_attrs(ctx, "target", target) : NULL;
	if (t && !vfiomig_check_new(ctx, s, &check) &&
	    vfiomig_check_target(check, t, &result))
		result = NULL;
	vfiomig_check_free(check);
	vfiomig_object_unref(s);
	vfiomig_object_unref(t);
	return result;
}

static struct json_object *member(struct json_object *json, const char *key)
{
	return json_object_object_get(json, key);
}

struct json_object *essence(const struct vfiomig_result *result)
{
	static const char * const others[] = {
		"rule", "source", "target", "message", NULL
	};
	struct json_object *json = vfiomig_result_json(result);
	struct json_object *findings = member(json, "findings");
	struct json_object *set = member(json, "set");
	struct json_object *e = json_object_new_object();

	for (size_t i = 0; i < json_object_array_length(findings); i++) {
		struct json_object *f = json_object_array_get_idx(findings, i);

		for (const char * const *key = others; *key; key++)
			json_object_object_del(f, *key);
	}
	json_object_object_add(e, "verdict",
			       json_object_get(member(json, "verdict")));
	json_object_object_add(e, "findings", json_object_get(findings));
	if (json_object_array_length(set))
		json_object_object_add(e, "set", json_object_get(set));
	json_object_put(json);
	return e;
}
