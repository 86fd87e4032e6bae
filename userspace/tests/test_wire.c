// SPDX-License-Identifier: GPL-2.0-or-later
/* Reading netlink messages, good ones and others. */
#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "kernel.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	ctx = vfiomig_new();
	return kernel_reset(state);
}

static int teardown(void **state)
{
	vfiomig_free(ctx);
	return kernel_clean(state);
}

static struct nl_msg *device(void)
{
	return object(7, "pci", NULL, "0000:05:00.1");
}

static struct vfiomig_object *good(enum vfiomig_kind kind, struct nl_msg *msg)
{
	struct vfiomig_object *o = NULL;

	if (read_object(ctx, kind, msg, &o))
		fail_msg("%s", vfiomig_last_error(ctx)->message);
	return o;
}

/* The message is refused, and the error says where it is bad. */
static void refused(enum vfiomig_kind kind, struct nl_msg *msg,
		    const char *where)
{
	struct vfiomig_object *o = NULL;

	assert_int_equal(read_object(ctx, kind, msg, &o), -EBADMSG);
	assert_null(o);
	assert_int_equal(vfiomig_last_error(ctx)->cause, VFIOMIG_CAUSE_KERNEL);
	assert_non_null(strstr(vfiomig_last_error(ctx)->message, where));
}

static void test_every_type(void **state)
{
	struct nl_msg *msg = device();
	const struct vfiomig_attr *a;
	struct nlattr *nest, *inner;
	struct vfiomig_object *o;

	(void)state;
	put_u64(msg, VFIO_MIG_A_OBJECT_SEQ, 41);
	add_string(msg, "string", "vfio-pci");
	add_bool(msg, "bool", true);
	add_u64(msg, "u64", UINT64_MAX);

	nest = attr_begin(msg, "version");
	inner = nla_nest_start(msg, VFIO_MIG_A_ATTR_VERSION);
	nla_put_u32(msg, VFIO_MIG_A_VERSION_MAJOR, 1);
	nla_put_u32(msg, VFIO_MIG_A_VERSION_MINOR, 4);
	nla_put_u32(msg, VFIO_MIG_A_VERSION_PATCH, UINT32_MAX);
	nla_nest_end(msg, inner);
	attr_end(msg, nest, VFIO_MIG_RULE_SEMVER, VFIO_MIG_SEVERITY_FAIL,
		 VFIO_MIG_SEVERITY_INFO);

	nest = attr_begin(msg, "bits");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, 2, "\x01\x80");
	add_label(msg, 15, "last");
	add_label(msg, 0, "first");
	attr_end(msg, nest, VFIO_MIG_RULE_SUPERSET, VFIO_MIG_SEVERITY_FAIL,
		 VFIO_MIG_SEVERITY_FAIL);

	o = good(VFIOMIG_DEVICE, msg);
	assert_string_equal(vfiomig_object_handle(o), "pci/0000:05:00.1");
	assert_int_equal(vfiomig_object_id(o), 7);
	assert_int_equal(vfiomig_object_seq(o), 41);
	assert_int_equal(vfiomig_object_attrs(o), 5);

	a = vfiomig_object_find(o, "string");
	assert_int_equal(a->type, VFIOMIG_VALUE_STRING);
	assert_string_equal(a->string, "vfio-pci");
	assert_int_equal(a->rule, VFIO_MIG_RULE_EQUAL);
	assert_int_equal(a->missing, VFIO_MIG_SEVERITY_UNDECIDED);
	assert_int_equal(a->origin, VFIO_MIG_ORIGIN_VFIO);
	assert_true(vfiomig_object_find(o, "bool")->boolean);
	assert_true(vfiomig_object_find(o, "u64")->u64 == UINT64_MAX);

	a = vfiomig_object_find(o, "version");
	assert_int_equal(a->type, VFIOMIG_VALUE_VERSION);
	assert_int_equal(a->version.major, 1);
	assert_int_equal(a->version.minor, 4);
	assert_true(a->version.patch == UINT32_MAX);

	a = vfiomig_object_find(o, "bits");
	assert_true(vfiomig_attr_bit(a, 0));
	assert_false(vfiomig_attr_bit(a, 1));
	assert_true(vfiomig_attr_bit(a, 15));
	assert_false(vfiomig_attr_bit(a, 255));
	assert_false(vfiomig_attr_bit(a, 256));
	assert_string_equal(vfiomig_attr_label(a, 15), "last");
	assert_string_equal(a->labels[0].name, "first");
	assert_null(vfiomig_attr_label(a, 1));

	/* by name, whatever the order on the wire */
	assert_string_equal(vfiomig_object_attr(o, 0)->name, "bits");
	assert_null(vfiomig_object_attr(o, 5));
	assert_null(vfiomig_object_find(o, "other"));
	vfiomig_object_unref(o);
}

