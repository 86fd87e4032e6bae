// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading profile documents: good ones, bad ones, and every limit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "judge.h"
#include "kernel.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = vfiomig_new();
	return !ctx;
}

static int teardown(void **state)
{
	(void)state;
	vfiomig_free(ctx);
	return 0;
}

/* ------------------------------------------------------------- the reader */

static int count(struct vfiomig_object *object, void *arg)
{
	(void)object;
	(*(int *)arg)++;
	return 0;
}

/* How many objects that many bytes hold, or a negative errno. */
static int read_bytes(const void *text, size_t len)
{
	FILE *in = fmemopen((void *)text, len, "r");
	int n = 0, err;

	assert_non_null(in);
	err = vfiomig_profile_read(ctx, in, "f", count, &n);
	fclose(in);
	return err ? err : n;
}

/* Here and below JSON may be written in short: see json_of(). */
static int read_all(const char *text)
{
	char *json = json_of(text);
	int n = read_bytes(json, strlen(json));

	free(json);
	return n;
}

/* It is refused, and the message begins so. */
static void refused(const char *text, const char *message)
{
	const struct vfiomig_error *e;

	if (read_all(text) != -EINVAL)
		fail_msg("not refused: %s", text);
	e = vfiomig_last_error(ctx);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_INPUT);
	assert_int_equal(e->errnum, EINVAL);
	if (strncmp(e->message, message, strlen(message)))
		fail_msg("\"%s\", not \"%s\", of %s", e->message, message,
			 text);
}

/* A document of one device that has these attributes. */
static struct vfiomig_object *read_attrs(const char *attrs)
{
	char *text = document_of("d", attrs);
	struct vfiomig_object *o = read_text(ctx, text);

	free(text);
	return o;
}

/* An attribute, of which "name" and "type" may be left out: then it is x. */
static char *attr_of(const char *attr)
{
	char *json = json_of(attr), *whole;

	if (*attr != '\'')
		return json;
	assert_true(asprintf(&whole,
			     "{\"name\": \"x\", \"type\": %s}", json) > 0);
	free(json);
	return whole;
}

/* The "attrs" of a device that has no other. */
static char *attrs_of(const char *attr)
{
	char *json = attr_of(attr), *attrs;

	assert_true(asprintf(&attrs, "[%s]", json) > 0);
	free(json);
	return attrs;
}

static void good(const char *attr)
{
	char *attrs = attrs_of(attr);
	struct vfiomig_object *o;

	o = read_attrs(attrs);
	if (!o)
		fail_msg("%s: %s", vfiomig_last_error(ctx)->message, attr);
	vfiomig_object_unref(o);
	free(attrs);
}

/* The attribute is refused; the path begins behind "attrs[1]". */
static void bad(const char *attr, const char *message)
{
	char *first = json_of("[{'name': 'a', 'type': 'bool', 'value': true}");
	char *json = attr_of(attr), *attrs, *text, *where;
	const char *name;

	assert_true(asprintf(&attrs, "%s,\n %s]", first, json) > 0);
	free(first);
	free(json);
	text = document_of("d", attrs);
	assert_true(asprintf(&where, "f:2: devices[0].attrs[1]%s",
			     message) > 0);
	refused(text, where);
	name = vfiomig_last_error(ctx)->attribute;
	if (*attr == '\'' && (!name || strcmp(name, "x")))
		fail_msg("attribute %s is told of: %s", name, attr);
	free(where);
	free(text);
	free(attrs);
}

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/* So many of them; returns where they end. */
static char *mempset(char *to, char c, size_t n)
{
	memset(to, c, n);
	return to + n;
}

/* -------------------------------------------------------------- documents */

/**
 * struct trial - a document
 * @text: the document
 * @objects: how many objects it holds, -1 if it is refused
 * @message: what is said of it then
 */
struct trial {
	const char *text;
	int objects;
	const char *message;
};

static void try_documents(const struct trial *trials, size_t n)
{
	for (; n--; trials++) {
		if (trials->message)
			refused(trials->text, trials->message);
		else if (read_all(trials->text) != trials->objects)
			fail_msg("%s: %s", vfiomig_last_error(ctx)->message,
				 trials->text);
	}
}

