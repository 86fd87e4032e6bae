// SPDX-License-Identifier: GPL-2.0-or-later
/* JSON: what is written, and that it can be read. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "kernel.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	(void)state;
	ctx = vfiomig_new();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	vfiomig_free(ctx);
	return 0;
}

static struct vfiomig_object *read_good(enum vfiomig_kind kind,
					struct nl_msg *msg)
{
	struct vfiomig_object *o;

	assert_int_equal(read_object(ctx, kind, msg, &o), 0);
	return o;
}

/* The JSON of the only attribute of an object. */
static char *attr_text(struct nl_msg *msg)
{
	struct vfiomig_object *o = read_good(VFIOMIG_DEVICE, msg);
	struct json_object *json;
	char *text;

	json = vfiomig_attr_json(vfiomig_object_attr(o, 0));
	text = vfiomig_json_text(json, 0);
	json_object_put(json);
	vfiomig_object_unref(o);
	return text;
}

static void begins(const char *text, const char *expected)
{
	if (strncmp(text, expected, strlen(expected)))
		fail_msg("%s does not begin with %s", text, expected);
}

static struct nl_msg *device(void)
{
	return object(7, "pci", NULL, "0000:05:00.1");
}

static void contains(const char *text, const char *expected)
{
	if (!strstr(text, expected))
		fail_msg("%s has no %s", text, expected);
}

static void has(struct nl_msg *msg, const char *expected)
{
	char *text = attr_text(msg);

	contains(text, expected);
	free(text);
}

static void has_number(uint64_t number, const char *expected)
{
	struct nl_msg *msg = device();

	add_u64(msg, "n", number);
	has(msg, expected);
}

static void test_numbers(void **state)
{
	(void)state;
	has_number(0, "\"value\":0,");
	has_number((1ull << 53) - 1, "\"value\":9007199254740991,");
	has_number(1ull << 53, "\"value\":\"9007199254740992\",");
	has_number(UINT64_MAX, "\"value\":\"18446744073709551615\",");
}

static void has_string(const char *value, const char *expected)
{
	struct nl_msg *msg = device();

	add_string(msg, "s", value);
	has(msg, expected);
}

static void test_strings(void **state)
{
	(void)state;
	has_string("a/b \"\\", "\"value\":\"a/b \\\"\\\\\",");
	has_string("gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80",
		   "\"value\":\"gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80\",");
	has_string("\x1b\n\x01", "\"value\":\"\\u001b\\n\\u0001\",");
	has_string("\x7f\xc2\x80\xc2\x9f\xc2\xa0",
		   "\"value\":\"\\u007f\\u0080\\u009f\xc2\xa0\",");
	has_string("\xff\xe2\x82",
		   "\"value\":\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",");
	has_string("", "\"value\":\"\",");
}

static void test_every_key(void **state)
{
	struct nl_msg *msg = device();

	(void)state;
	add_bool(msg, "migratable", true);
	has(msg,
	    "{\"name\":\"migratable\",\"type\":\"bool\",\"value\":true,\"rule\":\"equal\",\"severity\":\"fail\",\"missing\":\"undecided\",\"origin\":\"vfio\"}");
}

static void test_bits(void **state)
{
	struct nl_msg *msg = device();
	struct nlattr *nest;

	(void)state;
	nest = attr_begin(msg, "features");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, 5, "\x00\x00\x42\x00\x02");
	add_label(msg, 22, "mq");
	add_label(msg, 17, "ctrl-vq");
	add_label(msg, 3, "unset");
	attr_end(msg, nest, VFIO_MIG_RULE_SUPERSET, VFIO_MIG_SEVERITY_FAIL,
		 VFIO_MIG_SEVERITY_FAIL);
	has(msg,
	    "\"value\":[\"ctrl-vq\",\"mq\",33],\"names\":[{\"bit\":3,\"name\":\"unset\"},{\"bit\":17,\"name\":\"ctrl-vq\"},{\"bit\":22,\"name\":\"mq\"}],\"rule\":\"superset\"");

	msg = device();
	nest = attr_begin(msg, "none");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, 0, NULL);
	nla_nest_end(msg, nest);
	has(msg, "\"value\":[],\"rule\":0,");
}

static void test_version(void **state)
{
	struct nl_msg *msg = device();
	struct nlattr *nest, *inner;

	(void)state;
	nest = attr_begin(msg, "version");
	inner = nla_nest_start(msg, VFIO_MIG_A_ATTR_VERSION);
	nla_put_u32(msg, VFIO_MIG_A_VERSION_MAJOR, 1);
	nla_put_u32(msg, VFIO_MIG_A_VERSION_PATCH, UINT32_MAX);
	nla_nest_end(msg, inner);
	nla_nest_end(msg, nest);
	has(msg, "\"type\":\"version\",\"value\":\"1.0.4294967295\"");
}

