// SPDX-License-Identifier: GPL-2.0-or-later
/* What an administrator says of a device: the library, and the commands. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "kernel.h"
#include "program.h"

#define TWO_TO_53 9007199254740992ull

static struct vfiomig *ctx;
static struct vfiomig_handle *device;
static const struct output *o;

/* An attribute of a driver that can be set. */
static void add_units(struct nl_msg *msg)
{
	struct nlattr *nest = nla_nest_start(msg, VFIO_MIG_A_OBJECT_ATTR);
	struct nlattr *range, *end;

	nla_put_string(msg, VFIO_MIG_A_ATTR_NAME, "units");
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 1);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_RULE, VFIO_MIG_RULE_EQUAL);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_SEVERITY, VFIO_MIG_SEVERITY_FAIL);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_MISSING, VFIO_MIG_SEVERITY_FAIL);
	nla_put_u32(msg, VFIO_MIG_A_ATTR_ORIGIN, VFIO_MIG_ORIGIN_DRIVER);
	range = nla_nest_start(msg, VFIO_MIG_A_ATTR_SETTABLE);
	end = nla_nest_start(msg, VFIO_MIG_A_RANGE_MAX);
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 8);
	nla_nest_end(msg, end);
	nla_nest_end(msg, range);
	nla_nest_end(msg, nest);
}

static struct nl_msg *vf(void)
{
	struct nl_msg *msg = object(1, "pci", NULL, "a");
	struct nlattr *nest;

	nest = attr_begin(msg, "declared");
	nla_put_u8(msg, VFIO_MIG_A_ATTR_BOOL, 0);
	attr_end(msg, nest, VFIO_MIG_RULE_NONE, VFIO_MIG_SEVERITY_UNDECIDED,
		 VFIO_MIG_SEVERITY_UNDECIDED);
	add_string(msg, "driver", "nvme");
	nest = attr_begin(msg, "pci.revision");
	put_u64(msg, VFIO_MIG_A_ATTR_U64, 2);
	attr_end(msg, nest, VFIO_MIG_RULE_EQUAL, VFIO_MIG_SEVERITY_UNDECIDED,
		 VFIO_MIG_SEVERITY_UNDECIDED);
	add_units(msg);
	return msg;
}

static struct nl_msg *bare(uint32_t id, const char *name)
{
	struct nl_msg *msg = object(id, "sim", NULL, name);
	struct nlattr *nest = attr_begin(msg, "sim.index");

	put_u64(msg, VFIO_MIG_A_ATTR_U64, id);
	attr_end(msg, nest, VFIO_MIG_RULE_ANY, VFIO_MIG_SEVERITY_INFO,
		 VFIO_MIG_SEVERITY_INFO);
	return msg;
}

static int setup(void **state)
{
	kernel_reset(state);
	kernel_add(VFIOMIG_DEVICE, vf());
	kernel_add(VFIOMIG_DEVICE, bare(2, "s0"));
	kernel_add(VFIOMIG_DEVICE, bare(3, "s1"));
	kernel_add(VFIOMIG_TYPE, object(4, "mdev", "p", "t"));
	ctx = vfiomig_new();
	ctx->sysfs = "/nonexistent";
	return vfiomig_handle_parse(ctx, "sim/s0", &device);
}

static int teardown(void **state)
{
	vfiomig_handle_free(device);
	vfiomig_free(ctx);
	free_output();
	return kernel_clean(state);
}

/* ------------------------------------------------------------ the program */

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

/* Is done, and prints nothing. */
static void does(const char *words)
{
	o = run_program(words, NULL);
	if (o->rc || *o->out || *o->err)
		fail_msg("%s: %d, \"%s\", \"%s\"", words, o->rc, o->out,
			 o->err);
}

static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("no \"%s\" in %s", key,
			 json_object_to_json_string(json));
	return value;
}