static const struct trial some_documents[] = {
	{ "{$S}", 0 },
	{ "{$S, 'devices': []}", 0 },
	{ "{$S, 'devices': [$D]}", 1 },
	/* the order does not count, nor what is not known */
	{ "{'devices': [$D], 'new': [{}, [1.5e-3, null, false]], $S}", 1 },
	{ "{$S, 'devices': [{'new': {'a': {}}, $A, 'handle': 'a/b'}]}", 1 },
	/* several, with or without anything between them */
	{ "{$S, 'devices': [$D]}{$S, 'devices': [$D]}\n\t {$S}\r\n", 2 },
	{ "{$S, 'types': [{'handle': 'mdev/p/t', 'available': 2, $A}]}", 1 },
	{ "", -1, "f:1: not a profile document: empty" },
	{ "\n\n", -1, "f:3: not a profile document: empty" },
	{ "[]", -1, "f:1: not a profile document: not an object" },
	{ "7", -1, "f:1: not a profile document: not an object" },
	{ "{}", -1, "f:1: not a profile document: \"schema\" is missing" },
	{
		"{$S}\n{}",
		-1,
		"f:2: not a profile document: \"schema\" is missing"
	},
	{
		"{'schema': 'vfio_mig/profile/2'}",
		-1,
		"f:1: schema: \"vfio_mig/profile/2\" is another schema"
	},
	{ "{'schema': 1}", -1, "f:1: schema: not a string" },
	{ "{$S, $S}", -1, "f:1: \"schema\" comes twice" },
	{ "{$S, 'host': null}", -1, "f:1: host: not a string" },
	{ "{$S, 'host': 'a\\u0000'}", -1, "f:1: host: a NUL" },
	{ "{$S,\n'taken_at': 5}", -1, "f:2: taken_at: not a string" },
	{ "{$S, 'devices': {}}", -1, "f:1: devices: not an array" },
	{ "{$S, 'devices': [1]}", -1, "f:1: devices[0]: not an object" },
	{
		"{$S, 'types': [\n$D]}",
		-1,
		"f:2: types[0].handle: not BUS/PARENT/TYPE"
	},
};

static void test_documents(void **state)
{
	(void)state;
	try_documents(some_documents, ARRAY_SIZE(some_documents));
}

static const struct trial some_objects[] = {
	{
		"{$S, 'devices': [\n{$A}]}",
		-1,
		"f:2: devices[0]: \"handle\" is missing"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b'}]}",
		-1,
		"f:1: devices[0]: \"attrs\" is missing"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b', 'attrs': []}]}",
		-1,
		"f:1: devices[0].attrs: no attributes"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b', 'attrs': {}}]}",
		-1,
		"f:1: devices[0].attrs: not an array"
	},
	{
		"{$S, 'devices': [{'handle': 'ab', $A}]}",
		-1,
		"f:1: devices[0].handle: not a handle"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b/c', $A}]}",
		-1,
		"f:1: devices[0].handle: not BUS/NAME"
	},
	{
		"{$S, 'devices': [$D,\n$D]}",
		-1,
		"f:2: devices[1].handle: \"pci/d\" stands in the document twice"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b', 'id': -1, $A}]}",
		-1,
		"f:1: devices[0].id: not a whole number from 0 to 4294967295"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b', 'in_use': 1, $A}]}",
		-1,
		"f:1: devices[0].in_use: neither"
	},
	{
		"{$S, 'devices': [{'handle': 'a/b', 'handle': 'a/b', $A}]}",
		-1,
		"f:1: devices[0]: \"handle\" comes twice"
	},
};

static void test_objects(void **state)
{
	(void)state;
	try_documents(some_objects, ARRAY_SIZE(some_objects));
}

static const struct trial some_json[] = {
	{ "{$S", -1, "f:1: the document ends too early" },
	{ "{$S, 'a': 'x", -1, "f:1: a string does not end" },
	{ "{$S,", -1, "f:1: the document ends too early" },
	{ "{$S,}", -1, "f:1: no key" },
	{ "{$S 'a': 1}", -1, "f:1: neither a comma nor }" },
	{ "{$S, 'a' 1}", -1, "f:1: no colon" },
	{ "{$S, 'a': }", -1, "f:1: no value" },
	{ "{$S, 'a': [1,]}", -1, "f:1: no value" },
	{ "{$S, 'a': [1 2]}", -1, "f:1: neither a comma nor ]" },
	{ "{$S, 'a': [1}", -1, "f:1: neither a comma nor ]" },
	{ "{$S, 'a': 01}", -1, "f:1: a number begins with 0" },
	{ "{$S, 'a': -}", -1, "f:1: a number lacks digits" },
	{ "{$S, 'a': 1.}", -1, "f:1: a number lacks digits" },
	{ "{$S, 'a': 1e+}", -1, "f:1: a number lacks digits" },
	{ "{$S, 'a': .5}", -1, "f:1: neither a value" },
	{ "{$S, 'a': +5}", -1, "f:1: neither a value" },
	{ "{$S, 'a': NaN}", -1, "f:1: neither a value" },
	{ "{$S, 'a': nul}", -1, "f:1: neither a value" },
	{ "{$S, 'a': `b`}", -1, "f:1: neither a value" },
	{ "{$S, // no\n'a': 1}", -1, "f:1: neither a value" },
	{ "{$S, 'a': '\t'}", -1, "f:1: a control character" },
	{ "{$S, 'a': '\n'}", -1, "f:1: a control character" },
	{ "{$S, 'a': '\\x'}", -1, "f:1: unknown escape" },
	{ "{$S, 'a': '\\u12g4'}", -1, "f:1: \\u needs four" },
	{ "{$S, 'a': '\\ud800'}", -1, "f:1: half a character" },
	{ "{$S, 'a': '\\udc00\\ud800'}", -1, "f:1: half a" },
	{ "{$S, 'a': '\\ud800\\u0041'}", -1, "f:1: half a" },
	{ "{$S, 'a': '\xff'}", -1, "f:1: a string is not UTF-8" },
	{ "{$S, 'a': '\xed\xa0\x80'}", -1, "f:1: a string is not UTF-8" },
	{ "{$S, 'a': '\xc0\x80'}", -1, "f:1: a string is not UTF-8" },
	{ "{$S}}", -1, "f:1: not a profile document" },
	{ "{$S} x", -1, "f:1: neither a value" },
	/* a NUL is no white space */
};

