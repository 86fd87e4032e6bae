// SPDX-License-Identifier: GPL-2.0-or-later
/* The command check: operands, order, what is told, and the exit status. */
#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "judge.h"
#include "kernel.h"
#include "program.h"

/* The folder that the files of a test are in. */
static char folder[32] = "/tmp/test_check.XXXXXX";

static int enter(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder);
}

static int leave(void **state)
{
	(void)state;
	free_output();
	return system("rm -f ./*") || chdir("/") || rmdir(folder);
}

static int setup(void **state)
{
	return kernel_reset(state);
}

static int teardown(void **state)
{
	return kernel_clean(state);
}

/* ------------------------------------------------------------------ files */

/* A device of that version, and of one unit, which can be set to two. */
static char *dev(const char *handle, const char *version)
{
	char *text;

	assert_true(asprintf(&text,
			     "{'handle': '%s', 'attrs': [{'name': 'version', 'type': 'version', 'value': '%s', 'rule': 'semver', 'origin': 'driver'}, {'name': 'units', 'type': 'u64', 'value': 1, 'settable': [1, 2]}]}",
			     handle, version) > 0);
	return text;
}

/* The same of two units, and some build, which nobody vouches for. */
static char *dev2(const char *handle, const char *version, const char *build)
{
	char *text;

	assert_true(asprintf(&text,
			     "{'handle': '%s', 'attrs': [{'name': 'version', 'type': 'version', 'value': '%s', 'rule': 'semver', 'origin': 'driver'}, {'name': 'units', 'type': 'u64', 'value': 2}, {'name': 'driver.build', 'type': 'string', 'value': '%s', 'severity': 'undecided', 'missing': 'info'}]}",
			     handle, version, build) > 0);
	return text;
}

/* A type of which no device can be created any more. */
static char *gone(const char *handle)
{
	char *text;

	assert_true(asprintf(&text,
			     "{'handle': '%s', 'available': 0, 'attrs': [{'name': 'version', 'type': 'version', 'value': '1.2.0', 'rule': 'semver'}]}",
			     handle) > 0);
	return text;
}

/*
 * A document of that host which holds the objects, up to a NULL, in its array.
 * They are freed.
 */
static char *doc(const char *array, ...)
{
	char *text = NULL, *object, *json;
	const char *comma = "";
	va_list objects;
	size_t size;
	FILE *out;

	out = open_memstream(&text, &size);
	assert_non_null(out);
	fprintf(out, "{$S, 'host': 'h1', '%s': [", array);
	va_start(objects, array);
	while ((object = va_arg(objects, char *))) {
		fprintf(out, "%s%s", comma, object);
		comma = ",\n";
		free(object);
	}
	va_end(objects);
	fputs("], 'taken_at': '2026-01-02T03:04:05Z'}\n", out);
	assert_int_equal(fclose(out), 0);

	json = json_of(text);
	free(text);
	return json;
}

/* Appends to a file, or makes it. Consumes @text. */
static void add_to(const char *name, char *text)
{
	FILE *out = fopen(name, "a");

	assert_non_null(out);
	fputs(text, out);
	assert_int_equal(fclose(out), 0);
	free(text);
}

static void write_file(const char *name, char *text)
{
	unlink(name);
	add_to(name, text);
}

/* See json_of(). */
static void write_short(const char *name, const char *text)
{
	write_file(name, json_of(text));
}

static void write_files(void)
{
	write_file("source.json",
		   doc("devices", dev2("pci/src", "1.2.0", "b1"), NULL));
	/* one of each verdict, and one that cannot be had */
	write_file("fleet.json",
		   doc("devices", dev2("pci/bad", "1.1.0", "b1"),
		       dev2("pci/vague", "1.3.0", "b2"),
		       dev("pci/set", "1.2.0"),
		       dev2("pci/good2", "1.9.0", "b1"),
		       dev2("pci/good1", "1.2.0", "b1"), NULL));
	add_to("fleet.json", doc("types", gone("mdev/p/t"), NULL));
}

/* ---------------------------------------------------------- what is told */

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

static void has_short(const char *text, const char *part)
{
	char *json = json_of(part);

	has(text, json);
	free(json);
}