static void test_type(void **state)
{
	struct nl_msg *msg = object(9, "mdev", "0000:00:02.0", "GVTg");
	struct vfiomig_object *o;
	uint32_t available = 77;

	(void)state;
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 2);
	o = good(VFIOMIG_TYPE, msg);
	assert_string_equal(vfiomig_object_handle(o), "mdev/0000:00:02.0/GVTg");
	assert_true(vfiomig_object_available(o, &available));
	assert_int_equal(available, 2);
	vfiomig_object_unref(o);

	available = 77;
	o = good(VFIOMIG_DEVICE, device());
	assert_false(vfiomig_object_available(o, &available));
	assert_int_equal(available, 77);
	vfiomig_object_unref(o);
}

static void test_refused(void **state)
{
	const struct vfiomig_refused *told;
	struct nlattr *nest, *finding, *value;
	struct nl_msg *msg = device();
	struct vfiomig_object *o;
	struct json_object *json;

	(void)state;
	nest = nla_nest_start(msg, VFIO_MIG_A_OBJECT_REFUSED);
	put_u64(msg, VFIO_MIG_A_REFUSED_COUNT, 3);
	put_u64(msg, VFIO_MIG_A_REFUSED_TIME, 1700000000250000000);
	nla_put_string(msg, VFIO_MIG_A_REFUSED_REASON, "it does not fit");
	nla_put_u32(msg, VFIO_MIG_A_REFUSED_OMITTED, 2);
	finding = nla_nest_start(msg, VFIO_MIG_A_REFUSED_FINDING);
	nla_put_string(msg, VFIO_MIG_A_FINDING_NAME, "units");
	nla_put_u32(msg, VFIO_MIG_A_FINDING_KIND,
		    VFIO_MIG_FINDING_KIND_MISMATCH);
	nla_put_u32(msg, VFIO_MIG_A_FINDING_RULE, VFIO_MIG_RULE_EQUAL);
	nla_put_u32(msg, VFIO_MIG_A_FINDING_SEVERITY, VFIO_MIG_SEVERITY_FAIL);
	value = nla_nest_start(msg, VFIO_MIG_A_FINDING_SOURCE);
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 8);
	nla_nest_end(msg, value);
	value = nla_nest_start(msg, VFIO_MIG_A_FINDING_TARGET);
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 4);
	nla_nest_end(msg, value);
	nla_nest_end(msg, finding);
	nla_nest_end(msg, nest);

	o = good(VFIOMIG_DEVICE, msg);
	told = vfiomig_object_refused(o);
	assert_non_null(told);
	assert_int_equal(told->count, 3);
	assert_int_equal(told->time.tv_sec, 1700000000);
	assert_int_equal(told->time.tv_nsec, 250000000);
	assert_string_equal(told->reason, "it does not fit");
	assert_int_equal(told->omitted, 2);
	assert_int_equal(told->n_findings, 1);
	assert_string_equal(told->findings[0].attr, "units");
	assert_int_equal(told->findings[0].source.u64, 8);
	assert_int_equal(told->findings[0].target.u64, 4);
	assert_non_null(told->findings[0].message);

	json = vfiomig_object_json(o);
	assert_non_null(strstr(json_object_to_json_string(json),
			       "\"time\": \"2023-11-14T22:13:20.250000Z\""));
	json_object_put(json);
	vfiomig_object_unref(o);

	o = good(VFIOMIG_DEVICE, device());
	assert_null(vfiomig_object_refused(o));
	vfiomig_object_unref(o);
}