/* The same error with and without -j; @attribute may be NULL. */
static void fails_given(const char *words, const char *input, int code,
			const char *why, const char *attribute)
{
	struct json_object *json, *error;
	char *with_json;

	o = run_program(words, input);
	assert_string_equal(o->out, "");
	has(o->err, why);
	assert_int_equal(o->rc, code);
	assert_ptr_equal(strchr(o->err, '\n'), o->err + strlen(o->err) - 1);

	assert_true(asprintf(&with_json, "-j|%s", words) > 0);
	o = run_program(with_json, input);
	free(with_json);
	assert_int_equal(o->rc, code);
	assert_string_equal(o->err, "");
	json = json_tokener_parse(o->out);
	assert_non_null(json);
	error = get(json, "error");
	assert_int_equal(json_object_get_int(get(error, "code")), code);
	has(json_object_get_string(get(error, "message")), why);
	if (attribute)
		assert_string_equal(json_object_get_string(get(error,
							       "attribute")),
				    attribute);
	else
		assert_false(json_object_object_get_ex(error, "attribute",
						       NULL));
	json_object_put(json);
}

static void fails(const char *words, int code, const char *why,
		  const char *attribute)
{
	fails_given(words, NULL, code, why, attribute);
}

/* In C, JSON is better read with the other quotes. */
static void swap_quotes(char *text, char from, char to)
{
	for (; *text; text++)
		if (*text == from)
			*text = to;
}

/* A document of one device that has these attributes. */
static char *document_of(const char *handle, const char *attrs)
{
	char *text;

	assert_true(asprintf(&text,
			     "{'schema':'vfio_mig/profile/1','devices':[{'handle':'%s','attrs':[%s]}]}",
			     handle, attrs) > 0);
	swap_quotes(text, '\'', '"');
	return text;
}

/* The attribute as the kernel has it now, as JSON. */
static char *now(const char *handle, const char *name)
{
	const struct vfiomig_attr *attr;
	struct vfiomig_object *object;
	struct vfiomig_handle *h;
	struct json_object *json;
	char *text = NULL;

	assert_int_equal(vfiomig_handle_parse(ctx, handle, &h), 0);
	assert_int_equal(vfiomig_get(ctx, h, &object), 0);
	vfiomig_handle_free(h);
	attr = vfiomig_object_find(object, name);
	if (attr) {
		json = vfiomig_attr_json(attr);
		json_object_object_del(json, "name");
		text = vfiomig_json_text(json, 0);
		swap_quotes(text, '"', '\'');
		json_object_put(json);
	}
	vfiomig_object_unref(object);
	return text;
}

static void is(const char *handle, const char *name, const char *expected)
{
	char *text = now(handle, name);

	if (!expected) {
		assert_null(text);
		return;
	}
	if (!text)
		fail_msg("no %s", name);
	assert_string_equal(text, expected);
	free(text);
}

#define USUAL \
	"'rule':'equal','severity':'fail','missing':'fail','origin':'admin'}"

static void test_types(void **state)
{
	static const struct {
		const char *words;
		const char *expected;
	} cases[] = {
		{ "true", "{'type':'bool','value':true," },
		{ "false", "{'type':'bool','value':false," },
		{ "0", "{'type':'u64','value':0," },
		{ "42", "{'type':'u64','value':42," },
		{
			"18446744073709551615",
			"{'type':'u64','value':'18446744073709551615',"
		},
		{
			"18446744073709551616",
			"{'type':'string','value':'18446744073709551616',"
		},
		{ "042", "{'type':'string','value':'042'," },
		{ "1.2.3", "{'type':'version','value':'1.2.3'," },
		{ "1.2", "{'type':'string','value':'1.2'," },
		{ "1.02.3", "{'type':'string','value':'1.02.3'," },
		{
			"0.0.4294967295",
			"{'type':'version','value':'0.0.4294967295',"
		},
		{
			"0.0.4294967296",
			"{'type':'string','value':'0.0.4294967296',"
		},
		{ "True", "{'type':'string','value':'True'," },
		{ "1|type|string", "{'type':'string','value':'1'," },
		{
			"3,200|type|bits",
			"{'type':'bits','value':[3,200],"
		},
		{ "-|type|bits", "{'type':'bits','value':[]," },
		/* the number of words tells a value from a keyword */
		{ "rule", "{'type':'string','value':'rule'," },
		{ "type|type|string", "{'type':'string','value':'type'," },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *words, *expected;

		assert_true(asprintf(&words, "dev|attr|set|sim/s0|a|%s",
				     cases[i].words) > 0);
		assert_true(asprintf(&expected, "%s" USUAL,
				     cases[i].expected) > 0);
		does(words);
		is("sim/s0", "a", expected);
		/* or the type that it had would be taken */
		does("dev|attr|del|sim/s0|a");
		is("sim/s0", "a", NULL);
		free(words);
		free(expected);
	}
}