/* Runs it, and compares the status, and "TARGET=VERDICT" in their order. */
static void answers(const char *words, int rc, const char *want)
{
	const struct output *o = run_program(words, NULL);
	struct json_object *json = json_tokener_parse(o->out), *targets;
	char *got = NULL;
	size_t size;
	FILE *out = open_memstream(&got, &size);

	if (!json)
		fail_msg("no JSON: %s %s", o->out, o->err);
	if (!json_object_object_get_ex(json, "targets", &targets))
		fail_msg("no targets: %s", o->out);
	for (size_t i = 0; i < json_object_array_length(targets); i++) {
		struct json_object *t = json_object_array_get_idx(targets, i);
		struct json_object *v = json_object_object_get(t, "verdict");
		struct json_object *name = json_object_object_get(t, "target");

		fprintf(out, "%s%s=%s", i ? " " : "",
			json_object_get_string(name),
			v ? json_object_get_string(v) : "error");
	}
	fclose(out);
	assert_string_equal(got, want);
	assert_int_equal(o->rc, rc);
	free(got);
	json_object_put(json);
}

static void fails(const char *words, int rc, const char *why)
{
	const struct output *o = run_program(words, NULL);

	assert_int_equal(o->rc, rc);
	assert_string_equal(o->out, "");
	has(o->err, why);
	assert_ptr_equal(strchr(o->err, '\n'), o->err + strlen(o->err) - 1);
}

/* ------------------------------------------------------------------ tests */

static void test_verdicts(void **state)
{
	(void)state;
	write_files();
	answers("-j|check|source.json|fleet.json#pci/good1", 0,
		"pci/good1=compatible");
	answers("-j|check|source.json|fleet.json#pci/set", 3,
		"pci/set=adjustable");
	answers("-j|check|source.json|fleet.json#pci/vague", 4,
		"pci/vague=undecided");
	answers("-j|check|source.json|fleet.json#pci/bad", 1,
		"pci/bad=incompatible");
	/* the best one counts, the best come first, what is out last */
	answers("-j|check|source.json|fleet.json", 0,
		"pci/good1=compatible pci/good2=compatible pci/set=adjustable pci/vague=undecided pci/bad=incompatible mdev/p/t=incompatible");
	answers("-j|check|source.json|fleet.json#pci/bad|fleet.json#pci/set",
		3, "pci/set=adjustable pci/bad=incompatible");
	/* no lock and no socket was needed */
	assert_int_equal(kernel.opened, 0);
}

static void test_json(void **state)
{
	const struct output *o;
	char *rest;

	(void)state;
	write_files();
	o = run_program("check|-j|source.json|fleet.json#pci/set", NULL);
	has(o->out, "{\"checked_at\":\"2");
	rest = strstr(o->out, "Z\",") + 3;
	has_short(rest,
		  "'source':{'handle':'pci/src','file':'source.json','host':'h1','taken_at':'2026-01-02T03:04:05Z'},'targets':[{'target':'pci/set','kind':'device','file':'fleet.json','host':'h1','verdict':'adjustable','by':'library','findings':[{'attr':'driver.build','kind':'missing-on-target','severity':'info','rule':'equal','source':'b1','message':'the target does not say this'},{'attr':'units','kind':'settable','rule':'equal','source':2,'target':1,'message':'the target must be set to 2'}],'set':[{'attr':'units','value':2}],'hints':[]}]}\n");
	o = run_program("check|-jp|source.json|fleet.json", NULL);
	has(o->out, "\n      \"verdict\": \"compatible\",\n");
	has(o->out, "\"available\": 0");
}

static void test_text(void **state)
{
	const struct output *o;

	(void)state;
	write_files();
	o = run_program("check|source.json|fleet.json#pci/set", NULL);
	has(o->out, "adjustable  pci/set (h1 fleet.json)\nATTRIBUTE");
	has(o->out, "set it to 2\n");
	o = run_program("check|source.json|fleet.json#pci/good1", NULL);
	assert_string_equal(o->out,
			    "compatible  pci/good1 (h1 fleet.json)\n");
	o = run_program("check|source.json|fleet.json", NULL);
	has(o->out, "VERDICT");
	has(o->out, "\nincompatible  pci/bad ");
	has(o->out,
	    "version: the source is 1.2.0, the target accepts 1.0 to 1.1\n");
	has(o->out, "h1 fleet.json, none left");
	o = run_program("check|-v|source.json|fleet.json", NULL);
	has(o->out, "\n\nincompatible  pci/bad (h1 fleet.json)\nATTRIBUTE");
}

