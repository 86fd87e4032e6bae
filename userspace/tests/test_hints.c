// SPDX-License-Identifier: GPL-2.0-or-later
/* Hints of a check: what QEMU has against a migration. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "cli.h"
#include "kernel.h"
#include "program.h"

#define STOP_COPY	1
#define P2P		2
#define DIRTY		"64"

static int setup(void **state)
{
	return kernel_reset(state);
}

static int teardown(void **state)
{
	free_output();
	return kernel_clean(state);
}

/* A document of pci/a and pci/b, each the JSON of one attribute, or nothing. */
static char *document(const char *a, const char *b)
{
	char *text;

	assert_true(asprintf(&text,
			     "{\"schema\": \"vfio_mig/profile/1\", \"devices\": [{\"handle\": \"pci/a\", \"attrs\": [{\"name\": \"x\", \"type\": \"u64\", \"value\": 1}%s%s]}, {\"handle\": \"pci/b\", \"attrs\": [{\"name\": \"x\", \"type\": \"u64\", \"value\": 1}%s%s]}]}",
			     *a ? ", " : "", a, *b ? ", " : "", b) > 0);
	return text;
}

static char *migration(const char *bits)
{
	char *text;

	assert_true(asprintf(&text,
			     "{\"name\": \"migration\", \"type\": \"bits\", \"value\": [%s], \"rule\": \"any\", \"severity\": \"info\"}",
			     bits) > 0);
	return text;
}

static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("no %s in %s", key, json_object_to_json_string(json));
	return value;
}

/* The hints of a target, by name and side. */
static void is_hinted(struct json_object *target, const char *expected)
{
	struct json_object *hints = get(target, "hints");
	char list[256] = "";

	for (size_t i = 0; i < json_object_array_length(hints); i++) {
		struct json_object *h = json_object_array_get_idx(hints, i);
		size_t len = strlen(list);

		snprintf(list + len, sizeof(list) - len, "%s%s:%s",
			 len ? " " : "",
			 json_object_get_string(get(h, "hint")),
			 json_object_get_string(get(h, "side")));
		assert_true(*json_object_get_string(get(h, "message")));
		assert_true(json_object_array_length(get(h, "qemu")) > 0);
	}
	assert_string_equal(list, expected);
}

/* Runs a check; its only target is compatible, and has these hints. */
static void hints(const char *words, const char *input, const char *expected)
{
	const struct output *o = run_program(words, input);
	struct json_object *json, *targets;

	assert_int_equal(o->rc, 0);
	json = json_tokener_parse(o->out);
	assert_non_null(json);
	targets = get(json, "targets");
	assert_int_equal(json_object_array_length(targets), 1);
	is_hinted(json_object_array_get_idx(targets, 0), expected);
	json_object_put(json);
}

/* No hint changes a verdict: all of these are compatible. */
static void test_files(void **state)
{
	static const struct {
		const char *a;
		const char *b;
		const char *expected;
	} cases[] = {
		{ "", "", "no-migration:source no-migration:target" },
		{ "2", "1", "no-migration:source no-migration:target" },
		{
			"0", "0, 1, " DIRTY,
			"no-dirty-tracking:source no-p2p:source viommu:target"
		},
		{
			"0, 1", "0, 2, " DIRTY,
			"no-dirty-tracking:source no-p2p:target viommu:target"
		},
		{
			"0, 1, 2", "0, 1, 2",
			"no-dirty-tracking:source no-dirty-tracking:target"
		},
		{
			"0, 1, " DIRTY, "0, 1, " DIRTY,
			"viommu:source viommu:target"
		},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *a = migration(cases[i].a), *b = migration(cases[i].b);
		char *text = document(a, b);

		hints("check|-j|-#pci/a|-#pci/b", text, cases[i].expected);
		free(text);
		free(b);
		free(a);
	}
}

/* Of what is not known nothing is said. */
static void test_not_known(void **state)
{
	char *bits = migration("0");
	char *text;

	(void)state;
	text = document("", "");
	hints("check|-j|-#pci/a|-#pci/b", text, "");
	free(text);
	text = document(bits,
			"{\"name\": \"migration\", \"type\": \"string\", \"value\": \"0\", \"rule\": \"any\"}");
	hints("check|-j|-#pci/a|-#pci/b", text,
	      "no-dirty-tracking:source no-p2p:source");
	free(text);
	free(bits);
}

