// SPDX-License-Identifier: GPL-2.0-or-later
/* Policies as an administrator has them: documents, and the commands. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "kernel.h"
#include "program.h"

static struct vfiomig *ctx;
static char folder[32];

static int setup(void **state)
{
	kernel_reset(state);
	ctx = vfiomig_new();
	ctx->sysfs = "/nonexistent";
	snprintf(folder, sizeof(folder), "%s", "/tmp/policy.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
	char *command = format("rm -r %s", folder);
	int err = system(command);

	free(command);
	vfiomig_free(ctx);
	free_output();
	return kernel_clean(state) || err;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

/* Ends so, and prints that. */
static void prints(const char *words, const char *input, int rc,
		   const char *out)
{
	const struct output *o = run_program(words, input);

	if (o->rc != rc || strcmp(o->out, out))
		fail_msg("%s: %d, \"%s\", \"%s\"", words, o->rc, o->out,
			 o->err);
}

static void does(const char *words)
{
	prints(words, NULL, RC_OK, "");
}

/* In C, JSON is better read with the other quotes. */
static char *swap_quotes(const char *text, char from, char to)
{
	char *copy = strdup(text);

	for (char *c = copy; *c; c++)
		if (*c == from)
			*c = to;
	return copy;
}

/* With a document in such quotes on standard input. */
static const struct output *run_with(const char *words, const char *document)
{
	char *input = swap_quotes(document, '\'', '"');
	const struct output *o = run_program(words, input);

	free(input);
	return o;
}

static void reads(const char *words, const char *document, const char *out)
{
	const struct output *o = run_with(words, document);

	if (o->rc || strcmp(o->out, out))
		fail_msg("%s: %d, \"%s\", \"%s\"", words, o->rc, o->out,
			 o->err);
}

/* The policy as it is, without what tells one moment from another. */
static char *now(const char *words)
{
	const struct output *o = run_program(words, NULL);
	struct json_object *json, *scopes;
	char *text;

	assert_int_equal(o->rc, RC_OK);
	json = json_tokener_parse(o->out);
	assert_true(json_object_object_get_ex(json, "scopes", &scopes));
	for (size_t i = 0; i < json_object_array_length(scopes); i++)
		json_object_object_del(json_object_array_get_idx(scopes, i),
				       "seq");
	text = swap_quotes(json_object_to_json_string_ext(json, 0), '"', '\'');
	json_object_put(json);
	return text;
}

static void shows(const char *words, const char *want)
{
	char *text = now(words);

	assert_string_equal(text, want);
	free(text);
}

static char *write_file(const char *name, const char *text)
{
	char *path = format("%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
	return path;
}

static void put_file(const char *name, const char *text)
{
	free(write_file(name, text));
}

static char *write_json(const char *name, const char *text)
{
	char *json = swap_quotes(text, '\'', '"');
	char *path = write_file(name, json);

	free(json);
	return path;
}

static void put_json(const char *name, const char *text)
{
	free(write_json(name, text));
}

/* ------------------------------------------------------------ the commands */

#define FIRMWARE \
	"policy|set|all|firmware|2.1.3|rule|one-of|accept|2.0.2-2.0.4,2.1.0-"

static void test_set_and_del(void **state)
{
	(void)state;
	does("policy|set|driver|nvme|declared|rule|any");
	does(FIRMWARE);
	does("policy|set|driver|nvme|pci.revision|rule|one-of|accept|1,2-4");
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'all','attrs':[{'name':'firmware','type':'version','value':'2.1.3','rule':'one-of','accept':[{'min':'2.0.2','max':'2.0.4'},{'min':'2.1.0'}],'severity':'fail','missing':'fail','origin':'admin','scope':'all'}]},{'scope':'driver','driver':'nvme','attrs':[{'name':'declared','rule':'any','scope':'driver'},{'name':'pci.revision','type':'u64','rule':'one-of','accept':[1,{'min':2,'max':4}],'scope':'driver'}]}]}");
	does("policy|del|driver|nvme|declared|pci.revision");
	prints("policy|del|all|firmware|-j", NULL, RC_OK,
	       "{\"scope\":\"all\",\"set\":0,\"deleted\":1}\n");
	shows("policy|show|-j", "{'scopes':[]}");
}

