// SPDX-License-Identifier: GPL-2.0-or-later
/* What an administrator says of drivers and of all: the library's part. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "kernel.h"

static struct vfiomig *ctx;

static int setup(void **state)
{
	kernel_reset(state);
	ctx = vfiomig_new();
	ctx->sysfs = "/nonexistent";
	return 0;
}

static int teardown(void **state)
{
	vfiomig_free(ctx);
	return kernel_clean(state);
}

/* One with a value, or, without @value, a rule. */
static struct vfiomig_attr *attr(const char *name, const char *value)
{
	struct vfiomig_attr *a = vfiomig_attr_new(name);

	assert_non_null(a);
	if (value)
		assert_int_equal(vfiomig_attr_read_value(ctx, a,
							 VFIOMIG_VALUE_STRING,
							 value, NULL), 0);
	else
		a->rule = VFIO_MIG_RULE_ANY;
	return a;
}

static int set(const char *driver, const char *name, const char *value,
	       unsigned int flags)
{
	struct vfiomig_attr *a = attr(name, value);
	const struct vfiomig_attr *attrs[] = { a };
	int err;

	err = vfiomig_policy_set(ctx, driver, attrs, 1, flags);
	vfiomig_attr_free(a);
	return err;
}

static int del(const char *driver, const char *name)
{
	return vfiomig_policy_del(ctx, driver, &name, 1);
}

/* The policy, in short. */
static void is(const char *want)
{
	const struct vfiomig_scope *scope;
	struct vfiomig_policy *policy;
	const struct vfiomig_attr *a;
	char text[1024] = "";

	assert_int_equal(vfiomig_policy_get(ctx, &policy), 0);
	for (size_t i = 0; (scope = vfiomig_policy_scope(policy, i)); i++) {
		strcat(text, scope->driver ? scope->driver : "*");
		assert_int_equal(scope->scope,
				 scope->driver ? VFIO_MIG_SCOPE_DRIVER :
						 VFIO_MIG_SCOPE_ALL);
		assert_true(scope->seq);
		for (size_t j = 0; (a = vfiomig_scope_attr(scope, j)); j++) {
			assert_int_equal(a->scope, scope->scope);
			strcat(text, j ? "," : ":");
			strcat(text, a->name);
			if (!a->type)
				continue;
			strcat(text, "=");
			strcat(text, a->string);
		}
		strcat(text, " ");
	}
	assert_int_equal(vfiomig_policy_len(policy) == 0, !*text);
	vfiomig_policy_free(policy);
	assert_string_equal(text, want);
}

static void test_set_and_del(void **state)
{
	(void)state;
	is("");
	assert_int_equal(set("vfio-pci", "firmware", "a", 0), 0);
	assert_int_equal(set("mtty", "driver.build", NULL, 0), 0);
	assert_int_equal(set(NULL, "ecc", "on", 0), 0);
	assert_int_equal(set("vfio-pci", "declared", NULL, 0), 0);
	is("*:ecc=on mtty:driver.build vfio-pci:declared,firmware=a ");
	assert_int_equal(set("vfio-pci", "firmware", "b", VFIOMIG_REPLACE), 0);
	is("*:ecc=on mtty:driver.build vfio-pci:firmware=b ");
	assert_int_equal(del(NULL, "ecc"), 0);
	assert_int_equal(vfiomig_policy_set(ctx, "mtty", NULL, 0,
					    VFIOMIG_REPLACE), 0);
	is("vfio-pci:firmware=b ");
}

static void fails(int err, int want, enum vfiomig_cause cause,
		  const char *attribute)
{
	const struct vfiomig_error *error = vfiomig_last_error(ctx);

	assert_int_equal(err, want);
	assert_int_equal(error->cause, cause);
	if (attribute)
		assert_string_equal(error->attribute, attribute);
	else
		assert_null(error->attribute);
}

static void test_refusals(void **state)
{
	char name[VFIO_MIG_STRING_MAX + 2];

	(void)state;
	fails(set("", "a", "b", 0), -EINVAL, VFIOMIG_CAUSE_INPUT, NULL);
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	fails(set(name, "a", "b", 0), -EINVAL, VFIOMIG_CAUSE_INPUT, NULL);
	fails(del(name, "a"), -EINVAL, VFIOMIG_CAUSE_INPUT, NULL);
	name[sizeof(name) - 2] = '\0';
	assert_int_equal(set(name, "a", "b", 0), 0);

	fails(set("d", "A", "b", 0), -EINVAL, VFIOMIG_CAUSE_INPUT, "A");
	fails(set("d", "a", "", 0), -EINVAL, VFIOMIG_CAUSE_INPUT, "a");
	fails(del("d", "a"), -ENOENT, VFIOMIG_CAUSE_NOT_FOUND, "a");
	fails(del(NULL, ""), -EINVAL, VFIOMIG_CAUSE_INPUT, "");
	kernel.refusal.cmd = VFIO_MIG_CMD_ATTR_SET;
	kernel.refusal.err = EPERM;
	fails(set(NULL, "a", "b", 0), -EPERM, VFIOMIG_CAUSE_PERMISSION, NULL);
	assert_non_null(strstr(vfiomig_last_error(ctx)->message,
			       "this network namespace"));
}