/* A device that names itself, and files that hold nothing else. */
static void test_self(void **state)
{
	(void)state;
	write_files();
	answers("-j|check|source.json|source.json", 0, "pci/src=compatible");
	answers("-j|check|source.json|./source.json", 0, "pci/src=compatible");
	answers("-j|check|fleet.json#pci/bad|fleet.json", 0,
		"pci/good1=compatible pci/good2=compatible pci/set=adjustable pci/vague=undecided mdev/p/t=incompatible");
	answers("-j|check|fleet.json#pci/bad|fleet.json#pci/bad", 0,
		"pci/bad=compatible");
}

static void test_operands(void **state)
{
	const struct output *o;

	(void)state;
	write_files();
	fails("check", 2, "check: no source given");
	fails("check|none.json", 2, "none.json: No such file");
	fails("check|source", 2, "not a handle");
	fails("check|source.json|x", 2, "check x: not a handle");
	fails("check|source.json#x|source.json", 2, "check x: not a handle");
	fails("check|fleet.json|source.json", 2,
	      "holds 6 devices and types, and a source is one: write fleet.json#HANDLE");
	fails("check|source.json#pci/none|source.json", 7,
	      "source.json: it holds no pci/none");
	fails("check|fleet.json#pci/none|source.json", 7, "holds no pci/none");

	write_file("twice.json", doc("devices", dev("a/b", "1.0.0"), NULL));
	add_to("twice.json", doc("devices", dev("a/b", "1.0.0"), NULL));
	fails("check|twice.json#a/b|source.json", 2,
	      "2 of its documents hold a/b");
	answers("-j|check|source.json|twice.json#a/b", 1,
		"a/b=incompatible a/b=incompatible");
	write_file("empty.json", doc("devices", NULL));
	fails("check|empty.json|source.json", 2, "holds no device or type");
	answers("-j|check|source.json|empty.json", 9, "");
	o = run_program("check|source.json|empty.json", NULL);
	assert_int_equal(o->rc, 9);
	assert_string_equal(o->err, "no candidate\n");

	write_file("a#b.json", doc("devices", dev("a/b", "1.0.0"), NULL));
	answers("-j|check|./a#b.json#a/b|./a#b.json#a/b", 0,
		"a/b=compatible");
}

static void test_stdin(void **state)
{
	char *text = doc("devices", dev("a/b", "1.0.0"), dev("a/c", "1.1.0"),
			 NULL);
	const struct output *o;

	(void)state;
	write_files();
	o = run_program("check|-#a/b|-|-j", text);
	assert_int_equal(o->rc, 0);
	has(o->out, "\"source\":{\"handle\":\"a/b\",\"file\":\"-\"");
	has(o->out, "\"targets\":[{\"target\":\"a/c\",");
	assert_null(strstr(o->out, "\"target\":\"a/b\""));
	o = run_program("check|-j|--|-#a/b|-#a/c|-#a/b", text);
	assert_int_equal(o->rc, 0);
	has(o->out, "\"target\":\"a/b\"");
	o = run_program("check|source.json|-", text);
	assert_int_equal(o->rc, 1);
	has(o->out, "incompatible  a/b");
	free(text);
}