static void test_show(void **state)
{
	const struct output *o;

	(void)state;
	o = run_program("policy|show", NULL);
	assert_int_equal(o->rc, RC_OK);
	assert_string_equal(o->out, "");
	assert_string_equal(o->err, "no policy in this network namespace\n");
	does("policy|set|driver|nvme|declared|rule|any");
	does("policy|set|all|ecc|true");
	prints("policy|show", NULL, RC_OK,
	       "all\n"
	       "NAME  TYPE  RULE   SEVERITY  MISSING  VALUE  ACCEPT\n"
	       "ecc   bool  equal  fail      fail     true   -\n"
	       "\n"
	       "driver nvme\n"
	       "NAME      TYPE  RULE  SEVERITY  MISSING  VALUE  ACCEPT\n"
	       "declared  -     any   -         -        -      -\n");
	prints("policy|show|all", NULL, RC_OK,
	       "all\n"
	       "NAME  TYPE  RULE   SEVERITY  MISSING  VALUE  ACCEPT\n"
	       "ecc   bool  equal  fail      fail     true   -\n");
	o = run_program("policy|show|driver|mtty", NULL);
	assert_string_equal(o->err,
			    "no policy of this in this network namespace\n");
}

static void test_bad_words(void **state)
{
	static const char * const wrong[][2] = {
		{ "policy|set", "neither \"all\" nor \"driver\"" },
		{ "policy|del|nvme|a", "unexpected \"nvme\"" },
		{ "policy|set|driver", "the driver has no name" },
		{ "policy|set|all", "no attribute given" },
		{ "policy|del|driver|nvme", "no attribute given" },
		{ "policy|show|all|all", "unexpected \"all\"" },
		{ "policy|set|all|a", "neither a value nor a rule" },
		{ "policy|set|all|a|1|rule|some", "rule \"some\"" },
		{ "policy|set|all|A|1", "name" },
		{ "policy|load", "no file given" },
		{ "policy|load|/nonexistent", "No such file" },
		{ "policy|set|all|a|1|--replace", "does not take --replace" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		const struct output *o = run_program(wrong[i][0], NULL);

		assert_int_equal(o->rc, RC_USAGE);
		assert_string_equal(o->out, "");
		has(o->err, wrong[i][1]);
	}
	shows("policy|show|-j", "{'scopes':[]}");
	assert_int_equal(run_program("policy|del|all|a", NULL)->rc,
			 RC_NOT_FOUND);
}

/* --------------------------------------------------------------- documents */

static void test_save_and_load(void **state)
{
	char *before, *after, *saved;

	(void)state;
	does(FIRMWARE);
	does("policy|set|all|text|2.1.3|type|string|severity|undecided");
	does("policy|set|all|big|18446744073709551615");
	does("policy|set|driver|nvme|declared|rule|any");
	does("policy|set|driver|nvme|driver.build|rule|one-of|accept|1.0.0,b");
	does("policy|set|driver|mtty|driver.build|rule|equal");
	before = now("policy|show|-j");
	saved = strdup(run_program("policy|save|-p", NULL)->out);
	does("policy|set|driver|mtty|more|1");
	does("policy|del|all|big|text");
	prints("policy|load|-|--replace|-v", saved, RC_OK,
	       "2 set, 1 deleted\n");
	after = now("policy|show|-j");
	assert_string_equal(before, after);

	/* it is all said: nothing is done */
	kernel.refusal.cmd = VFIO_MIG_CMD_ATTR_SET;
	kernel.refusal.err = EPERM;
	prints("policy|load|-|--replace", saved, RC_OK, "");
	prints("policy|load|-|-j", saved, RC_OK, "{\"set\":0,\"deleted\":0}\n");
	free(before);
	free(after);
	free(saved);
}

#define CHANGES \
	"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'ecc', 'type': 'bool', 'value': true}]},{'scope': 'driver', 'driver': 'nvme', 'attrs': [{'name': 'declared', 'rule': 'any'}]}]}"

static void test_dry_run(void **state)
{
	const struct output *o;

	(void)state;
	does("policy|set|all|ecc|false");
	does("policy|set|driver|mtty|declared|rule|any");
	reads("policy|load|-|--dry-run", CHANGES,
	      "~ all: ecc true type bool rule equal severity fail missing fail\n"
	      "+ driver nvme: declared rule any\n");
	reads("policy|load|-|--dry-run|--replace", CHANGES,
	      "~ all: ecc true type bool rule equal severity fail missing fail\n"
	      "+ driver nvme: declared rule any\n"
	      "- driver mtty: declared\n");
	o = run_with("policy|load|-|--dry-run|-j", CHANGES);
	has(o->out,
	    "{\"changes\":[{\"scope\":\"all\",\"attr\":\"ecc\",\"old\":{");
	has(o->out,
	    "{\"scope\":\"driver\",\"driver\":\"nvme\",\"attr\":\"declared\",\"new\":{");
	o = run_program("policy|show|driver|nvme", NULL);
	assert_string_equal(o->out, "");
	reads("policy|load|-", CHANGES, "");
	o = run_with("policy|load|-|--dry-run", CHANGES);
	assert_string_equal(o->err, "nothing to change\n");
}

/* Later files win, attribute by attribute; of a folder only the documents. */
static void test_folder(void **state)
{
	char *words = format("policy|load|%s", folder);

	(void)state;
	put_json("10-a.json",
		 "{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'ecc', 'type': 'bool', 'value': true},{'name': 'declared', 'rule': 'any'}]}]}");
	put_json("20-b.json",
		 "{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'ecc', 'type': 'bool', 'value': false}]}]}\n{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'driver', 'driver': 'nvme', 'attrs': []}]}");
	put_file("30-c.txt",
		 "no");
	put_file(".40.json",
		 "no");
	does(words);
	free(words);
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'all','attrs':[{'name':'declared','rule':'any','scope':'all'},{'name':'ecc','type':'bool','value':false,'rule':'equal','severity':'fail','missing':'fail','origin':'admin','scope':'all'}]}]}");
}