static void test_type_of_the_device(void **state)
{
	(void)state;
	does("dev|attr|set|sim/s0|a|1|type|string");
	does("dev|attr|set|sim/s0|a|2");
	is("sim/s0", "a", "{'type':'string','value':'2'," USUAL);
	does("dev|attr|set|sim/s0|a|2|type|u64");
	fails("dev|attr|set|sim/s0|a|x", 2,
	      "dev attr set sim/s0: \"x\" is not a whole number from 0 to 18446744073709551615 (attribute a)",
	      "a");
	does("dev|attr|set|sim/s0|a|1.2.3|type|version");
	fails("dev|attr|set|sim/s0|a|5", 2, "not a version of three numbers",
	      "a");
	does("dev|attr|set|sim/s0|a|true|type|bool");
	fails("dev|attr|set|sim/s0|a|yes", 2, "neither true nor false", "a");
}

static void test_words(void **state)
{
	(void)state;
	does("dev|attr|set|sim/s0|fw|2.1.3|severity|undecided|missing|info");
	is("sim/s0", "fw",
	   "{'type':'version','value':'2.1.3','rule':'equal','severity':'undecided','missing':'info','origin':'admin'}");
	does("dev|attr|set|sim/s0|fw|2.1.3|accept|2.1.0-,-2.0.4|rule|one-of");
	is("sim/s0", "fw",
	   "{'type':'version','value':'2.1.3','rule':'one-of','accept':[{'min':'2.1.0'},{'max':'2.0.4'}],'severity':'fail','missing':'fail','origin':'admin'}");
	/* what is not said again is as at first */
	does("dev|attr|set|sim/s0|fw|2.1.4");
	is("sim/s0", "fw", "{'type':'version','value':'2.1.4'," USUAL);

	does("dev|attr|set|--|sim/s0|n|5|rule|one-of|accept|-3");
	does("dev|attr|set|sim/s0|n|5|rule|one-of|accept|1-4,7,9-,-");
	is("sim/s0", "n",
	   "{'type':'u64','value':5,'rule':'one-of','accept':[{'min':1,'max':4},7,{'min':9},{}],'severity':'fail','missing':'fail','origin':'admin'}");
	/* a dash in a string is one */
	does("dev|attr|set|sim/s0|s|x|rule|one-of|accept|a-b,c,-");
	is("sim/s0", "s",
	   "{'type':'string','value':'x','rule':'one-of','accept':['a-b','c',{}],'severity':'fail','missing':'fail','origin':'admin'}");
}

#define LABELS "'names':[{'bit':5,'name':'mq'},{'bit':9,'name':'tso'}]"

static void test_bits(void **state)
{
	char *document;

	(void)state;
	document = document_of("x/y",
			       "{'name':'f','type':'bits','value':['mq'],"
			       LABELS "}");
	o = run_program("profile|load|sim/s0|-", document);
	assert_int_equal(o->rc, 0);
	free(document);
	does("dev|attr|set|sim/s0|f|tso,mq,33|rule|superset");
	is("sim/s0", "f",
	   "{'type':'bits','value':['mq','tso',33]," LABELS
	   ",'rule':'superset','severity':'fail','missing':'fail','origin':'admin'}");
	does("dev|attr|set|sim/s0|f|tso|type|bits");

	fails("dev|attr|set|sim/s0|f|tso,gso", 2, "\"gso\" is neither a bit",
	      "f");
	fails("dev|attr|set|sim/s0|f|256", 2, "\"256\" is neither a bit", "f");
	fails("dev|attr|set|sim/s0|f|9,tso", 2, "\"tso\" is a bit that stands",
	      "f");
	fails("dev|attr|set|sim/s0|f|1,|type|bits", 2, "\"\" is neither a bit",
	      "f");
	fails("dev|attr|set|sim/s0|g|mq|type|bits", 2, "\"mq\" is neither",
	      "g");
}