static void test_unknown(void **state)
{
	struct nl_msg *msg = device();
	struct nlattr *nest;

	(void)state;
	nest = attr_begin(msg, "new");
	nla_put(msg, 99, 4, "\1\2\3\4");
	attr_end(msg, nest, 77, 66, 4294967295u);
	has(msg,
	    "{\"name\":\"new\",\"type\":\"unknown\",\"value\":null,\"rule\":77,\"severity\":66,\"missing\":4294967295,\"origin\":\"vfio\",\"unknown\":[{\"in\":\"attr\",\"type\":99,\"len\":4,\"hex\":\"01020304\"}]}");
}

static void test_object(void **state)
{
	struct nl_msg *msg = object(9, "mdev", "p", "t");
	struct json_object *json;
	struct vfiomig_object *o;
	char *text;

	(void)state;
	put_u64(msg, VFIO_MIG_A_OBJECT_SEQ, 1ull << 60);
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 0);
	nla_put(msg, 30, 0, NULL);
	o = read_good(VFIOMIG_TYPE, msg);
	json = vfiomig_object_json(o);
	text = vfiomig_json_text(json, 0);
	assert_string_equal(text,
			    "{\"handle\":\"mdev/p/t\",\"id\":9,\"seq\":\"1152921504606846976\",\"available\":0,\"attrs\":[],\"unknown\":[{\"in\":\"object\",\"type\":30,\"len\":0,\"hex\":\"\"}]}");
	free(text);
	json_object_put(json);
	vfiomig_object_unref(o);
}

/* Two devices, one with everything that is hard to write, and a type. */
static struct vfiomig_list *some_objects(void)
{
	struct vfiomig_list *list = vfiomig_list_new();
	struct nl_msg *msgs[3] = {
		device(), object(8, "x", NULL, "\x1b\xff\n"),
		object(9, "mdev", "p", "t")
	};

	add_string(msgs[1], "s", "line\nfeed");
	add_bool(msgs[1], "b", false);
	for (int i = 0; i < 3; i++) {
		struct vfiomig_object *o;

		o = read_good(i == 2 ? VFIOMIG_TYPE : VFIOMIG_DEVICE, msgs[i]);
		assert_int_equal(vfiomig_list_add(list, o), 0);
		vfiomig_object_unref(o);
	}
	return list;
}

static char *list_text(const struct vfiomig_list *list, enum vfiomig_kind kind,
		       unsigned int flags)
{
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(vfiomig_list_write(list, kind, flags, out), 0);
	fclose(out);
	return text;
}

static void test_list(void **state)
{
	struct vfiomig_list *list = some_objects();
	char *compact, *pretty, *again;
	struct json_object *json;

	(void)state;
	compact = list_text(list, VFIOMIG_DEVICE, 0);
	pretty = list_text(list, VFIOMIG_DEVICE, VFIOMIG_JSON_PRETTY);
	assert_ptr_equal(strchr(compact, '\n'), compact + strlen(compact) - 1);
	begins(pretty, "{\n  \"devices\": [\n    {\n      \"handle\"");

	/* written in pieces, it looks as if it had been written at once */
	json = json_tokener_parse(pretty);
	assert_non_null(json);
	again = vfiomig_json_text(json, VFIOMIG_JSON_PRETTY);
	pretty[strlen(pretty) - 1] = '\0';
	assert_string_equal(again, pretty);
	free(again);
	again = vfiomig_json_text(json, 0);
	compact[strlen(compact) - 1] = '\0';
	assert_string_equal(again, compact);
	free(again);
	json_object_put(json);
	free(compact);
	free(pretty);
	vfiomig_list_free(list);
}

static void test_empty_list(void **state)
{
	struct vfiomig_list *list = vfiomig_list_new();
	char *text;

	(void)state;
	text = list_text(list, VFIOMIG_DEVICE, 0);
	assert_string_equal(text, "{\"devices\":[]}\n");
	free(text);
	text = list_text(list, VFIOMIG_TYPE, VFIOMIG_JSON_PRETTY);
	assert_string_equal(text, "{\n  \"types\": []\n}\n");
	free(text);
	vfiomig_list_free(list);
}

static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	assert_true(json_object_object_get_ex(json, key, &value));
	return value;
}