/* Every mistake is told with its file, line and key, and nothing is done. */
static void test_mistakes(void **state)
{
	static const char * const wrong[][2] = {
		{
			"",
			"f.json:1: not a policy document: empty"
		},
		{
			"[]",
			"f.json:1: not a policy document: not an object"
		},
		{
			"{",
			"f.json:1: "
		},
		{
			"{}",
			"f.json:1: not a policy document: \"schema\" is missing"
		},
		{
			"{'schema': 'vfio_mig/profile/1'}",
			"f.json:1: schema: \"vfio_mig/profile/1\" is another schema"
		},
		{
			"{'schema': 1}",
			"f.json:1: schema: not a string"
		},
		{
			"{'schema': 'vfio_mig/policy/1',\n'scope': []}",
			"f.json:2: scope: there is no such key"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [\n1]}",
			"f.json:2: scopes[0]: not an object"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'attrs': []}]}",
			"scopes[0]: \"scope\" is missing"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all'}]}",
			"scopes[0]: \"attrs\" is missing"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'device', 'attrs': []}]}",
			"scopes[0].scope: neither \"driver\" nor \"all\""
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 1, 'attrs': []}]}",
			"scopes[0].scope: not a string"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'driver', 'attrs': []}]}",
			"scopes[0]: \"driver\" is missing"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all',\n'driver': 'a', 'attrs': []}]}",
			"f.json:2: scopes[0].driver: it goes with"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'driver', 'driver': '', 'attrs': []}]}",
			"scopes[0].driver: not of 1 to 255 bytes"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'driver', 'driver': 'nvme', 'attrs': []},\n{'scope': 'driver', 'driver': 'nvme', 'attrs': []}]}",
			"f.json:2: scopes[1].driver: stands in the document twice"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': []},{'scope': 'all', 'attrs': []}]}",
			"scopes[1].scope: stands in the document twice"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': []}, {'scope': 'all', 'driverr': 1}]}",
			"scopes[1].driverr: there is no such key"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [1]}]}",
			"scopes[0].attrs[0]: not an object"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a'}]}]}",
			"scopes[0].attrs[0]: \"type\" is missing"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'rule': 'any'}]}]}",
			"scopes[0].attrs[0]: \"name\" is missing"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'declared', 'rule': 'any'},\n{'name': 'declared', 'rule': 'any'}]}]}",
			"f.json:2: scopes[0].attrs[1].name: another attribute has the same name"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1,\n'ruel': 'any'}]}]}",
			"f.json:2: scopes[0].attrs[0]: there is no key \"ruel\""
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u46', 'value': 1}]}]}",
			"scopes[0].attrs[0].type: not bool, u64"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 'x'}]}]}",
			"scopes[0].attrs[0].value: "
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1, 'rule': 'some'}]}]}",
			"scopes[0].attrs[0].rule: "
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1, 'rule': 'superset'}]}]}",
			"scopes[0].attrs[0]: rule does not fit"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1, 'severity': 'bad'}]}]}",
			"scopes[0].attrs[0].severity: "
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1, 'origin': 'driver'}]}]}",
			"scopes[0].attrs[0].origin: what a policy says is of origin admin"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1, 'scope': 'driver'}]}]}",
			"scopes[0].attrs[0].scope: not that which"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'A', 'type': 'u64', 'value': 1}]}]}",
			"scopes[0].attrs[0]: name is not of"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'any', 'severity': 'info'}]}]}",
			"scopes[0].attrs[0].severity: without a value, only a rule"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'some'}]}]}",
			"scopes[0].attrs[0].rule: "
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'one-of'}]}]}",
			"scopes[0].attrs[0]"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'any', 'accept': [1]}]}]}",
			"scopes[0].attrs[0].accept"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'one-of', 'accept': [{'min': 2, 'max': 1}]}]}]}",
			"scopes[0].attrs[0].accept[0]"
		},
		{
			"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'a', 'rule': 'one-of', 'accept': [1, 'b']}]}]}",
			"scopes[0].attrs[0].accept[1]"
		},
	};

	(void)state;
	does("policy|set|all|before|1");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *path = write_json("f.json", wrong[i][0]);
		char *words = format("policy|load|%s", path);
		char *json = format("%s|-j", words);
		const struct output *o = run_program(words, NULL);

		if (o->rc != RC_USAGE || *o->out ||
		    !strstr(o->err, wrong[i][1]))
			fail_msg("%s: %d \"%s\", not \"%s\"", wrong[i][0],
				 o->rc, o->err, wrong[i][1]);
		o = run_program(json, NULL);
		assert_int_equal(o->rc, RC_USAGE);
		assert_int_equal(strncmp(o->out, "{\"error\":{", 10), 0);
		free(json);
		free(words);
		free(path);
	}
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'all','attrs':[{'name':'before','type':'u64','value':1,'rule':'equal','severity':'fail','missing':'fail','origin':'admin','scope':'all'}]}]}");
}