static void test_json(void **state)
{
	(void)state;
	try_documents(some_json, ARRAY_SIZE(some_json));
	/* a NUL is no white space */
	assert_int_equal(read_bytes("{}\0", 3), -EINVAL);
}

/* Objects within objects, as deep as may be, and one deeper. */
static void test_depth(void **state)
{
	char text[400];

	(void)state;
	for (int depth = 64; depth <= 65; depth++) {
		char *to = stpcpy(text, "{$S, 'a': ");

		to = mempset(to, '[', depth);
		to = mempset(to, ']', depth);
		strcpy(to, "}");
		if (depth == 64)
			assert_int_equal(read_all(text), 0);
		else
			refused(text, "f:1: nested too deeply");
	}
}

/* What is longer than the reader's buffer. */
static void test_long(void **state)
{
	size_t size = 300000;
	char *text = malloc(size + 200), *to;

	(void)state;
	to = stpcpy(text, "{$S, 'a': '");
	to = mempset(to, 'x', size / 2);
	to = stpcpy(to, "', ");
	to = mempset(to, ' ', size / 2);
	strcpy(to, "'devices': [$D]}");
	assert_int_equal(read_all(text), 1);
	free(text);
}

static int stop(struct vfiomig_object *object, void *arg)
{
	(void)object;
	(void)arg;
	return -ECANCELED;
}

static void test_stop(void **state)
{
	char *text = json_of("{$S, 'devices': [$D]}");
	FILE *in = fmemopen(text, strlen(text), "r");

	(void)state;
	assert_int_equal(vfiomig_profile_read(ctx, in, "f", stop, NULL),
			 -ECANCELED);
	fclose(in);
	free(text);
}

static void write_short(int fd, const char *text)
{
	char *json = json_of(text);

	assert_int_equal(write(fd, json, strlen(json)), strlen(json));
	close(fd);
	free(json);
}

static void test_load(void **state)
{
	char path[] = "/tmp/test_profile.XXXXXX";
	struct vfiomig_object *o;
	struct vfiomig_list *list;
	int fd = mkstemp(path);

	(void)state;
	write_short(fd,
		    "{$S, 'devices': [$D]}{'types': [{'handle': 'a/b/c', $A}], $S, 'host': 'h', 'taken_at': 't'}");
	assert_int_equal(vfiomig_profile_load(ctx, path, &list), 0);
	unlink(path);
	assert_int_equal(vfiomig_list_len(list), 2);
	o = vfiomig_list_get(list, 0);
	assert_string_equal(vfiomig_object_file(o), path);
	assert_int_equal(vfiomig_object_document(o), 1);
	assert_null(vfiomig_object_host(o));
	assert_int_equal(vfiomig_object_id(o), 0);
	o = vfiomig_list_get(list, 1);
	assert_int_equal(vfiomig_object_kind(o), VFIOMIG_TYPE);
	assert_int_equal(vfiomig_object_document(o), 2);
	assert_string_equal(vfiomig_object_host(o), "h");
	assert_string_equal(vfiomig_object_taken_at(o), "t");
	vfiomig_list_free(list);

	assert_int_equal(vfiomig_profile_load(ctx, path, &list), -ENOENT);
	assert_int_equal(vfiomig_last_error(ctx)->cause, VFIOMIG_CAUSE_INPUT);
	assert_int_equal(vfiomig_profile_load(ctx, "/", &list), -EISDIR);
	assert_int_equal(vfiomig_last_error(ctx)->cause, VFIOMIG_CAUSE_INPUT);
}

/* What is written is what was read. */
static void round_trip(const char *attr)
{
	struct json_object *json;
	struct vfiomig_object *o;
	char *text, *attrs;

	attrs = attrs_of(attr);
	o = read_attrs(attrs);
	if (!o)
		fail_msg("%s", vfiomig_last_error(ctx)->message);
	json = vfiomig_attr_json(vfiomig_object_attr(o, 0));
	text = vfiomig_json_text(json, 0);
	attrs[strlen(attrs) - 1] = '\0';
	assert_string_equal(text, attrs + 1);
	free(text);
	free(attrs);
	json_object_put(json);
	vfiomig_object_unref(o);
}