/* It is that of one moment, or none. */
static void test_restless(void **state)
{
	struct vfiomig_policy *policy;

	(void)state;
	assert_int_equal(set(NULL, "a", "b", 0), 0);
	kernel.interrupt = 3;
	is("*:a=b ");
	assert_int_equal(kernel.interrupt, 0);
	kernel.interrupt = 100;
	fails(vfiomig_policy_get(ctx, &policy), -EAGAIN, VFIOMIG_CAUSE_KERNEL,
	      NULL);
	kernel.interrupt = 0;
	kernel.truncate = 1;
	assert_int_not_equal(vfiomig_policy_get(ctx, &policy), 0);
	is("*:a=b ");
}

static void test_json(void **state)
{
	struct vfiomig_policy *policy;
	struct json_object *json;

	(void)state;
	assert_int_equal(set("mtty", "ecc", "on", 0), 0);
	assert_int_equal(set("mtty", "driver.build", NULL, 0), 0);
	assert_int_equal(vfiomig_policy_get(ctx, &policy), 0);
	json = vfiomig_scope_json(vfiomig_policy_scope(policy, 0));
	assert_string_equal(json_object_to_json_string_ext(json, 0),
			    "{\"scope\":\"driver\",\"driver\":\"mtty\",\"seq\":2,\"attrs\":[{\"name\":\"driver.build\",\"rule\":\"any\",\"scope\":\"driver\"},{\"name\":\"ecc\",\"type\":\"string\",\"value\":\"on\",\"rule\":\"equal\",\"severity\":\"fail\",\"missing\":\"fail\",\"origin\":\"admin\",\"scope\":\"driver\"}]}");
	json_object_put(json);
	vfiomig_policy_free(policy);
}

/* Of an object it is shown what of it does not hold. */
static void test_left_out(void **state)
{
	struct nl_msg *msg = object(7, "pci", NULL, "a");
	const struct vfiomig_left_out *left_out;
	struct vfiomig_object *o;
	struct json_object *json;
	struct nlattr *nest;
	const char *text;

	(void)state;
	nest = attr_begin(msg, "ecc");
	nla_put_u32(msg, VFIO_MIG_A_ATTR_SCOPE, VFIO_MIG_SCOPE_ALL);
	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, 1);
	attr_end(msg, nest, VFIO_MIG_RULE_EQUAL, VFIO_MIG_SEVERITY_FAIL,
		 VFIO_MIG_SEVERITY_FAIL);
	nest = nla_nest_start(msg, VFIO_MIG_A_OBJECT_LEFT_OUT);
	nla_put_string(msg, VFIO_MIG_A_LEFT_OUT_NAME, "version");
	nla_put_u32(msg, VFIO_MIG_A_LEFT_OUT_SCOPE, VFIO_MIG_SCOPE_DRIVER);
	nla_put_u32(msg, VFIO_MIG_A_LEFT_OUT_REASON,
		    VFIO_MIG_LEFT_OUT_REASON_CLAIMED);
	nla_nest_end(msg, nest);
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_LEFT_OUT_MORE, 3);
	assert_int_equal(read_object(ctx, VFIOMIG_DEVICE, msg, &o), 0);

	assert_int_equal(vfiomig_object_attr(o, 0)->scope, VFIO_MIG_SCOPE_ALL);
	left_out = vfiomig_object_left_out(o, 0);
	assert_string_equal(left_out->attr, "version");
	assert_string_equal(vfiomig_scope_name(left_out->scope), "driver");
	assert_string_equal(vfiomig_left_out_reason_name(left_out->reason),
			    "claimed");
	assert_null(vfiomig_object_left_out(o, 1));
	assert_int_equal(vfiomig_object_left_out_more(o), 3);
	json = vfiomig_object_json(o);
	text = json_object_to_json_string_ext(json, 0);
	text = strstr(text,
		      "\"left_out\":[{\"attr\":\"version\",\"scope\":\"driver\",\"reason\":\"claimed\"}],\"left_out_more\":3");
	assert_non_null(text);
	json_object_put(json);
	vfiomig_object_unref(o);
}

/* The numbers of a policy's events are those of all: nothing is missing. */
static void test_watch(void **state)
{
	const struct vfiomig_event *event;
	struct vfiomig_watch *watch;

	(void)state;
	kernel_add(VFIOMIG_DEVICE, object(1, "pci", NULL, "a"));
	assert_int_equal(vfiomig_watch_new(ctx, false, &watch), 0);
	assert_int_equal(vfiomig_watch_next(watch, &event), 0);
	assert_null(event);
	assert_int_equal(set(NULL, "a", "b", 0), 0);
	assert_int_equal(set("d", "a", "b", 0), 0);
	assert_int_equal(del(NULL, "a"), 0);
	kernel_add(VFIOMIG_DEVICE, object(2, "pci", NULL, "b"));
	assert_int_equal(vfiomig_watch_next(watch, &event), 0);
	assert_non_null(event);
	assert_int_equal(event->kind, VFIOMIG_EVENT_ADD);
	assert_int_equal(event->seq, 5);
	assert_int_equal(vfiomig_watch_next(watch, &event), 0);
	assert_null(event);

	/* one that did not come is missed */
	kernel.mute = true;
	assert_int_equal(set(NULL, "a", "c", 0), 0);
	kernel.mute = false;
	assert_int_equal(set(NULL, "a", "d", 0), 0);
	assert_int_equal(vfiomig_watch_next(watch, &event), 0);
	assert_non_null(event);
	assert_int_equal(event->kind, VFIOMIG_EVENT_OVERRUN);
	vfiomig_watch_free(watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_del),
		TEST(test_refusals),
		TEST(test_restless),
		TEST(test_json),
		TEST(test_left_out),
		TEST(test_watch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