/* One line for each of the files that are wrong; the right ones do nothing. */
static void test_each_mistake(void **state)
{
	char *words = format("policy|load|%s|%s/4.json", folder, folder);
	const struct output *o;

	(void)state;
	put_json("1.json",
		 "{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'ecc', 'type': 'bool', 'value': true}]}]}");
	put_json("2.json",
		 "{}");
	put_json("3.json",
		 "{'schema': 'vfio_mig/policy/1', 'scopes': [1]}");
	o = run_program(words, NULL);
	assert_int_equal(o->rc, RC_USAGE);
	has(o->err, "2.json:1: ");
	has(o->err, "3.json:1: ");
	has(o->err, "4.json: No such file");
	free(words);
	shows("policy|show|-j", "{'scopes':[]}");
	words = format("policy|load|%s|-j", folder);
	o = run_program(words, NULL);
	has(o->out, "2.json:1: ");
	assert_ptr_equal(strchr(o->out, '\n'), o->out + strlen(o->out) - 1);
	free(words);
}

/* That it cannot be read is the user's mistake as well. */
static void test_no_file(void **state)
{
	char *words = format("policy|load|%s|-j", folder);
	char *path = format("%s/1.json", folder);
	const struct output *o;

	(void)state;
	assert_int_equal(mkdir(path, 0700), 0);
	o = run_program(words, NULL);
	assert_int_equal(o->rc, RC_USAGE);
	has(o->out, "\"errno\":\"EISDIR\"");
	has(o->out, "1.json: Is a directory");
	free(path);
	free(words);
}