static const char * const round_trips[] = {
	"{'name':'b','type':'bits','value':['mq',33],'names':[{'bit':22,'name':'mq'}],'rule':'superset','severity':'fail','missing':'info','origin':'driver'}",
	"{'name':'n','type':'u64','value':'18446744073709551615','rule':'at-least','severity':'undecided','missing':'fail','origin':'vfio','settable':[1,{'min':2},{'max':'9007199254740992'},{'min':9007199254740991,'max':'9007199254740993'}]}",
	"{'name':'s','type':'string','value':'\xc3\xa9\xf0\x9f\x92\xbe\\'','rule':'one-of','accept':['a',{}],'severity':'fail','missing':'fail','origin':'admin'}",
	"{'name':'t','type':'bool','value':false,'rule':'none','severity':'fail','missing':'fail','origin':'admin','scope':'all'}",
	"{'name':'u','type':'u64','value':1,'rule':'any','severity':'undecided','missing':'undecided','origin':'vfio','scope':'driver'}",
	"{'name':'v','type':'version','value':'1.0.4294967295','rule':'one-of','accept':[{'min':'1.2.3'},'0.0.0'],'severity':'fail','missing':'fail','origin':'admin'}",
};

static void test_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(round_trips); i++)
		round_trip(round_trips[i]);
}

static struct vfiomig_object *read_short(struct vfiomig *in, const char *text)
{
	char *json = json_of(text);
	struct vfiomig_object *o = read_text(in, json);

	free(json);
	return o;
}

/* What stands around the attributes is kept as well. */
static void test_object(void **state)
{
	struct vfiomig_object *o;
	uint32_t available = 1;

	(void)state;
	o = read_short(ctx,
		       "{$S, 'types': [{'handle': 'mdev/p/t', 'id': 7, 'seq': '18446744073709551615', 'available': 0, 'by': 'x', $A}]}");
	assert_non_null(o);
	assert_string_equal(vfiomig_object_handle(o), "mdev/p/t");
	assert_int_equal(vfiomig_object_kind(o), VFIOMIG_TYPE);
	assert_int_equal(vfiomig_object_id(o), 7);
	assert_true(vfiomig_object_seq(o) == UINT64_MAX);
	assert_true(vfiomig_object_available(o, &available));
	assert_int_equal(available, 0);
	assert_false(vfiomig_object_from_sysfs(o));
	assert_false(vfiomig_object_in_use(o));
	vfiomig_object_unref(o);

	o = read_short(ctx,
		       "{$S, 'devices': [{'handle': 'a/b', 'in_use': true, 'by': 'sysfs', $A}]}");
	assert_non_null(o);
	assert_true(vfiomig_object_from_sysfs(o));
	assert_true(vfiomig_object_in_use(o));
	assert_false(vfiomig_object_available(o, &available));
	vfiomig_object_unref(o);
}

/* ------------------------------------------------------------- attributes */

/**
 * struct attempt - an attribute
 * @attr: the attribute
 * @message: what is said of it if it is refused, or NULL
 */
struct attempt {
	const char *attr;
	const char *message;
};

static void try_attrs(const struct attempt *attempts, size_t n)
{
	for (; n--; attempts++) {
		if (attempts->message)
			bad(attempts->attr, attempts->message);
		else
			good(attempts->attr);
	}
}

static const struct attempt some_attributes[] = {
	{ "'u64', 'value': 1", NULL },
	{ "1", ": not an object" },
	{ "{'type': 'u64', 'value': 1}", ": \"name\" is missing" },
	{ "{'name': 'x', 'value': 1}", ": \"type\" is missing" },
	{ "{'name': 'x', 'type': 'u64'}", ": \"value\" is missing" },
	{ "{'name': 1, 'type': 'u64', 'value': 1}", ".name: not a string" },
	{ "{'name': 'x', 'type': null, 'value': 1}", ".type: not a string" },
	{ "'u64', 'value': 1, 'value': 1", ": \"value\" comes twice" },
	{ "'u64', 'value': 1, 'rule': null", ".rule: not a string" },
	{ "'u64', 'value': 1, 'severity': []", ".severity: not a string" },
	{
		"{'name': 'a', 'type': 'u64', 'value': 1}",
		": another attribute has the same name"
	},
	{
		"{'name': 'A', 'type': 'u64', 'value': 1}",
		": name is not of small letters"
	},
	{
		"{'name': '.a', 'type': 'u64', 'value': 1}",
		": name is not of small letters"
	},
	{
		"{'name': '', 'type': 'u64', 'value': 1}",
		".name: name is not of 1 to 63 bytes"
	},
	{
		"{'name': 'a\\u0000', 'type': 'u64', 'value': 1}",
		".name: a NUL in a string"
	},
};

static void test_attributes(void **state)
{
	(void)state;
	try_attrs(some_attributes, ARRAY_SIZE(some_attributes));
}