/* A rule alone, by which the administrator vouches. */
static void test_rule(void **state)
{
	char *before = now("pci/a", "declared");

	(void)state;
	does("dev|attr|set|pci/a|declared|rule|any");
	is("pci/a", "declared",
	   "{'type':'bool','value':false,'rule':'any','severity':'undecided','missing':'undecided','origin':'vfio'}");
	does("dev|attr|set|pci/a|pci.revision|rule|one-of|accept|1-3");
	is("pci/a", "pci.revision",
	   "{'type':'u64','value':2,'rule':'one-of','accept':[{'min':1,'max':3}],'severity':'undecided','missing':'undecided','origin':'vfio'}");
	does("dev|attr|del|pci/a|declared|pci.revision");
	is("pci/a", "declared", before);
	free(before);

	fails("dev|attr|set|pci/a|declared|rule|one-of|accept|x", 2,
	      "only u64, string and version have lists", "declared");
	fails("dev|attr|set|pci/a|driver|rule|any", 8, "is decided", "driver");
	fails("dev|attr|set|pci/a|nothing|rule|any", 7,
	      "dev attr set pci/a: no such attribute (kernel: \"no value, and nothing whose rule to replace\", attribute nothing)",
	      "nothing");
	fails("dev|attr|set|pci/a|nothing|rule|one-of|accept|a,b", 7,
	      "no such attribute", "nothing");
}

/* A driver is told a value, and nothing else. */
static void test_settable(void **state)
{
	(void)state;
	does("dev|attr|set|pci/a|units|2");
	is("pci/a", "units",
	   "{'type':'u64','value':2,'rule':'equal','severity':'fail','missing':'fail','origin':'driver','settable':[{'max':8}]}");
	fails("dev|attr|set|pci/a|units|2|rule|any", 8,
	      "rule: Invalid argument (kernel: \"only the value can be set\"",
	      "units");
	fails("dev|attr|set|pci/a|units|few", 2, "not a whole number",
	      "units");
	fails("dev|attr|del|pci/a|units", 7, "has not set this", "units");
}

static void test_refusals(void **state)
{
	(void)state;
	fails("dev|attr|set|sim/none|a|1", 7,
	      "dev attr set sim/none: no such device", "name");
	fails("dev|attr|set|sim/none|a|1|type|u64", 7, "no such device",
	      "target");
	fails("dev|attr|del|sim/none|a", 7, "no such device", "target");
	fails("profile|load|sim/none|sim/s0", 7, "no such device", "name");
	fails("dev|attr|del|sim/s0|a|b", 7,
	      "no such attribute (kernel: \"there is no attribute of this name\", attribute a)",
	      "a");
	fails("dev|attr|del|pci/a|declared", 7, "has not set this",
	      "declared");
	fails("dev|attr|set|pci/a|driver|x", 8,
	      "it is there already (kernel: \"VFIO says it: only a rule can be replaced\", attribute driver)",
	      "driver");

	kernel.admin_max = 1;
	does("dev|attr|set|sim/s0|a|1");
	fails("dev|attr|set|sim/s0|b|1", 8, "there may be no more", "b");

	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_ATTR_SET, .err = EPERM,
	};
	fails("dev|attr|set|sim/s0|a|1", 6, "CAP_NET_ADMIN", NULL);
	fails("profile|load|sim/s0|sim/s1", 6, "CAP_NET_ADMIN", NULL);
	kernel.refusal.cmd = VFIO_MIG_CMD_ATTR_DEL;
	fails("dev|attr|del|sim/s0|a", 6, "CAP_NET_ADMIN", NULL);
	kernel.refusal.cmd = 0;

	kernel_unload();
	fails("dev|attr|set|sim/s0|a|1", 5, "modprobe", NULL);
	fails("dev|attr|del|sim/s0|a", 5, "modprobe", NULL);
	fails("profile|load|sim/s0|sim/s1", 5, "modprobe", NULL);
}