/* Each hint in QEMU's words, which people search for. */
static void test_words(void **state)
{
	static const char * const words[] = {
		"\"migration is not supported in kernel\"",
		"\"VFIO device doesn't support device and IOMMU dirty tracking\",\"VFIO device doesn't support device dirty tracking\"",
		"\"Multiple VFIO devices migration is supported only if all of them support P2P migration\",\"Migration is currently not supported with multiple VFIO devices\"",
		"\"Migration is currently not supported with vIOMMU enabled\"",
	};
	static const char * const bits[] = { "", "0, 1", "0", "0, " DIRTY };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		char *a = migration(bits[i]), *text = document(a, "");
		const struct output *o;

		o = run_program("check|-j|-#pci/a|-#pci/b", text);
		if (!strstr(o->out, words[i]))
			fail_msg("no %s in %s", words[i], o->out);
		free(text);
		free(a);
	}
}

static void test_text(void **state)
{
	char *a = migration("0, 1"), *b = migration("0, 1, " DIRTY);
	char *text = document(a, b);
	const struct output *o;

	(void)state;
	o = run_program("check|-v|-#pci/a|-#pci/b", text);
	assert_int_equal(o->rc, 0);
	assert_string_equal(o->out,
			    "compatible  pci/b (-)\n"
			    "HINT               SIDE    QEMU REFUSES                                                    SAYING\n"
			    "no-dirty-tracking  source  unless the IOMMU tracks dirty pages, or enable-migration is on  VFIO device doesn't support device and IOMMU dirty tracking\n"
			    "viommu             target  if the device is behind a vIOMMU                                Migration is currently not supported with vIOMMU enabled\n");
	/* for those alone who want details */
	o = run_program("check|-#pci/a|-#pci/b", text);
	assert_string_equal(o->out, "compatible  pci/b (-)\n");
	free(text);
	free(b);
	free(a);
}

/* ------------------------------------------------------------- the kernel */

static void add_device(uint32_t id, const char *name, uint8_t flags)
{
	struct nl_msg *msg = object(id, "pci", NULL, name);
	struct nlattr *nest;

	nest = attr_begin(msg, "migration");
	nla_put(msg, VFIO_MIG_A_ATTR_BITS, !!flags, &flags);
	attr_end(msg, nest, VFIO_MIG_RULE_ANY, VFIO_MIG_SEVERITY_INFO,
		 VFIO_MIG_SEVERITY_INFO);
	add_u64(msg, "x", 1);
	kernel_add(VFIOMIG_DEVICE, msg);
}

/* The kernel judges, and says nothing of migration: that is asked for. */
static void test_kernel_target(void **state)
{
	struct json_object *json, *targets;
	const struct output *o;
	char *text;

	(void)state;
	add_device(1, "a", STOP_COPY | P2P);
	add_device(2, "b", STOP_COPY);
	add_device(3, "c", 0);
	hints("check|-j|pci/a|pci/b", NULL,
	      "no-dirty-tracking:source no-dirty-tracking:target no-p2p:target");

	o = run_program("check|-j|pci/a", NULL);
	assert_int_equal(o->rc, 0);
	json = json_tokener_parse(o->out);
	targets = get(json, "targets");
	assert_int_equal(json_object_array_length(targets), 2);
	is_hinted(json_object_array_get_idx(targets, 0),
		  "no-dirty-tracking:source no-dirty-tracking:target no-p2p:target");
	is_hinted(json_object_array_get_idx(targets, 1),
		  "no-migration:target no-dirty-tracking:source");
	json_object_put(json);

	/* that it cannot be asked for changes nothing else */
	kernel.refusal.cmd = VFIO_MIG_CMD_DEV_GET;
	kernel.refusal.err = EPERM;
	text = document("", "");
	hints("check|-j|-#pci/a|pci/b", text, "");
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_files),
		TEST(test_not_known),
		TEST(test_words),
		TEST(test_text),
		TEST(test_kernel_target),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