static const struct attempt some_values[] = {
	{ "'bool', 'value': 1", ".value: neither true nor false" },
	{ "'bool', 'value': 'true'", ".value: neither true" },
	{ "'u64', 'value': 0", NULL },
	{ "'u64', 'value': -0", NULL },
	{ "'u64', 'value': 18446744073709551615", NULL },
	{ "'u64', 'value': '18446744073709551615'", NULL },
	{ "'u64', 'value': 1.0", NULL },
	{ "'u64', 'value': 1.5e1", NULL },
	{ "'u64', 'value': 1844674407370955161.5E+1", NULL },
	{ "'u64', 'value': 1000e-3", NULL },
	{ "'u64', 'value': 0e99999999999999999999", NULL },
	{ "'u64', 'value': 18446744073709551616", ".value: not a" },
	{ "'u64', 'value': '18446744073709551616'", ".value: not" },
	{ "'u64', 'value': 1.8446744073709552e19", ".value: not a" },
	{ "'u64', 'value': 1e20", ".value: not a whole number" },
	{ "'u64', 'value': 1e99999999999999999999", ".value: not a" },
	{ "'u64', 'value': 1.5", ".value: not a whole number" },
	{ "'u64', 'value': 15e-1", ".value: not a whole number" },
	{ "'u64', 'value': -1", ".value: not a whole number" },
	{ "'u64', 'value': '01'", ".value: not a whole number" },
	{ "'u64', 'value': '0x1'", ".value: not a whole number" },
	{ "'u64', 'value': ''", ".value: not a whole number" },
	{ "'u64', 'value': '1 '", ".value: not a whole number" },
	{ "'u64', 'value': '1\\u0000'", ".value: not a whole" },
	{ "'u64', 'value': true", ".value: not a whole number" },
	{ "'string', 'value': ' '", NULL },
	{ "'string', 'value': '\\u00a0\\ud83d\\udcbe'", NULL },
	{ "'string', 'value': 1", ".value: not a string" },
	{ "'string', 'value': ''", ": string is not of 1 to 255" },
	{ "'string', 'value': '\\u0000'", ".value: a NUL" },
	{ "'string', 'value': 'a\\n'", ": string is not UTF-8" },
	{ "'string', 'value': '\\u007f'", ": string is not UTF-8" },
	{ "'string', 'value': '\\u0080'", ": string is not UTF-8" },
	{ "'string', 'value': '\\u009f'", ": string is not UTF-8" },
	{ "'version', 'value': '0.0.0'", NULL },
	{ "'version', 'value': '4294967295.4294967295.4294967295'", NULL },
	{ "'version', 'value': '4294967296.0.0'", ".value: not a" },
	{ "'version', 'value': '0.0.4294967296'", ".value: not a" },
	{ "'version', 'value': '1.2'", ".value: not a version" },
	{ "'version', 'value': '1.2.3.4'", ".value: not a version" },
	{ "'version', 'value': '1.02.3'", ".value: not a version" },
	{ "'version', 'value': '1.-2.3'", ".value: not a version" },
	{ "'version', 'value': '1.2.3 '", ".value: not a version" },
	{ "'version', 'value': ''", ".value: not a version" },
	{ "'version', 'value': 1", ".value: not a string" },
	{ "'version', 'value': '1.2.3\\u0000'", ".value: a NUL" },
};

static void test_values(void **state)
{
	(void)state;
	try_attrs(some_values, ARRAY_SIZE(some_values));
}

static const struct attempt some_bits[] = {
	{ "'bits', 'value': []", NULL },
	{ "'bits', 'value': [0, 255], 'names': []", NULL },
	{
		"'bits', 'value': ['Mq', 0], 'names': [{'bit': 22, 'name': 'Mq', 'x-y': 1}]",
		NULL
	},
	{ "'bits', 'value': 1", ".value: not an array" },
	{ "'bits', 'value': [0, 256]", ".value[1]: not a bit" },
	{ "'bits', 'value': [-1]", ".value[0]: not a bit" },
	{ "'bits', 'value': [0.5]", ".value[0]: not a bit" },
	{ "'bits', 'value': [null]", ".value[0]: neither a label" },
	{ "'bits', 'value': ['mq']", ".value[0]: no bit has the label \"mq\"" },
	{ "'bits', 'value': [1, 1]", ".value[1]: a bit comes twice" },
	{
		"'bits', 'value': [1, 'a'], 'names': [{'bit': 1, 'name': 'a'}]",
		".value[1]: a bit comes twice"
	},
	{ "'bits', 'value': [], 'names': {}", ".names: not an" },
	{ "'bits', 'value': [], 'names': [1]", ".names[0]: not an" },
	{
		"'bits', 'value': [], 'names': [{'bit': 1}]",
		".names[0]: \"name\" is missing"
	},
	{
		"'bits', 'value': [], 'names': [{'name': 'a'}]",
		".names[0]: \"bit\" is missing"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 256, 'name': 'a'}]",
		".names[0].bit: not a bit"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'name': 1}]",
		".names[0].name: not a string"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'bit': 1, 'name': 'a'}]",
		".names[0]: \"bit\" comes twice"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'name': 'a'}, {'bit': 1, 'name': 'b'}]",
		".names[1]: another label of bit 1"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'name': 'a'}, {'bit': 2, 'name': 'a'}]",
		".names: two bits have one label"
	},
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'name': 'a b'}]",
		".names: label is not of letters"
	},
	{
		"'u64', 'value': 1, 'names': [{'bit': 1, 'name': 'a'}]",
		".names: only bits have labels"
	},
};