/* What cannot be judged does not keep the others from being judged. */
static void test_failures(void **state)
{
	const struct output *o;

	(void)state;
	write_files();
	write_file("broken.json", doc("devices", dev("a/b", "1.2.0"), NULL));
	add_to("broken.json", json_of("{"));
	answers("-j|check|source.json|broken.json|none.json|fleet.json#pci/x",
		2, "broken.json=error none.json=error fleet.json#pci/x=error");
	answers("-j|check|source.json|broken.json|fleet.json#pci/good1",
		2, "pci/good1=compatible broken.json=error");
	has_short(run_program("check|-j|source.json|broken.json", NULL)->out,
		  "'targets':[{'target':'broken.json','error':{'code':2,'errno':'EINVAL','message':'check: broken.json:2: the document ends too early'}}]}");
	answers("-j|check|source.json|fleet.json#pci/x", 7,
		"fleet.json#pci/x=error");
	o = run_program("check|source.json|none.json|fleet.json#pci/good1",
			NULL);
	assert_int_equal(o->rc, 2);
	has(o->out, "compatible  pci/good1");
	has(o->err, "vfiomig: check none.json: No such file or directory\n");
	/* the attribute at fault is named */
	write_short("bad.json",
		    "{$S, 'devices': [{'handle': 'a/b', 'attrs': [{'name': 'n', 'type': 'u64', 'value': -1}]}]}");
	o = run_program("check|bad.json|source.json|-j", NULL);
	assert_int_equal(o->rc, 2);
	has(o->out, "\"attribute\":\"n\"");
}

/* Devices of the kernel, as sources and as targets. */
static void test_handles(void **state)
{
	struct nl_msg *msg;

	(void)state;
	write_files();
	msg = object(1, "pci", NULL, "a");
	add_string(msg, "driver", "d");
	kernel_add(VFIOMIG_DEVICE, msg);
	msg = object(2, "pci", NULL, "b");
	add_string(msg, "driver", "d");
	kernel_add(VFIOMIG_DEVICE, msg);
	msg = object(3, "pci", NULL, "c");
	add_string(msg, "driver", "e");
	kernel_add(VFIOMIG_DEVICE, msg);

	answers("-j|check|pci/a|pci/b|pci/c", 0,
		"pci/b=compatible pci/c=incompatible");
	/* everything here is a candidate, but not the source */
	answers("-j|check|pci/a", 0, "pci/b=compatible pci/c=incompatible");
	answers("-j|check|pci/c", 1, "pci/a=incompatible pci/b=incompatible");
	answers("-j|check|source.json", 1,
		"pci/a=incompatible pci/b=incompatible pci/c=incompatible");
	answers("-j|check|pci/a|pci/b|pci/nix", 7,
		"pci/b=compatible pci/nix=error");
	fails("check|pci/nix", 7, "no such device");
	answers("-j|check|pci/a|source.json", 1, "pci/src=incompatible");
	kernel_unload();
	fails("check|pci/a", 5, "netlink family");
	answers("-j|check|source.json|pci/a|source.json", 5,
		"pci/src=compatible pci/a=error");
}

/* Nearly as large as can be: more than a page. */
static char *large(const char *handle)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "{'handle': '%s', 'attrs': [", handle);
	for (int i = 0; i < 20; i++)
		fprintf(out,
			"%s{'name': 'n%d', 'type': 'string', 'value': '%0255d'}",
			i ? ", " : "", i, i);
	fputs("]}", out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void test_large_source(void **state)
{
	struct nl_msg *msg = object(1, "pci", NULL, "a");

	(void)state;
	add_string(msg, "driver", "d");
	kernel_add(VFIOMIG_DEVICE, msg);
	write_file("large.json", doc("devices", large("pci/large"), NULL));
	answers("-j|check|large.json|pci/a", 1, "pci/a=incompatible");
	answers("-j|check|large.json", 1, "pci/a=incompatible");
}

static void test_no_candidate(void **state)
{
	struct nl_msg *msg = object(1, "pci", NULL, "a");

	(void)state;
	add_string(msg, "driver", "d");
	kernel_add(VFIOMIG_DEVICE, msg);
	answers("-j|check|pci/a", 9, "");
	assert_int_equal(run_program("check|pci/a", NULL)->rc, 9);
	has(run_program("check|pci/a", NULL)->err, "no candidate");
	/* a type with no instance left does not count */
	msg = object(2, "mdev", "p", "t");
	add_string(msg, "driver", "d");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 0);
	kernel_add(VFIOMIG_TYPE, msg);
	answers("-j|check|pci/a", 9, "mdev/p/t=compatible");
	answers("-j|check|pci/a|mdev/p/t", 0, "mdev/p/t=compatible");
}

/* -------------------------------------------------------- as it was built */

#define FLEET 100000
#define MARKED 77777