/* What the engine refuses is not sent. */
static void test_engine(void **state)
{
	char name[65] = "", words[200];
	uint64_t seq = kernel.seq;

	(void)state;
	fails("dev|attr|set|sim/s0|Wrong|1", 2,
	      "name is not of small letters, digits and . _ - (attribute Wrong)",
	      "Wrong");
	fails("dev|attr|set|sim/s0|a|x|rule|semver", 2,
	      "rule does not fit the type", "a");
	fails("dev|attr|set|sim/s0|a|1|rule|none|severity|info", 2,
	      "the rule none has no severity info", "a");
	fails("dev|attr|set|sim/s0|a|1|rule|one-of", 2, "one-of without a list",
	      "a");
	fails("dev|attr|set|sim/s0|a|1|rule|one-of|accept|9-4", 2,
	      "min is above max", "a");
	fails("dev|attr|set|sim/s0|a|b\x01|rule|any", 2, "control characters",
	      "a");
	memset(name, 'x', sizeof(name) - 1);
	snprintf(words, sizeof(words), "dev|attr|set|sim/s0|%.63s|1", name);
	does(words);
	snprintf(words, sizeof(words), "dev|attr|del|sim/s0|%.63s", name);
	does(words);
	snprintf(words, sizeof(words), "dev|attr|set|sim/s0|%s|1", name);
	fails(words, 2, "name is not of 1 to 63 bytes", name);
	snprintf(words, sizeof(words), "dev|attr|set|sim/s0|%s|rule|any",
		 name);
	fails(words, 2, "name is not of 1 to 63 bytes", name);
	snprintf(words, sizeof(words), "dev|attr|del|sim/s0|%s", name);
	fails(words, 2, "name is not of 1 to 63 bytes", name);
	assert_int_equal(kernel.seq, seq + 2);
}

static void test_usage(void **state)
{
	(void)state;
	kernel.requests = 0;
	fails("dev|attr", 2, "command incomplete", NULL);
	fails("dev|attr|bogus", 2, "unknown command", NULL);
	fails("dev|attr|set", 2, "dev attr set: no device given", NULL);
	fails("dev|attr|set|sim/s0", 2, "no attribute given", NULL);
	fails("dev|attr|set|sim/s0|a", 2, "neither a value nor a rule for a",
	      NULL);
	fails("dev|attr|set|sim/s0|a|accept|1", 2, "neither a value nor a rule",
	      NULL);
	fails("dev|attr|set|s0|a|1", 2, "BUS/NAME", NULL);
	fails("dev|attr|set|mdev/p/t|a|1", 2, "mdev/p/t: this is a type", NULL);
	fails("dev|attr|set|sim/s0|a|1|severity|bad", 2,
	      "severity \"bad\": info, undecided or fail", NULL);
	fails("dev|attr|set|sim/s0|a|1|missing|bad", 2,
	      "missing \"bad\": info, undecided or fail", NULL);
	fails("dev|attr|set|sim/s0|a|1|rule|bad", 2,
	      "rule \"bad\": equal, any, none, one-of, semver, superset or at-least",
	      NULL);
	fails("dev|attr|set|sim/s0|a|1|type|unknown", 2,
	      "type \"unknown\": bool, u64, string, version or bits", NULL);
	fails("dev|attr|set|sim/s0|a|1|origin|admin", 2,
	      "unexpected \"origin\": type, rule, accept, severity or missing",
	      NULL);
	fails("dev|attr|set|sim/s0|a|1|rule", 2,
	      "nothing stands behind \"rule\"", NULL);
	fails("dev|attr|set|sim/s0|a|1|rule|any|rule|any", 2,
	      "\"rule\" comes twice", NULL);
	fails("dev|attr|set|sim/s0|a|rule|any|severity|info", 2,
	      "and not its severity", NULL);
	fails("dev|attr|set|sim/s0|a|rule|any|missing|info", 2,
	      "and not its missing", NULL);
	fails("dev|attr|set|sim/s0|a|rule|any|type|u64", 2, "and not its type",
	      NULL);
	fails("dev|attr|set|sim/s0|a|1|accept|1-2", 2,
	      "\"accept\" goes with \"rule one-of\"", NULL);
	fails("dev|attr|del", 2, "no device given", NULL);
	fails("dev|attr|del|sim/s0", 2, "no attribute given", NULL);
	fails("dev|attr|del|mdev/p/t|a", 2, "this is a type", NULL);
	fails("profile|load", 2, "no device given", NULL);
	fails("profile|load|sim/s0", 2, "no source given", NULL);
	fails("profile|load|sim/s0|sim/s1|more", 2, "unexpected \"more\"",
	      NULL);
	fails("profile|load|mdev/p/t|sim/s0", 2, "this is a type", NULL);
	fails("profile|load|sim/s0|nohandle", 2, "not a handle", NULL);
	fails("profile|load|sim/s0|/nonexistent/x", 2, "No such file", NULL);
	assert_int_equal(kernel.requests, 0);

	fails("dev|attr|set|sim/s0|a|x|type|u64", 2, "\"x\" is not a whole",
	      "a");
	fails("dev|attr|set|sim/s0|a|1|rule|one-of|accept|1,,2", 2,
	      "an entry of the list is empty", "a");
	fails("dev|attr|set|sim/s0|a|1|rule|one-of|accept|1-x", 2,
	      "\"x\" is not a whole number", "a");
	fails("dev|attr|set|sim/s0|a|1|rule|one-of|accept|1-2-3", 2,
	      "\"2-3\" is not a whole number", "a");
	fails("dev|attr|set|sim/s0|a|true|rule|one-of|accept|true", 2,
	      "only u64, string and version have lists", "a");
}