static void test_profile(void **state)
{
	struct vfiomig_list *list = some_objects();
	struct json_object *json;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(vfiomig_profile_write(list, 0, out), 0);
	fclose(out);
	json = json_tokener_parse(text);
	assert_non_null(json);
	assert_int_equal(json_object_object_length(json), 6);
	assert_string_equal(json_object_get_string(get(json, "schema")),
			    "vfio_mig/profile/1");
	assert_non_null(get(json, "host"));
	assert_non_null(get(json, "kernel"));
	assert_int_equal(strlen(json_object_get_string(get(json, "taken_at"))),
			 20);
	assert_int_equal(json_object_array_length(get(json, "devices")), 2);
	assert_int_equal(json_object_array_length(get(json, "types")), 1);
	json_object_put(json);
	free(text);
	vfiomig_list_free(list);
}

static void test_write_error(void **state)
{
	struct vfiomig_list *list = some_objects();
	FILE *out = fopen("/dev/full", "w");

	(void)state;
	setvbuf(out, NULL, _IONBF, 0);
	assert_true(vfiomig_profile_write(list, 0, out) < 0);
	fclose(out);
	vfiomig_list_free(list);
}

static void test_event(void **state)
{
	struct vfiomig_event event = {
		.kind = VFIOMIG_EVENT_CHANGE, .seq = 5, .resync = true,
		.time = { .tv_sec = 1598400000 }, .nsid = -1,
	};
	struct json_object *json;
	struct nl_msg *msg;
	char *text;

	(void)state;
	msg = object(9, "mdev", "p", "t");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 2);
	add_u64(msg, "changed", 1);
	add_u64(msg, "gone", 1);
	add_u64(msg, "same", 1);
	event.old = read_good(VFIOMIG_TYPE, msg);
	msg = object(9, "mdev", "p", "t");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 1);
	add_u64(msg, "changed", 2);
	add_u64(msg, "new", 1);
	add_u64(msg, "same", 1);
	event.object = read_good(VFIOMIG_TYPE, msg);

	json = vfiomig_event_json(&event);
	text = vfiomig_json_text(json, 0);
	begins(text,
	       "{\"event\":\"change\",\"seq\":5,\"time\":\"2020-08-26T00:00:00.000000Z\",\"resync\":true,\"type\":{\"handle\":\"mdev/p/t\",");
	contains(text,
		 "\"changes\":[{\"attr\":\"changed\",\"old\":{\"name\":\"changed\",\"type\":\"u64\",\"value\":1,");
	contains(text, "{\"attr\":\"gone\",\"old\":{");
	contains(text, "{\"attr\":\"new\",\"new\":{");
	assert_null(strstr(text, "\"attr\":\"same\""));
	contains(text, "\"available\":{\"old\":2,\"new\":1}}");
	free(text);
	json_object_put(json);
	vfiomig_object_unref(event.old);
	vfiomig_object_unref(event.object);
}

/* Only of a network namespace that is not the watch's own. */
static void test_event_elsewhere(void **state)
{
	struct vfiomig_event event = {
		.kind = VFIOMIG_EVENT_SYNCED, .seq = 5, .partial = true,
		.time = { .tv_sec = 1598400000 }, .netns = "a\"b",
	};
	struct json_object *json = vfiomig_event_json(&event);
	char *text = vfiomig_json_text(json, 0);

	(void)state;
	assert_string_equal(text,
			    "{\"event\":\"synced\",\"seq\":5,\"time\":\"2020-08-26T00:00:00.000000Z\",\"nsid\":0,\"netns\":\"a\\\"b\",\"partial\":true}");
	free(text);
	json_object_put(json);
}

/* Leaves something out for want of memory, as json-c does. */
static int leave_out(struct json_object *json, struct printbuf *out, int level,
		     int flags)
{
	(void)json;
	(void)out;
	(void)level;
	(void)flags;
	errno = ENOMEM;
	return 0;
}

static void test_no_memory(void **state)
{
	struct json_object *json = json_object_new_object();
	struct json_object *part = json_object_new_string("x");

	(void)state;
	json_object_object_add(json, "part", part);
	json_object_set_serializer(part, leave_out, NULL, NULL);
	assert_null(vfiomig_json_text(json, 0));
	json_object_put(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_every_key),
		cmocka_unit_test(test_bits),
		cmocka_unit_test(test_version),
		cmocka_unit_test(test_unknown),
		cmocka_unit_test(test_object),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_empty_list),
		cmocka_unit_test(test_profile),
		cmocka_unit_test(test_write_error),
		cmocka_unit_test(test_event),
		cmocka_unit_test(test_event_elsewhere),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