static void test_bits(void **state)
{
	(void)state;
	try_attrs(some_bits, ARRAY_SIZE(some_bits));
}

static const struct attempt some_lists[] = {
	{ "'u64', 'value': 1, 'rule': 'one-of'", ": one-of without a list" },
	{
		"'u64', 'value': 1, 'rule': 'one-of', 'accept': []",
		".accept: an empty list"
	},
	{ "'u64', 'value': 1, 'settable': []", ".settable: an empty list" },
	{ "'u64', 'value': 1, 'settable': 1", ".settable: not an array" },
	{
		"'u64', 'value': 1, 'settable': [1, 'x']",
		".settable[1]: not a whole number"
	},
	{
		"'u64', 'value': 1, 'settable': [{'min': 'x'}]",
		".settable[0].min: not a whole number"
	},
	{
		"'u64', 'value': 1, 'settable': [{'min': 1, 'min': 1}]",
		".settable[0]: \"min\" comes twice"
	},
	{
		"'u64', 'value': 1, 'settable': [{'max': 1, 'max': 1}]",
		".settable[0]: \"max\" comes twice"
	},
	{
		"'u64', 'value': 1, 'settable': [1, 2, {'min': 2, 'max': 1}]",
		".settable[2]: min is above max"
	},
	{
		"'version', 'value': '1.0.0', 'rule': 'one-of', 'accept': [{'min': '1.10.0', 'max': '1.9.0'}]",
		".accept[0]: min is above max"
	},
	{
		"'version', 'value': '1.0.0', 'rule': 'one-of', 'accept': [{'min': '1.9.0', 'max': '1.10.0'}, {'min': '1.0.0', 'max': '1.0.0'}]",
		NULL
	},
	{
		"'string', 'value': 'a', 'settable': [{'min': 'a'}]",
		".settable[0]: only u64 and version have ranges"
	},
	{ "'string', 'value': 'a', 'settable': [{'x-any': 1}]", NULL },
	{
		"'string', 'value': 'a', 'settable': ['']",
		".settable[0]: string is not of 1 to 255 bytes"
	},
	{
		"'bool', 'value': true, 'settable': [true]",
		".settable[0]: only u64, string and version have lists"
	},
	{
		"'bits', 'value': [], 'settable': [[1]]",
		".settable: only u64, string and version have lists"
	},
};

static void test_lists(void **state)
{
	(void)state;
	try_attrs(some_lists, ARRAY_SIZE(some_lists));
}

/* Every rule with every type, and where lists mean something. */
static void test_rules(void **state)
{
	static const char * const values[][2] = {
		{ "bool", "true" }, { "u64", "1" }, { "string", "\"1\"" },
		{ "version", "\"1.0.0\"" }, { "bits", "[1]" },
		{ "matrix", "[[1]]" },
	};
	static const struct {
		const char *rule;
		const char *types;
		bool accept;
		bool settable;
	} rules[] = {
		{ "equal", "bool u64 string version bits matrix", false, true },
		{ "any", "bool u64 string version bits matrix", false, false },
		{ "none", "bool u64 string version bits matrix", false, false },
		{ "one-of", "u64 string version matrix", true, false },
		{ "semver", "version matrix", false, false },
		{ "superset", "bits matrix", false, false },
		{ "at-least", "u64 version matrix", false, true },
		{ "of-the-future", "bool u64 string version bits matrix", true,
		  true },
	};
	char attr[200];

	(void)state;
	for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
		for (size_t v = 0; v < 6; v++) {
			bool fits = strstr(rules[i].types, values[v][0]);
			bool list = strstr("u64 string version matrix",
					   values[v][0]);
			bool one_of = !strcmp(rules[i].rule, "one-of");

			for (int lists = 0; lists < 4; lists++) {
				bool ok = fits;

				snprintf(attr, sizeof(attr),
					 "'%s', 'value': %s, 'rule': '%s'%s%s%s%s",
					 values[v][0], values[v][1],
					 rules[i].rule,
					 lists & 1 ? ", 'accept': [" : "",
					 lists & 1 ? values[v][1] : "",
					 lists & 1 ? "]" : "",
					 lists & 2 ? ", 'settable': [{}]" : "");
				if (lists & 1)
					ok &= rules[i].accept && list;
				else if (strcmp(values[v][0], "matrix"))
					ok &= !one_of;
				if (lists & 2)
					ok &= rules[i].settable && list;
				if (ok)
					good(attr);
				else
					bad(attr, "");
			}
		}
	}
	bad("'u64', 'value': 1, 'rule': 'none', 'severity': 'info'",
	    ": the rule none has no severity info");
	good("'u64', 'value': 1, 'rule': 'none', 'missing': 'info'");
}