/* What was done is told to who asks. */
static void test_report(void **state)
{
	(void)state;
	o = run_program("-v|dev|attr|set|sim/s0|a|1", NULL);
	assert_int_equal(o->rc, 0);
	assert_string_equal(o->out, "sim/s0: 1 set, 0 deleted\n");
	o = run_program("-j|dev|attr|set|sim/s0|b|2", NULL);
	assert_string_equal(o->out,
			    "{\"handle\":\"sim/s0\",\"set\":1,\"deleted\":0}\n");
	does("dev|attr|set|sim/s1|a|5");
	does("dev|attr|set|sim/s1|c|5");
	o = run_program("-v|profile|load|sim/s1|sim/s0", NULL);
	assert_string_equal(o->out, "sim/s1: 2 set, 1 deleted\n");
	o = run_program("-j|dev|attr|del|sim/s0|a|b", NULL);
	assert_string_equal(o->out,
			    "{\"handle\":\"sim/s0\",\"set\":0,\"deleted\":2}\n");
	o = run_program("-j|profile|load|sim/s1|sim/s0", NULL);
	assert_string_equal(o->out,
			    "{\"handle\":\"sim/s1\",\"set\":0,\"deleted\":2}\n");
	is("sim/s1", "a", NULL);
	is("sim/s1", "sim.index",
	   "{'type':'u64','value':3,'rule':'any','severity':'info','missing':'info','origin':'vfio'}");
}

/* ---------------------------------------------------------- whole profiles */

static void load_fails(const char *attrs, int code, const char *why,
		       const char *attribute)
{
	char *text = document_of("x/y", attrs);

	fails_given("profile|load|sim/s0|-", text, code, why, attribute);
	free(text);
}

#define BAD "{'name':'b','type':'u64','value':1,'new':1}"

/* What is not known can be no administrator's word to this kernel. */
static void test_load_unknown(void **state)
{
	uint64_t seq = kernel.seq;

	(void)state;
	load_fails("{'name':'a','type':'u64','value':1}," BAD, 2,
		   "a member that is not known", "b");
	load_fails("{'name':'b','type':'matrix','value':1}", 2,
		   "its value is of a type", "b");
	load_fails("{'name':'b','type':'u64','value':1,'rule':'new'}", 2,
		   "its rule is none", "b");
	load_fails("{'name':'b','type':'u64','value':1,'severity':'new'}", 2,
		   "its severity or missing", "b");
	load_fails("{'name':'b','type':'u64','value':1,'missing':7}", 2,
		   "its severity or missing", "b");
	load_fails("{'name':'sim.index','type':'u64','value':1}", 8,
		   "only a rule", "sim.index");
	load_fails("{'name':'b','type':'u64'}", 2, "\"value\" is missing",
		   "b");
	assert_int_equal(kernel.seq, seq);
	is("sim/s0", "a", NULL);
}

#define A "{'name':'a','type':'u64','value':1}"
#define OF_DRIVER "{'name':'d','type':'u64','value':1,'origin':'driver','new':1}"

static void test_load_file(void **state)
{
	char *a = document_of("x/y", A "," OF_DRIVER);
	char *b = document_of("x/z", "{'name':'b','type':'u64','value':1}");
	char *two;
	uint64_t seq = kernel.seq;

	(void)state;
	assert_true(asprintf(&two, "%s\n%s", a, b) > 0);
	fails_given("profile|load|sim/s0|-", two, 2,
		    "holds 2 devices and types, and a source is one: write -#HANDLE",
		    NULL);
	fails_given("profile|load|sim/s0|-#x/none", two, 7, "holds no x/none",
		    NULL);
	fails_given("profile|load|sim/s0|-", "{", 2, "-:1: ", NULL);
	assert_int_equal(kernel.seq, seq);

	/* only what is the administrator's */
	o = run_program("profile|load|sim/s0|-#x/y", two);
	assert_int_equal(o->rc, 0);
	assert_string_equal(o->out, "");
	is("sim/s0", "a", "{'type':'u64','value':1," USUAL);
	is("sim/s0", "d", NULL);
	o = run_program("profile|load|sim/s0|-#x/z", two);
	assert_int_equal(o->rc, 0);
	is("sim/s0", "a", NULL);
	is("sim/s0", "b", "{'type':'u64','value':1," USUAL);
	/* one event each */
	assert_int_equal(kernel.seq, seq + 2);
	free(two);
	free(a);
	free(b);
}