static void test_unknown_members(void **state)
{
	struct nl_msg *msg = device();
	const struct vfiomig_unknown *u;
	const struct vfiomig_attr *a;
	struct nlattr *nest, *inner;
	struct vfiomig_object *o;

	(void)state;
	nla_put_u32(msg, 99, 0x01020304);

	/* a value of a type that is not known */
	nest = attr_begin(msg, "new");
	nla_put(msg, 40, 3, "abc");
	attr_end(msg, nest, 77, 66, 55);

	/* more than is known inside of what is known */
	nest = attr_begin(msg, "newer");
	inner = nla_nest_start(msg, VFIO_MIG_A_ATTR_VERSION);
	nla_put_u32(msg, 12, 1);
	nla_nest_end(msg, inner);
	nla_put(msg, 41, 0, NULL);
	attr_end(msg, nest, 1, 1, 1);

	o = good(VFIOMIG_DEVICE, msg);
	u = vfiomig_object_unknown(o, 0);
	assert_string_equal(u->where, "object");
	assert_int_equal(u->number, 99);
	assert_int_equal(u->len, 4);
	assert_null(vfiomig_object_unknown(o, 1));

	a = vfiomig_object_find(o, "new");
	assert_int_equal(a->type, VFIOMIG_VALUE_UNKNOWN);
	assert_int_equal(a->rule, 77);
	assert_int_equal(a->severity, 66);
	assert_int_equal(a->missing, 55);
	assert_int_equal(a->n_unknown, 1);
	assert_int_equal(a->unknown[0].number, 40);
	assert_memory_equal(a->unknown[0].data, "abc", 3);

	a = vfiomig_object_find(o, "newer");
	assert_int_equal(a->type, VFIOMIG_VALUE_VERSION);
	assert_int_equal(a->n_unknown, 2);
	assert_string_equal(a->unknown[0].where, "version");
	assert_string_equal(a->unknown[1].where, "attr");
	assert_int_equal(a->unknown[1].len, 0);
	vfiomig_object_unref(o);

	assert_null(vfiomig_rule_name(77));
	assert_null(vfiomig_rule_name(0));
	assert_null(vfiomig_severity_name(66));
	assert_null(vfiomig_origin_name(UINT32_MAX));
	assert_string_equal(vfiomig_rule_name(4), "one-of");
}

static void test_no_value(void **state)
{
	struct nl_msg *msg = device();
	struct vfiomig_object *o;

	(void)state;
	nla_nest_end(msg, attr_begin(msg, "empty"));
	o = good(VFIOMIG_DEVICE, msg);
	assert_int_equal(vfiomig_object_find(o, "empty")->type,
			 VFIOMIG_VALUE_UNKNOWN);
	assert_int_equal(vfiomig_object_find(o, "empty")->rule, 0);
	vfiomig_object_unref(o);
}

static void test_handle_members(void **state)
{
	(void)state;
	refused(VFIOMIG_DEVICE, object(0, "pci", NULL, "x"), "object.id");
	refused(VFIOMIG_DEVICE, object(1, NULL, NULL, "x"), "object.bus");
	refused(VFIOMIG_DEVICE, object(1, "", NULL, "x"), "object.bus");
	refused(VFIOMIG_DEVICE, object(1, "pci", NULL, NULL), "object.name");
	refused(VFIOMIG_DEVICE, object(1, "pci", "p", "x"), "object.parent");
	refused(VFIOMIG_TYPE, object(1, "mdev", NULL, "x"), "object.parent");
}

/* An attribute that holds nothing but this one member. */
static struct nl_msg *with(int type, int len, const void *data)
{
	struct nl_msg *msg = device();
	struct nlattr *nest = attr_begin(msg, "x");

	nla_put(msg, type, len, data);
	nla_nest_end(msg, nest);
	return msg;
}

static void test_malformed(void **state)
{
	static const char zeroes[64];

	(void)state;
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_BOOL, 0, zeroes),
		"attr.bool");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_BOOL, 4, zeroes),
		"attr.bool");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_U64, 4, zeroes),
		"attr.u64");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_U64, 16, zeroes),
		"attr.u64");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_RULE, 3, zeroes),
		"attr.rule");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_RULE, 8, zeroes),
		"attr.rule");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_STRING, 0, zeroes),
		"attr.string");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_STRING, 3, "abc"),
		"attr.string");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_STRING, 4, "a\0c"),
		"attr.string");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_BITS, 33, zeroes),
		"attr.bits");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_VERSION, 3, "\1\1\1"),
		"version.*");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_VERSION, 8,
				     "\xff\xff\1\0zzzz"), "version.*");
	refused(VFIOMIG_DEVICE, with(VFIO_MIG_A_ATTR_LABEL, 0, zeroes),
		"label.name");
}

static void test_twice(void **state)
{
	struct nl_msg *msg;
	struct nlattr *nest;

	(void)state;
	msg = device();
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_ID, 8);
	refused(VFIOMIG_DEVICE, msg, "object.id comes twice");

	msg = device();
	add_bool(msg, "x", true);
	add_bool(msg, "x", true);
	refused(VFIOMIG_DEVICE, msg, "attr.x comes twice");

	msg = device();
	nest = attr_begin(msg, "x");
	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, 1);
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 1);
	nla_nest_end(msg, nest);
	refused(VFIOMIG_DEVICE, msg, "two values");

	msg = device();
	nest = attr_begin(msg, "x");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, 1, "\1");
	add_label(msg, 3, "a");
	add_label(msg, 3, "b");
	nla_nest_end(msg, nest);
	refused(VFIOMIG_DEVICE, msg, "names a bit twice");

	msg = device();
	nest = attr_begin(msg, NULL);
	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, 1);
	nla_nest_end(msg, nest);
	refused(VFIOMIG_DEVICE, msg, "attr.name");
}