/* Whether it is unknown shows in the verdict. */
static void unknown(const char *attr, bool is)
{
	char *attrs = attrs_of(attr);
	struct vfiomig_result *r;

	r = judge_text(ctx, attrs, attrs);
	if (!r)
		fail_msg("%s: %s", vfiomig_last_error(ctx)->message, attr);
	if (r->verdict != (is ? VFIO_MIG_VERDICT_UNDECIDED :
				VFIO_MIG_VERDICT_COMPATIBLE))
		fail_msg("%s: %s", vfiomig_verdict_name(r->verdict), attr);
	vfiomig_result_free(r);
	free(attrs);
}

/**
 * struct guess - an attribute
 * @attr: the attribute
 * @unknown: it is unknown
 */
struct guess {
	const char *attr;
	bool unknown;
};

static const struct guess guesses[] = {
	{ "'u64', 'value': 1", false },
	{ "'u64', 'value': 1, 'x-': {'y': []}", false },
	{ "'u64', 'value': 1, 'X-': 1", true },
	{ "'u64', 'value': 1, '': 1", true },
	{ "'u64', 'value': 1, 'Rule': 'any'", true },
	{ "'matrix', 'value': null", true },
	{ "'unknown', 'value': null", true },
	{ "'', 'value': {'a': []}", true },
	{ "'u64', 'value': 1, 'rule': 'prime'", true },
	{ "'u64', 'value': 1, 'rule': 'equal\\u0000'", true },
	{ "'u64', 'value': 1, 'rule': 1", true },
	{ "'u64', 'value': 1, 'severity': 'doom'", true },
	{ "'u64', 'value': 1, 'missing': 'doom'", true },
	{ "'u64', 'value': 1, 'origin': 'cloud'", true },
	{ "'u64', 'value': 1, 'scope': 'device'", false },
	{ "'u64', 'value': 1, 'scope': 'rack'", true },
	{ "'u64', 'value': 1, 'scope': 4", true },
	{ "'u64', 'value': 1, 'settable': [{'step': 2}]", true },
	{ "'u64', 'value': 1, 'settable': [{'x-step': 2}]", false },
	{
		"'u64', 'value': 1, 'rule': 'one-of', 'accept': [{'min': 0, 'step': 2}]",
		true
	},
	{ "'u64', 'value': 1, 'rule': 'one-of', 'pattern': 1", true },
	{
		"'bits', 'value': [], 'names': [{'bit': 1, 'name': 'a', 'b': 1}]",
		true
	},
};

/* What is known of them must be right all the same. */
static const struct attempt known_parts[] = {
	{ "'u64', 'value': 'x', 'mask': 7", ".value: not a" },
	{
		"'u64', 'value': 1, 'rule': 'semver', 'mask': 7",
		": rule does not fit the type"
	},
	{
		"'matrix', 'value': 1, 'rule': 'equal', 'accept': [1]",
		".accept[0]: accept belongs to the rule one-of"
	},
	{ "{'name': 'X', 'type': 'matrix', 'value': 1}", ": name" },
};

static void test_unknown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(guesses); i++)
		unknown(guesses[i].attr, guesses[i].unknown);
	try_attrs(known_parts, ARRAY_SIZE(known_parts));
}

/* ------------------------------------------------------------------ limits */

/* So many of a character. */
static const char *many(char c, size_t n)
{
	static char text[4][1100];
	static int turn;
	char *to = text[turn++ % 4];

	assert_true(n < sizeof(text[0]));
	memset(to, c, n);
	to[n] = '\0';
	return to;
}

static void test_long_texts(void **state)
{
	char attr[1400], *to;

	(void)state;
	for (size_t len = 63; len <= 64; len++) {
		snprintf(attr, sizeof(attr),
			 "{'name': '%s', 'type': 'u64', 'value': 1}",
			 many('x', len));
		if (len == 63)
			good(attr);
		else
			bad(attr, ".name: name is not of 1 to 63 bytes");
	}
	for (size_t len = 255; len <= 256; len++) {
		/* a character of three bytes among them: bytes count */
		snprintf(attr, sizeof(attr),
			 "'string', 'value': '%s\\u20ac'",
			 many('x', len - 3));
		if (len == 255)
			good(attr);
		else
			bad(attr, ": string is not of 1 to 255 bytes");
	}
	for (size_t len = 31; len <= 32; len++) {
		snprintf(attr, sizeof(attr),
			 "'bits', 'value': [], 'names': [{'bit': 0, 'name': '%s'}]",
			 many('x', len));
		if (len == 31)
			good(attr);
		else
			bad(attr, ".names: label is not of 1 to 31 bytes");
	}
	for (size_t len = 32; len <= 33; len++) {
		to = stpcpy(attr, "'u64', 'value': 1, 'settable': [0");
		for (size_t i = 1; i < len; i++)
			to = stpcpy(to, ",{}");
		strcpy(to, "]");
		if (len == 32)
			good(attr);
		else
			bad(attr, ".settable[0]: more than 32 entries");
	}
}