/* Everything there can be, at its limits. */
static char *everything(void)
{
	struct json_object *attrs = json_object_new_array(), *a, *bits;
	static const char version[] = "4294967295.4294967295.4294967295";
	char text[256], number[24], *json;

	bits = json_object_new_array();
	for (int i = 0; i < 256; i++)
		json_object_array_add(bits, json_object_new_int(i));
	/* 127 characters of two bytes, and one of one */
	for (int i = 0; i < 254; i += 2)
		memcpy(text + i, "\xc3\xa4", 2);
	strcpy(text + 254, "x");
	for (int i = 0; i < 63; i++) {
		a = json_object_new_object();
		snprintf(number, sizeof(number), "a%02d", i);
		json_object_object_add(a, "name",
				       json_object_new_string(number));
		switch (i % 7) {
		case 0:
			json = "u64";
			snprintf(number, sizeof(number), "%llu",
				 i ? TWO_TO_53 + i : UINT64_MAX + 0ull);
			json_object_object_add(a, "value",
					       json_object_new_string(number));
			break;
		case 1:
			json = "version";
			json_object_object_add(a, "value",
					       json_object_new_string(version));
			break;
		case 2:
			json = "bool";
			json_object_object_add(a, "value",
					       json_object_new_boolean(i % 2));
			break;
		case 3:
			json = "bits";
			json_object_object_add(a, "value",
					       i == 3 ? json_object_get(bits) :
					       json_object_new_array());
			break;
		default:
			json = "string";
			json_object_object_add(a, "value",
					       json_object_new_string(i == 4 ?
								      text :
								      "y"));
		}
		json_object_object_add(a, "type", json_object_new_string(json));
		json_object_array_add(attrs, a);
	}
	json_object_put(bits);
	/* what stands between the brackets */
	json = strdup(json_object_to_json_string(attrs) + 1);
	json[strlen(json) - 1] = '\0';
	json_object_put(attrs);
	return json;
}

/* The "attrs" of the only device in a document, but what is a device's own. */
static char *attrs_of(const char *document)
{
	struct json_object *json = json_tokener_parse(document), *attrs, *kept;
	char *text;

	assert_non_null(json);
	attrs = get(json_object_array_get_idx(get(json, "devices"), 0),
		    "attrs");
	kept = json_object_new_array();
	for (size_t i = 0; i < json_object_array_length(attrs); i++) {
		struct json_object *a = json_object_array_get_idx(attrs, i);

		if (strcmp(json_object_get_string(get(a, "name")),
			   "sim.index"))
			json_object_array_add(kept, json_object_get(a));
	}
	text = strdup(json_object_to_json_string(kept));
	json_object_put(kept);
	json_object_put(json);
	return text;
}

static void test_round_trip(void **state)
{
	char *attrs = everything(), *document = document_of("x/y", attrs);
	char *first, *second, *saved;

	(void)state;
	kernel.admin_max = 63;
	o = run_program("profile|load|sim/s0|-", document);
	assert_string_equal(o->err, "");
	assert_int_equal(o->rc, 0);
	o = run_program("profile|save|sim/s0", NULL);
	saved = strdup(o->out);
	first = attrs_of(saved);
	has(first, "\"18446744073709551615\"");
	has(first, "\"9007199254740999\"");

	o = run_program("-v|profile|load|sim/s1|-", saved);
	assert_string_equal(o->out, "sim/s1: 63 set, 0 deleted\n");
	o = run_program("profile|save|sim/s1", NULL);
	second = attrs_of(o->out);
	assert_string_equal(first, second);
	o = run_program("check|sim/s0|sim/s1", NULL);
	assert_int_equal(o->rc, 0);

	free(first);
	free(second);
	free(saved);
	free(document);
	free(attrs);
}