/* Of that many devices one fits, and some time passes before the last ones. */
static void write_fleet(FILE *out, int n)
{
	char *begin = json_of("{$S, 'devices': [");
	char *good = dev2("pci/%06d", "1.9.0", "b1"), *good_json;
	char *bad = dev2("pci/%06d", "1.1.0", "b1"), *bad_json;

	good_json = json_of(good);
	bad_json = json_of(bad);
	fputs(begin, out);
	for (int i = 0; i < n; i++) {
		if (i == n / 2) {
			fflush(out);
			usleep(1100000);
		}
		if (i)
			fputs(",\n", out);
		fprintf(out, i == MARKED % n ? good_json : bad_json, i);
	}
	fputs("]}\n", out);
	free(begin);
	free(good);
	free(good_json);
	free(bad);
	free(bad_json);
}

static pid_t feed(int fds[2], int n)
{
	pid_t pid;
	FILE *out;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		close(fds[0]);
		out = fdopen(fds[1], "w");
		if (out)
			write_fleet(out, n);
		_exit(!out || fclose(out));
	}
	close(fds[1]);
	return pid;
}

/*
 * The program that was built, as one process, judges so many devices. Its
 * error output goes to @err, its answer to out.json.
 */
static pid_t judge_fleet(int in, int err)
{
	const char *program = getenv("VFIOMIG");
	pid_t pid;
	int out;

	out = open("out.json", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	assert_true(out >= 0);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		if (dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2)
			execl(program, program, "-j", "check", "source.json",
			      "-", NULL);
		_exit(127);
	}
	close(out);
	close(in);
	close(err);
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* All that comes, up to the end, or the death of the last who had it open. */
static char *read_all(int fd)
{
	char *text = NULL, buffer[4096];
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ssize_t len;

	while ((len = read(fd, buffer, sizeof(buffer))) > 0)
		fwrite(buffer, 1, len, out);
	fclose(out);
	close(fd);
	return text;
}

static void expect_fleet(int n)
{
	char *text = read_all(open("out.json", O_RDONLY | O_CLOEXEC));
	char *first;
	int targets = 0;

	assert_true(asprintf(&first, "[{\"target\":\"pci/%06d\",",
			     MARKED % n) > 0);
	assert_memory_equal(strchr(text, '['), first, strlen(first));
	for (const char *at = text; *at; at++)
		targets += *at == '{' && !memcmp(at, "{\"target\":", 10);
	assert_int_equal(targets, n);
	free(first);
	free(text);
}

/* Who waits at a terminal is told how far it is; the answer is the same. */
static void test_fleet(void **state)
{
	pid_t feeder, judge;
	int fds[2], tty[2];
	char *told;

	(void)state;
	if (!getenv("VFIOMIG"))
		skip();
	write_files();
	assert_int_equal(openpty(&tty[0], &tty[1], NULL, NULL, NULL), 0);
	feeder = feed(fds, FLEET);
	judge = judge_fleet(fds[0], tty[1]);
	told = read_all(tty[0]);
	assert_int_equal(status_of(feeder), 0);
	assert_int_equal(status_of(judge), 0);
	has(told, " judged\r");
	assert_string_equal(told + strlen(told) - 4, "\r\033[K");
	free(told);
	expect_fleet(FLEET);
}

static void test_fleet_unseen(void **state)
{
	pid_t feeder, judge;
	int fds[2], err[2];
	char *told;

	(void)state;
	if (!getenv("VFIOMIG"))
		skip();
	write_files();
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	feeder = feed(fds, FLEET / 50);
	judge = judge_fleet(fds[0], err[1]);
	told = read_all(err[0]);
	assert_int_equal(status_of(feeder), 0);
	assert_int_equal(status_of(judge), 0);
	assert_string_equal(told, "");
	free(told);
	expect_fleet(FLEET / 50);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_verdicts),
		TEST(test_json),
		TEST(test_text),
		TEST(test_self),
		TEST(test_operands),
		TEST(test_stdin),
		TEST(test_failures),
		TEST(test_handles),
		TEST(test_large_source),
		TEST(test_no_candidate),
		TEST(test_fleet),
		TEST(test_fleet_unseen),
	};

	return cmocka_run_group_tests(tests, enter, leave);
}