/* The examples are right, and say what they say that they say. */
static void test_examples(void **state)
{
	const char *top = getenv("VFIOMIG_TOP");
	char *words = format("policy|load|%s/userspace/examples/policy.d|-v",
			     top);

	(void)state;
	prints(words, NULL, RC_OK, "4 set, 0 deleted\n");
	free(words);
}

#define SCRIPT \
	"userspace/examples/firmware-policy pci/0000:05:00.0 mlx5_vfio_pci"

#define DEVLINK \
	"#!/bin/sh\n[ \"$*\" = '-j dev info pci/0000:05:00.0' ] || exit 1\n" \
	"echo '{\"info\":{\"pci/0000:05:00.0\":{\"driver\":\"mlx5_core\",\"versions\":{\"fixed\":{\"fw.psid\":\"MT_0\"},\"running\":{\"fw.version\":\"22.31.1014\",\"fw\":\"22.31.1014\"}}}}}'\n"

/* A script of the examples, with what a real devlink says. */
static void test_firmware_script(void **state)
{
	char *path = write_file("devlink", DEVLINK);
	char *command;

	(void)state;
	assert_int_equal(chmod(path, 0755), 0);
	command = format("PATH=%s:$PATH %s/%s > %s/f.json", folder,
			 getenv("VFIOMIG_TOP"), SCRIPT, folder);
	assert_int_equal(system(command), 0);
	free(command);
	free(path);
	command = format("policy|load|%s/f.json", folder);
	does(command);
	free(command);
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'driver','driver':'mlx5_vfio_pci','attrs':[{'name':'firmware','type':'version','value':'22.31.1014','rule':'equal','severity':'fail','missing':'fail','origin':'admin','scope':'driver'}]}]}");
}

/* A key that begins with x- is a comment, wherever it stands. */
#define COMMENTED \
	"{'schema': 'vfio_mig/policy/1', 'x-why': [1], 'host': 'h', 'scopes': [{'x-a': 1, 'scope': 'all', 'seq': 7, 'attrs': [{'x-b': {}, 'name': 'ecc', 'type': 'bool', 'value': true}, {'name': 'firmware', 'rule': 'one-of', 'accept': [{'x-year': 2024, 'min': '1.0.0', 'max': '2.0.0'}]}]}]}"

static void test_comments(void **state)
{
	(void)state;
	reads("policy|load|-|-v", COMMENTED, "2 set, 0 deleted\n");
}

/* The kernel refuses one scope: those before are as they were. */
#define TOO_MUCH \
	"{'schema': 'vfio_mig/policy/1', 'scopes': [{'scope': 'all', 'attrs': [{'name': 'ecc', 'type': 'bool', 'value': true}]},{'scope': 'driver', 'driver': 'nvme', 'attrs': [{'name': 'a', 'type': 'u64', 'value': 1}]}]}"