/* ------------------------------------------------------------ the library */

static void test_library(void **state)
{
	struct vfiomig_attr *a = vfiomig_attr_new("a");
	struct vfiomig_attr *b = vfiomig_attr_new("b");
	struct vfiomig_attr *bad = vfiomig_attr_new("sim.index");
	const struct vfiomig_attr *three[] = { a, bad, b };
	static const char * const names[] = { "a", "b", "c" };
	const struct vfiomig_error *e = vfiomig_last_error(ctx);
	uint64_t seq = kernel.seq;

	(void)state;
	a->type = VFIOMIG_VALUE_STRING;
	a->string = "x";
	b->type = VFIOMIG_VALUE_U64;
	b->u64 = 7;
	b->rule = VFIO_MIG_RULE_AT_LEAST;
	bad->type = VFIOMIG_VALUE_BOOL;

	/* all or none */
	assert_int_equal(vfiomig_attr_set(ctx, device, three, 3, 0), -EEXIST);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_KERNEL);
	assert_string_equal(e->attribute, "sim.index");
	assert_int_equal(kernel.seq, seq);
	three[1] = b;
	assert_int_equal(vfiomig_attr_set(ctx, device, three, 2, 0), 0);
	assert_int_equal(kernel.seq, seq + 1);
	is("sim/s0", "b",
	   "{'type':'u64','value':7,'rule':'at-least','severity':'fail','missing':'fail','origin':'admin'}");

	/* the same name twice is the engine's */
	three[1] = a;
	assert_int_equal(vfiomig_attr_set(ctx, device, three, 2, 0), -EINVAL);
	assert_int_equal(e->cause, VFIOMIG_CAUSE_INPUT);
	assert_string_equal(e->attribute, "a");

	/* in which attribute something is missing, and what */
	a->type = VFIOMIG_VALUE_UNKNOWN;
	assert_int_equal(vfiomig_attr_set(ctx, device, three, 1, 0), -EINVAL);
	assert_string_equal(e->attribute, "a");
	assert_string_equal(e->message, "rule: Invalid argument");
	assert_string_equal(e->kernel, "neither a value nor a rule");
	assert_false(e->attribute_missing);
	a->type = VFIOMIG_VALUE_STRING;

	assert_int_equal(vfiomig_attr_del(ctx, device, names, 3), -ENOENT);
	assert_string_equal(e->attribute, "c");
	assert_int_equal(e->cause, VFIOMIG_CAUSE_NOT_FOUND);
	assert_int_equal(vfiomig_attr_set(ctx, device, three, 1,
					  VFIOMIG_REPLACE), 0);
	is("sim/s0", "b", NULL);
	assert_int_equal(vfiomig_attr_del(ctx, device, names, 1), 0);
	assert_int_equal(kernel.seq, seq + 3);

	vfiomig_attr_free(a);
	vfiomig_attr_free(b);
	vfiomig_attr_free(bad);
	vfiomig_attr_free(NULL);
}

/* More than a profile may be is an error, not a cut message. */
static void test_much(void **state)
{
	struct vfiomig_attr *attrs[65];
	char name[16];

	(void)state;
	for (int i = 0; i < 65; i++) {
		snprintf(name, sizeof(name), "a%d", i);
		attrs[i] = vfiomig_attr_new(name);
		attrs[i]->type = VFIOMIG_VALUE_U64;
	}
	assert_int_equal(vfiomig_attr_set(ctx, device, (void *)attrs, 65, 0),
			 -EINVAL);
	assert_string_equal(vfiomig_last_error(ctx)->attribute, "a64");
	has(vfiomig_last_error(ctx)->message, "more than 64 attributes");
	kernel.admin_max = 63;
	assert_int_equal(vfiomig_attr_set(ctx, device, (void *)attrs, 63, 0),
			 0);
	for (int i = 0; i < 65; i++)
		vfiomig_attr_free(attrs[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_types),
		TEST(test_type_of_the_device),
		TEST(test_words),
		TEST(test_bits),
		TEST(test_rule),
		TEST(test_settable),
		TEST(test_refusals),
		TEST(test_engine),
		TEST(test_usage),
		TEST(test_report),
		TEST(test_load_unknown),
		TEST(test_load_file),
		TEST(test_round_trip),
		TEST(test_library),
		TEST(test_much),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