/* Wherever the message ends: refused, or read as far as it goes; never past. */
static void test_cut_off(void **state)
{
	struct nl_msg *msg = device();
	int len, refusals = 0;

	(void)state;
	add_string(msg, "driver", "mtty");
	add_u64(msg, "u64", 1);
	len = nlmsg_attrlen(nlmsg_hdr(msg), 0);

	for (int i = 0; i < len; i++) {
		struct vfiomig_object *o = NULL;
		void *copy = malloc(i ? i : 1);

		memcpy(copy, nlmsg_attrdata(nlmsg_hdr(msg), 0), i);
		if (vmig_object_read(ctx, VFIOMIG_DEVICE, false, copy, i, &o))
			refusals++;
		vfiomig_object_unref(o);
		free(copy);
	}
	/* only between two attributes can an end look like one */
	assert_true(refusals >= len - 6);
	nlmsg_free(msg);
}

static void test_no_header(void **state)
{
	struct nlmsghdr nlh = { .nlmsg_len = NLMSG_HDRLEN };
	struct vfiomig_status *status;
	struct vfiomig_object *o;

	(void)state;
	assert_int_equal(vmig_object_read_msg(ctx, VFIOMIG_DEVICE, &nlh, &o),
			 -EBADMSG);
	assert_int_equal(vmig_status_read_msg(ctx, &nlh, &status), -EBADMSG);
}

/* Bytes that mean nothing: nothing may go wrong, whatever comes of them. */
static void test_garbage(void **state)
{
	unsigned int seed = 1;
	char data[256];

	(void)state;
	for (int round = 0; round < 20000; round++) {
		struct vfiomig_object *o = NULL;
		int len = rand_r(&seed) % sizeof(data);

		for (int i = 0; i < len; i++)
			data[i] = rand_r(&seed) % (i % 2 ? 2 : 14);
		vmig_object_read(ctx, VFIOMIG_DEVICE, false, (void *)data, len,
				 &o);
		vfiomig_object_unref(o);
	}
}

/* The same, but a good message of which single bytes are changed. */
static void test_damaged(void **state)
{
	struct nl_msg *msg = device();
	unsigned int seed = 1;
	struct nlattr *nest;
	int len;

	(void)state;
	add_string(msg, "driver", "mtty");
	nest = attr_begin(msg, "bits");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, 2, "\x01\x80");
	add_label(msg, 15, "last");
	attr_end(msg, nest, 1, 1, 1);
	len = nlmsg_attrlen(nlmsg_hdr(msg), 0);

	for (int round = 0; round < 20000; round++) {
		struct vfiomig_object *o = NULL;
		char *copy = malloc(len);

		memcpy(copy, nlmsg_attrdata(nlmsg_hdr(msg), 0), len);
		for (int i = 0; i < 3; i++)
			copy[rand_r(&seed) % len] = rand_r(&seed);
		vmig_object_read(ctx, VFIOMIG_DEVICE, false, (void *)copy, len,
				 &o);
		vfiomig_object_unref(o);
		free(copy);
	}
	nlmsg_free(msg);
}

static void test_equal(void **state)
{
	struct vfiomig_object *a, *b;
	struct nl_msg *msg;

	(void)state;
	msg = device();
	add_u64(msg, "n", 1);
	a = good(VFIOMIG_DEVICE, msg);
	msg = device();
	put_u64(msg, VFIO_MIG_A_OBJECT_SEQ, 9);
	add_u64(msg, "n", 1);
	b = good(VFIOMIG_DEVICE, msg);
	assert_true(vmig_object_same(a, b));
	vfiomig_object_unref(b);

	msg = device();
	add_u64(msg, "n", 2);
	b = good(VFIOMIG_DEVICE, msg);
	assert_false(vmig_object_same(a, b));
	assert_false(vfiomig_attr_equal(vfiomig_object_attr(a, 0),
					vfiomig_object_attr(b, 0)));
	vfiomig_object_unref(b);

	/* what is not known can differ, too */
	msg = device();
	add_u64(msg, "n", 1);
	nla_put_u32(msg, 50, 1);
	b = good(VFIOMIG_DEVICE, msg);
	assert_false(vmig_object_same(a, b));
	vfiomig_object_unref(b);
	vfiomig_object_unref(a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_type),
		cmocka_unit_test(test_type),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_unknown_members),
		cmocka_unit_test(test_no_value),
		cmocka_unit_test(test_handle_members),
		cmocka_unit_test(test_malformed),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_cut_off),
		cmocka_unit_test(test_no_header),
		cmocka_unit_test(test_garbage),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_equal),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