static void test_put_back(void **state)
{
	const struct output *o;
	char *before, *after;

	(void)state;
	does("policy|set|all|ecc|false");
	does("policy|set|all|declared|rule|any");
	does("policy|set|driver|mtty|declared|rule|any");
	for (int i = 0; i < 16; i++) {
		char *words = format("policy|set|driver|nvme|b%d|1", i);

		does(words);
		free(words);
	}
	before = now("policy|show|-j");
	o = run_with("policy|load|-", TOO_MUCH);
	assert_int_equal(o->rc, RC_REFUSED);
	after = now("policy|show|-j");
	assert_string_equal(before, after);
	free(before);
	free(after);
}

/* ---------------------------------------------------- all of it or nothing */

#define VALUE "'type': 'u64', 'value': 1"
#define RULE "'rule': 'any'"

/* So many attributes of a driver or, without one, of all. */
static char *say(const char *driver, const char *name, int n, const char *what)
{
	char *text, *longer;

	if (driver)
		text = format("{'scope': 'driver', 'driver': '%s', 'attrs': [",
			      driver);
	else
		text = format("{'scope': 'all', 'attrs': [");
	for (int i = 0; i < n; i++) {
		longer = format("%s%s{'name': '%s%d', %s}", text, i ? "," : "",
				name, i, what);
		free(text);
		text = longer;
	}
	longer = format("%s]}", text);
	free(text);
	return longer;
}

/* Of up to three, which are taken over. */
static char *document(char *a, char *b, char *c)
{
	char *text = format("{'schema': '%s', 'scopes': [%s%s%s%s%s]}",
			    "vfio_mig/policy/1", a, b ? "," : "", b ?: "",
			    c ? "," : "", c ?: "");

	free(a);
	free(b);
	free(c);
	return text;
}

static int load(const char *words, char *text)
{
	int rc = run_with(words, text)->rc;

	free(text);
	return rc;
}

static void put(const char *file, char *text)
{
	put_json(file, text);
	free(text);
}

/* Each file says what may be said, both together do not: nothing is sent. */
static void is_too_much(char *a, char *b, const char *why)
{
	static const char * const ways[] = { "", "|--dry-run" };

	put("1.json", document(a, NULL, NULL));
	put("2.json", document(b, NULL, NULL));
	kernel.refusal.cmd = VFIO_MIG_CMD_ATTR_SET;
	kernel.refusal.err = EPERM;
	for (size_t i = 0; i < 2; i++) {
		char *words = format("policy|load|%s%s", folder, ways[i]);
		const struct output *o = run_program(words, NULL);

		assert_int_equal(o->rc, RC_USAGE);
		assert_string_equal(o->out, "");
		has(o->err, why);
		free(words);
	}
}

static void test_too_much_together(void **state)
{
	char what[320] = "'type': 'string', 'value': '";

	(void)state;
	assert_int_equal(load("policy|load|-",
			      document(say(NULL, "a", 64, RULE), NULL, NULL)),
			 RC_OK);
	is_too_much(say(NULL, "a", 40, RULE), say(NULL, "b", 40, RULE),
		    "all: more than 64 attributes: there are 80");
	memset(what + strlen(what), 'x', VFIO_MIG_STRING_MAX);
	strcat(what, "'");
	is_too_much(say("x", "a", 13, what), say("x", "b", 13, what),
		    "driver x: attributes take more than 6144 bytes: there are 26");
	/* some of the same names are not more */
	kernel.refusal.cmd = 0;
	put("2.json", document(say("x", "a", 13, VALUE), NULL, NULL));
	what[0] = '\0';
	snprintf(what, sizeof(what), "policy|load|%s", folder);
	does(what);
}

/* When so many changes were asked for, this happens. */
static int changes, happens_at;
static void (*happens)(int cmd);

static void count_change(int cmd)
{
	if (++changes == happens_at)
		happens(cmd);
}