/* 256 bits, each with a name. */
static void test_all_bits(void **state)
{
	struct vfiomig_object *o;
	struct json_object *json;
	char *attrs, *again;
	size_t size;
	FILE *out;

	(void)state;
	out = open_memstream(&attrs, &size);
	fputs("[{\"name\": \"x\", \"type\": \"bits\", \"value\": [0", out);
	for (int bit = 1; bit < 256; bit++)
		fprintf(out, ",%d", bit);
	fputs("], \"names\": [", out);
	for (int bit = 0; bit < 256; bit++)
		fprintf(out, "%s{\"bit\": %d, \"name\": \"%x\"}",
			bit ? "," : "", 255 - bit, bit);
	fputs("]}]", out);
	fclose(out);

	o = read_attrs(attrs);
	if (!o)
		fail_msg("%s", vfiomig_last_error(ctx)->message);
	for (unsigned int bit = 0; bit < 256; bit++)
		assert_true(vfiomig_attr_bit(vfiomig_object_attr(o, 0), bit));
	assert_string_equal(vfiomig_attr_label(vfiomig_object_attr(o, 0), 0),
			    "ff");
	json = vfiomig_object_json(o);
	again = vfiomig_json_text(json, 0);
	assert_non_null(strstr(again, "\"value\":[\"ff\",\"fe\","));
	free(again);
	json_object_put(json);
	vfiomig_object_unref(o);
	free(attrs);
}

/* So many attributes, and one more. */
static void test_attr_count(void **state)
{
	struct vfiomig_object *o;
	char *attrs;
	size_t size;

	(void)state;
	for (int n = 64; n <= 65; n++) {
		FILE *out = open_memstream(&attrs, &size);

		for (int i = 0; i < n; i++)
			fprintf(out,
				"%c{\"name\": \"a%d\", \"type\": \"u64\", \"value\": %d}\n",
				i ? ',' : '[', i, i);
		fputc(']', out);
		fclose(out);
		o = read_attrs(attrs);
		if (n == 64) {
			assert_non_null(o);
			assert_int_equal(vfiomig_object_attrs(o), 64);
		} else {
			assert_null(o);
			assert_string_equal(vfiomig_last_error(ctx)->message,
					    "text:65: devices[0].attrs[64]: more than 64 attributes");
			assert_string_equal(vfiomig_last_error(ctx)->attribute,
					    "a64");
		}
		vfiomig_object_unref(o);
		free(attrs);
	}
}

/*
 * Each of the strings makes an attribute of 304 bytes: 4 for the nest, 8 for
 * the name, 260 for the value, 32 for rule, severity, missing and origin. 20
 * of them are 6080 bytes, which leaves 64: 16 for the text of one more.
 */
static void test_size(void **state)
{
	struct vfiomig_object *o;
	char *attrs;
	size_t size;

	(void)state;
	for (size_t len = 15; len <= 16; len++) {
		FILE *out = open_memstream(&attrs, &size);

		for (int i = 0; i < 20; i++)
			fprintf(out,
				"%c{\"name\": \"a%02d\", \"type\": \"string\", \"value\": \"%s\"}\n",
				i ? ',' : '[', i, many('x', 255));
		fprintf(out,
			",{\"name\": \"zzz\", \"type\": \"string\", \"value\": \"%s\"}]",
			many('x', len));
		fclose(out);
		o = read_attrs(attrs);
		if (len == 15) {
			assert_non_null(o);
		} else {
			assert_null(o);
			assert_string_equal(vfiomig_last_error(ctx)->message,
					    "text:21: devices[0].attrs[20]: attributes take more than 6144 bytes");
			assert_string_equal(vfiomig_last_error(ctx)->attribute,
					    "zzz");
		}
		vfiomig_object_unref(o);
		free(attrs);
	}
}

/* Much too large for what tells the length on the wire. */
static void test_huge(void **state)
{
	size_t size = 200000;
	char *attr = malloc(size + 200), *to;

	(void)state;
	to = stpcpy(attr, "'string', 'value': '");
	to = mempset(to, 'x', size);
	strcpy(to, "'");
	bad(attr, ": attributes take more than 6144 bytes");
	free(attr);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_documents),
		TEST(test_objects),
		TEST(test_json),
		TEST(test_depth),
		TEST(test_long),
		TEST(test_stop),
		TEST(test_load),
		TEST(test_round_trip),
		TEST(test_object),
		TEST(test_attributes),
		TEST(test_values),
		TEST(test_bits),
		TEST(test_lists),
		TEST(test_rules),
		TEST(test_unknown),
		TEST(test_long_texts),
		TEST(test_all_bits),
		TEST(test_attr_count),
		TEST(test_size),
		TEST(test_huge),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