static void at_change(int n, void (*what)(int cmd))
{
	changes = 0;
	happens_at = n;
	happens = what;
	kernel.before_change = count_change;
}

static void allow(int cmd)
{
	(void)cmd;
	kernel.refusal.cmd = 0;
}

/* This change is refused, and those after it are not. */
static void refuse(int cmd)
{
	kernel.refusal.cmd = cmd;
	kernel.refusal.err = EBUSY;
	kernel.refusal.text = "not now";
	happens_at++;
	happens = allow;
}

/* Forwards, all of x and 10 of all would be too much for a moment. */
static void test_put_back_backwards(void **state)
{
	char *before;

	(void)state;
	kernel.crowded = true;
	assert_int_equal(load("policy|load|-",
			      document(say(NULL, "a", 10, VALUE),
				       say("x", "b", 6, VALUE), NULL)),
			 RC_OK);
	before = now("policy|show|-j");
	assert_int_equal(load("policy|load|-|--replace",
			      document(say(NULL, "a", 6, VALUE),
				       say("x", "b", 10, VALUE),
				       say("z", "c", 17, VALUE))),
			 RC_REFUSED);
	has(run_program("policy|show", NULL)->out, "a9");
	shows("policy|show|-j", before);
	free(before);
}

/* What can be put back is, and why the rest is not is told. */
static void test_put_back_what_can_be(void **state)
{
	char *text = document(say(NULL, "a", 1, VALUE), say("x", "b", 1, VALUE),
			      say("z", "c", 17, VALUE));
	const struct output *o;

	(void)state;
	at_change(4, refuse);
	o = run_with("policy|load|-", text);
	free(text);
	assert_int_equal(o->rc, RC_REFUSED);
	has(o->err, "could not be put back (not now): see policy show");
	has(o->err, "more than 16 attributes");
	assert_int_equal(changes, 5);
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'driver','driver':'x','attrs':[{'name':'b0','type':'u64','value':1,'rule':'equal','severity':'fail','missing':'fail','origin':'admin','scope':'driver'}]}]}");
}

static void say_elsewhere(int cmd)
{
	struct vfiomig_attr *attr = vfiomig_attr_new("mine");
	const struct vfiomig_attr *attrs[] = { attr };

	(void)cmd;
	attr->rule = VFIO_MIG_RULE_ANY;
	kernel.before_change = NULL;
	assert_int_equal(vfiomig_policy_set(ctx, "x", attrs, 1, 0), 0);
	vfiomig_attr_free(attr);
}

/* Nothing else was said of x: what somebody else says of it meanwhile stays. */
static void test_put_back_what_changed(void **state)
{
	(void)state;
	assert_int_equal(load("policy|load|-",
			      document(say("x", "a", 1, RULE), NULL, NULL)),
			 RC_OK);
	at_change(2, say_elsewhere);
	assert_int_equal(load("policy|load|-",
			      document(say(NULL, "b", 1, VALUE),
				       say("x", "a", 1, RULE),
				       say("z", "c", 17, VALUE))),
			 RC_REFUSED);
	shows("policy|show|-j",
	      "{'scopes':[{'scope':'driver','driver':'x','attrs':[{'name':'a0','rule':'any','scope':'driver'},{'name':'mine','rule':'any','scope':'driver'}]}]}");
}

/* All of it is said in the end, and there is room for that. */
#define MOVE "policy|load|-|--replace"

static char *moved(void)
{
	return document(say(NULL, "a", 10, VALUE), say("x", "b", 2, VALUE),
			say("y", "c", 6, VALUE));
}

static void say_otherwise(void)
{
	assert_int_equal(load(MOVE, document(say("w", "d", 1, RULE),
					     say("x", "b", 14, VALUE),
					     say("y", "c", 5, VALUE))),
			 RC_OK);
}

static void test_room_between(void **state)
{
	char *want;

	(void)state;
	assert_int_equal(load(MOVE, moved()), RC_OK);
	want = now("policy|show|-j");
	kernel.crowded = true;
	say_otherwise();
	at_change(0, NULL);
	assert_int_equal(load(MOVE, moved()), RC_OK);
	shows("policy|show|-j", want);
	/* w, all in vain, less of x, all, x, y: once if nothing of it goes */
	assert_int_equal(changes, 6);

	/* where there is room, nothing is said twice */
	assert_int_equal(load(MOVE, document(say("x", "b", 14, VALUE), NULL,
					     NULL)), RC_OK);
	at_change(0, NULL);
	assert_int_equal(load(MOVE, document(say(NULL, "a", 2, VALUE),
					     say("x", "b", 2, VALUE), NULL)),
			 RC_OK);
	assert_int_equal(changes, 2);
	free(want);
}

/* Nor is there room for another value of the same, unless it goes first. */
static void test_room_for_rules(void **state)
{
	(void)state;
	kernel.crowded = true;
	assert_int_equal(load("policy|load|-",
			      document(say("x", "b", 14, VALUE), NULL, NULL)),
			 RC_OK);
	assert_int_equal(load("policy|load|-",
			      document(say(NULL, "a", 10, VALUE),
				       say("x", "b", 10, RULE), NULL)),
			 RC_OK);
	prints("policy|load|-|-v", "{\"schema\": \"vfio_mig/policy/1\"}",
	       RC_OK, "0 set, 0 deleted\n");
}

/* Whichever step is refused, all of it is as before. */
static void test_put_back_from_anywhere(void **state)
{
	char *before;
	int n = 0, rc;

	(void)state;
	kernel.crowded = true;
	say_otherwise();
	before = now("policy|show|-j");
	do {
		at_change(++n, refuse);
		rc = load(MOVE, moved());
		allow(0);
		if (rc) {
			assert_int_equal(rc, RC_REFUSED);
			shows("policy|show|-j", before);
		}
	} while (rc && n < 20);
	assert_int_equal(n, 7);
	free(before);
}

/* ---------------------------------------------------------------- signals */

static int caught_after;

static void catch(int number)
{
	(void)number;
	caught_after = changes;
}

static int wanted;

static void interrupt(int cmd)
{
	(void)cmd;
	raise(wanted);
}

/* Who wants it to end waits until it is done, and is heard then. */
static void test_signals(void **state)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };

	(void)state;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction action = { .sa_handler = catch }, old;

		wanted = signals[i];
		assert_int_equal(sigaction(wanted, &action, &old), 0);
		caught_after = 0;
		at_change(2, interrupt);
		assert_int_equal(load("policy|load|-",
				      document(say(NULL, "a", i + 1, VALUE),
					       say("x", "b", i + 1, VALUE),
					       say("y", "c", i + 1, VALUE))),
				 RC_OK);
		assert_int_equal(caught_after, 3);
		assert_int_equal(sigaction(wanted, &old, NULL), 0);
	}
}

static void test_not_there(void **state)
{
	(void)state;
	kernel_unload();
	assert_int_equal(run_program("policy|show", NULL)->rc, RC_FAMILY);
	assert_int_equal(run_program("policy|save", NULL)->rc, RC_FAMILY);
	assert_int_equal(run_with("policy|load|-", COMMENTED)->rc, RC_FAMILY);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_set_and_del),
		TEST(test_show),
		TEST(test_bad_words),
		TEST(test_save_and_load),
		TEST(test_dry_run),
		TEST(test_folder),
		TEST(test_mistakes),
		TEST(test_each_mistake),
		TEST(test_no_file),
		TEST(test_examples),
		TEST(test_firmware_script),
		TEST(test_comments),
		TEST(test_put_back),
		TEST(test_too_much_together),
		TEST(test_put_back_backwards),
		TEST(test_put_back_what_can_be),
		TEST(test_put_back_what_changed),
		TEST(test_room_between),
		TEST(test_room_for_rules),
		TEST(test_put_back_from_anywhere),
		TEST(test_signals),
		TEST(test_not_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
