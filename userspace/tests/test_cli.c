// SPDX-License-Identifier: GPL-2.0-or-later
/* The program, with a kernel of its own; and as it was built. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <json-c/json.h>

#include "cli.h"
#include "kernel.h"

#define MAX_ARGS 16

/* What the last run has written. */
static char *output, *errors;

static char *slurp(int fd)
{
	struct stat st;
	char *text;

	assert_int_equal(fstat(fd, &st), 0);
	text = calloc(1, st.st_size + 1);
	assert_int_equal(pread(fd, text, st.st_size, 0), st.st_size);
	return text;
}

static void put_back(int fd, int saved)
{
	assert_true(dup2(saved, fd) >= 0);
	close(saved);
}

/* Runs the program in this process, with these words, into this file. */
static int run_into(int out, const char *words)
{
	char *copy = strdup(words), *rest = copy;
	int err = memfd_create("err", MFD_CLOEXEC);
	char *argv[MAX_ARGS] = { "vfiomig" };
	int argc = 1, rc, saved[2];

	while ((argv[argc] = strsep(&rest, "|")))
		if (*argv[argc])
			argc++;
	fflush(stdout);
	fflush(stderr);
	saved[0] = dup(STDOUT_FILENO);
	saved[1] = dup(STDERR_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	rc = cli_main(argc, argv);
	clearerr(stdout);
	put_back(STDOUT_FILENO, saved[0]);
	put_back(STDERR_FILENO, saved[1]);

	free(errors);
	errors = slurp(err);
	close(err);
	free(copy);
	return rc;
}

/* Words are divided by bars. */
static int run(const char *words)
{
	int out = memfd_create("out", MFD_CLOEXEC);
	int rc = run_into(out, words);

	free(output);
	output = slurp(out);
	close(out);
	return rc;
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no \"%s\" in \"%s\"", part, text);
}

/* The run fails with an explanation on the error output, and nothing else. */
static void fails(const char *words, int code, const char *why)
{
	assert_int_equal(run(words), code);
	assert_string_equal(output, "");
	assert_int_equal(strncmp(errors, "vfiomig: ", 9), 0);
	assert_ptr_equal(strchr(errors, '\n'), errors + strlen(errors) - 1);
	has(errors, why);
}

static struct json_object *get(struct json_object *json, const char *key)
{
	struct json_object *value = NULL;

	if (!json_object_object_get_ex(json, key, &value))
		fail_msg("no \"%s\" in %s", key,
			 json_object_to_json_string(json));
	return value;
}

static const char *get_string(struct json_object *json, const char *key)
{
	return json_object_get_string(get(json, key));
}

/* The same with JSON, whose members are looked at. */
static struct json_object *fails_json(const char *words, int code,
				      const char *why)
{
	struct json_object *json, *error;

	assert_int_equal(run(words), code);
	assert_string_equal(errors, "");
	json = json_tokener_parse(output);
	assert_non_null(json);
	error = get(json, "error");
	assert_int_equal(json_object_get_int(get(error, "code")), code);
	has(get_string(error, "message"), why);
	return json;
}

static void fails_both(const char *words, int code, const char *why)
{
	char *with_json;

	fails(words, code, why);
	assert_true(asprintf(&with_json, "%s|-j", words) > 0);
	json_object_put(fails_json(with_json, code, why));
	free(with_json);
}

static struct nl_msg *pci(uint32_t id, const char *name, bool migratable)
{
	struct nl_msg *msg = object(id, "pci", NULL, name);

	add_string(msg, "device_api", "vfio-pci");
	add_string(msg, "driver", "mlx5_vfio_pci");
	add_bool(msg, "migratable", migratable);
	add_u64(msg, "pci.vendor", 0x15b3);
	add_u64(msg, "pci.device", 0x101e);
	return msg;
}

static int setup(void **state)
{
	struct nl_msg *msg;

	kernel_reset(state);
	kernel_add(VFIOMIG_DEVICE, pci(1, "0000:05:00.1", true));
	kernel_add(VFIOMIG_DEVICE, pci(2, "0000:05:00.2", false));
	msg = object(3, "mdev", "p", "t");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 2);
	kernel_add(VFIOMIG_TYPE, msg);
	return 0;
}

static int teardown(void **state)
{
	free(output);
	free(errors);
	output = NULL;
	errors = NULL;
	return kernel_clean(state);
}

/* ---------------------------------------------------------------- answers */

static void test_status(void **state)
{
	struct json_object *json;
	char *expected;

	(void)state;
	assert_int_equal(run("status"), 0);
	assert_int_equal(asprintf(&expected, "instance     %llu\n",
				  (unsigned long long)kernel.instance) > 0, 1);
	has(output, expected);
	has(output, "devices      2\n");
	free(expected);

	kernel.instance = UINT64_MAX;
	assert_int_equal(run("-j|status"), 0);
	json = json_tokener_parse(output);
	assert_true(json_object_is_type(get(json, "instance"),
					json_type_string));
	assert_string_equal(get_string(json, "instance"),
			    "18446744073709551615");
	assert_int_equal(json_object_get_int(get(json, "seq")), 3);
	assert_int_equal(json_object_get_int(get(json, "devices")), 2);
	assert_int_equal(json_object_get_int(get(json, "types")), 1);
	assert_int_equal(json_object_get_int(get(json, "undescribed")), 0);
	assert_int_equal(json_object_get_int(get(get(json, "limits"),
						 "attrs_max")), 64);
	assert_int_equal(json_object_get_int(get(get(json, "limits"),
						 "profile_max")), 6144);
	assert_non_null(get(json, "kernel"));
	json_object_put(json);
}

static void test_dev_show(void **state)
{
	(void)state;
	assert_int_equal(run("dev|show"), 0);
	assert_string_equal(output,
			    "DEVICE            API       DRIVER         MIGRATABLE  MODEL\n"
			    "pci/0000:05:00.1  vfio-pci  mlx5_vfio_pci  yes         15b3:101e\n"
			    "pci/0000:05:00.2  vfio-pci  mlx5_vfio_pci  no          15b3:101e\n");
	assert_string_equal(errors, "");

	assert_int_equal(run("dev|show|pci/0000:05:00.1"), 0);
	has(output, "pci/0000:05:00.1  id 1  event 1\n");
	has(output,
	    "pci.vendor  u64     equal  fail      undecided  vfio    0x15b3 (5555)\n");
	assert_null(strstr(output, "05:00.2"));

	assert_int_equal(run("dev|show|-v"), 0);
	has(output, "\n\npci/0000:05:00.2  id 2");
}

static void test_dev_show_json(void **state)
{
	struct json_object *json, *devices;

	(void)state;
	assert_int_equal(run("dev|show|-j"), 0);
	json = json_tokener_parse(output);
	devices = get(json, "devices");
	assert_int_equal(json_object_object_length(json), 1);
	assert_int_equal(json_object_array_length(devices), 2);
	assert_string_equal(get_string(json_object_array_get_idx(devices, 0),
				       "handle"), "pci/0000:05:00.1");
	json_object_put(json);

	assert_int_equal(run("--json|-p|dev|show|pci/0000:05:00.2"), 0);
	json = json_tokener_parse(output);
	assert_int_equal(json_object_array_length(get(json, "devices")), 1);
	json_object_put(json);
	has(output, "{\n  \"devices\": [\n");
}

static void test_type_show(void **state)
{
	struct json_object *json;

	(void)state;
	assert_int_equal(run("type|show|mdev/p/t"), 0);
	has(output, "mdev/p/t  id 3  event 3  available 2\n");
	assert_int_equal(run("type|show|mdev/p/t|-j"), 0);
	json = json_tokener_parse(output);
	assert_int_equal(json_object_array_length(get(json, "types")), 1);
	json_object_put(json);
}

static void test_empty(void **state)
{
	(void)state;
	kernel_del(VFIOMIG_DEVICE, 1);
	kernel_del(VFIOMIG_DEVICE, 2);
	assert_int_equal(run("dev|show"), 0);
	assert_string_equal(output, "");
	has(errors, "no VFIO devices");
	assert_int_equal(run("dev|show|-j"), 0);
	assert_string_equal(output, "{\"devices\":[]}\n");
}

static void test_unknown(void **state)
{
	struct nl_msg *msg = object(9, "x", NULL, "y");
	struct nlattr *nest;

	(void)state;
	nla_put_u32(msg, 77, 0x01020304);
	nest = attr_begin(msg, "new");
	nla_put(msg, 40, 2, "\xab\xcd");
	attr_end(msg, nest, 33, 44, 55);
	kernel_add(VFIOMIG_DEVICE, msg);
	assert_int_equal(run("dev|show|x/y"), 0);
	has(output, "new   unknown  33    44        55       vfio    ?\n");
	has(output, "unknown member of new: attr #40 = ab cd\n");
	has(output, "unknown member of x/y: object #77 =");
}

/* What a driver says may be meant for the terminal. */
static void test_escapes(void **state)
{
	struct nl_msg *msg = object(9, "x", NULL, "\x1b[2J\xff");
	struct json_object *json;

	(void)state;
	add_string(msg, "driver", "\x1b]0;title\a\xc2\x9b\r");
	kernel_add(VFIOMIG_DEVICE, msg);
	assert_int_equal(run("dev|show"), 0);
	has(output, "x/\\x1b[2J\\xff");
	assert_null(strpbrk(output, "\x1b\a\r\xc2"));
	assert_int_equal(run("dev|show|-v"), 0);
	assert_null(strpbrk(output, "\x1b\a\r\xc2"));
	assert_int_equal(run("dev|show|-jp"), 0);
	assert_null(strpbrk(output, "\x1b\a\r\xc2\x7f"));
	json = json_tokener_parse(output);
	assert_non_null(json);
	json_object_put(json);

	fails("dev|show|x/\x1b[31m", 7, "x/\\x1b[31m: no such device");
}

static void test_profile(void **state)
{
	struct json_object *json;
	int rc;

	(void)state;
	assert_int_equal(run("profile|save"), 0);
	json = json_tokener_parse(output);
	assert_string_equal(get_string(json, "schema"), "vfio_mig/profile/1");
	assert_int_equal(json_object_array_length(get(json, "devices")), 2);
	assert_true(json_object_array_length(get(json, "types")) >= 1);
	json_object_put(json);

	/* a handle that is named twice stands there once */
	rc = run("profile|save|mdev/p/t|pci/0000:05:00.2|mdev/p/t|-p");
	assert_int_equal(rc, 0);
	json = json_tokener_parse(output);
	assert_int_equal(json_object_array_length(get(json, "devices")), 1);
	assert_int_equal(json_object_array_length(get(json, "types")), 1);
	json_object_put(json);

	/* all or nothing */
	fails_both("profile|save|mdev/p/t|pci/x", 7, "pci/x: no such device");
	kernel.requests = 0;
	fails_both("profile|save|pci/0000:05:00.1|x", 2,
		   "profile save x: not a handle");
	assert_int_equal(kernel.requests, 0);
}

/* ----------------------------------------------------------------- errors */

static void test_not_found(void **state)
{
	struct json_object *json, *error;

	(void)state;
	fails("dev|show|pci/x", 7,
	      "dev show pci/x: no such device (kernel: \"no device of this handle in this network namespace\", attribute name)");
	json = fails_json("dev|show|pci/x|-j", 7, "no such device");
	error = get(json, "error");
	assert_string_equal(get_string(error, "errno"), "ENODEV");
	assert_string_equal(get_string(error, "attribute"), "name");
	json_object_put(json);
	fails_both("type|show|mdev/p/x", 7, "no such type");
}

static void test_no_family(void **state)
{
	(void)state;
	kernel_unload();
	fails_both("status", 5, "modprobe vfio_mig");
	fails_both("dev|show", 5, "network namespace");
	fails_both("dev|show|pci/x", 5, "modprobe vfio_mig");
	fails_both("type|show", 5, "modprobe vfio_mig");
	fails_both("monitor", 5, "modprobe vfio_mig");
	fails_both("profile|save", 5, "modprobe vfio_mig");
}

static void test_refusals(void **state)
{
	(void)state;
	kernel.refusal = (struct refusal) {
		.cmd = VFIO_MIG_CMD_DEV_GET, .err = EPERM,
	};
	fails_both("dev|show", 6, "dev show: not permitted");
	kernel.refusal.err = EINVAL;
	kernel.refusal.text = "not \"so\"";
	kernel.refusal.miss_type = VFIO_MIG_A_OBJECT_ID;
	fails_both("dev|show|pci/x", 8,
		   "(kernel: \"not \"so\"\", missing attribute id)");
	kernel.refusal.done = true;
	fails_both("dev|show", 8, "not \"so\"");
	kernel.refusal.cmd = 0;
	kernel.refusal.done = false;
	kernel.interrupt = 1000;
	fails_both("dev|show", 8, "came and went");
}

static void test_usage(void **state)
{
	(void)state;
	kernel.requests = 0;
	fails_both("", 2, "no command given");
	fails_both("bogus", 2, "unknown command \"bogus\" (see: vfiomig help)");
	fails_both("dev", 2, "dev: command incomplete");
	fails_both("dev|bogus", 2, "dev: unknown command \"bogus\"");
	fails_both("dev|show|pci/x|more", 2, "unexpected \"more\"");
	fails_both("status|more", 2, "unexpected \"more\"");
	fails_both("dev|show|0000:05:00.1", 2, "BUS/NAME");
	fails_both("dev|show|mdev/p/t", 2, "this is a type");
	fails_both("type|show|pci/x", 2, "this is a device");
	fails_both("dev|show|--snapshot", 2, "does not take --snapshot");
	fails_both("dev|show|-t", 2, "does not take --timestamp");
	fails_both("--bogus|status", 2, "bad option --bogus");
	fails_both("status|-x", 2, "bad option -x");
	fails_both("status|-:", 2, "bad option -:");
	fails_both("-vx|status", 2, "bad option -x");
	fails_both("--json=1|status", 2, "bad option --json=1");
	fails_both("--snapshot=1|status", 2, "bad option --snapshot=1");
	fails_both("--verbose|-px", 2, "bad option -x");
	fails_both("help|bogus", 2, "no command \"bogus\"");
	fails_both("help|dev|bogus", 2, "no command \"dev bogus\"");
	fails_both("bogus|-h", 2, "unknown command");
	fails_both("status|--count|1", 2, "does not take --count");
	assert_int_equal(kernel.requests, 0);
	assert_int_equal(kernel.opened, 0);
}

/* "-#HANDLE" means something only to who reads profiles. */
static void test_dash_hash(void **state)
{
	(void)state;
	kernel.requests = 0;
	fails_both("policy|set|all|site.tag|-#17", 2,
		   "policy set: bad option -#17");
	fails_both("dev|attr|set|pci/0000:05:00.1|tag|-#17", 2,
		   "bad option -#17");
	fails_both("dev|show|-#pci/x", 2, "bad option -#pci/x");
	fails_both("profile|save|-#", 2, "bad option -#");
	fails_both("check|-v#pci/x", 2, "bad option -#");
	/* the value of an option is what it is */
	fails_both("-n|-#17|status", 2, "-#17: no such network namespace");
	fails_both("monitor|--count|-#1", 2, "\"-#1\" is not a whole");
	assert_int_equal(kernel.requests, 0);
	/* behind "--" every word is what it is */
	fails("check|--|#pci/x", 7, "check #pci/x: no such device");
	fails("dev|show|--|-#pci/x", 7, "dev show -#pci/x: no such device");
}

/* What cannot be read is the user's mistake, whatever the reason. */
static void test_unreadable(void **state)
{
	static const struct {
		const char *words;
		const char *why;
		const char *name;
	} cases[] = {
		{ "check|/nonexistent|/x", "No such file", "ENOENT" },
		{ "check|/dev/null/x", "Not a directory", "ENOTDIR" },
		{ "check|/|/x", "cannot read /: Is a directory", "EISDIR" },
		{ "profile|load|pci/x|./", "Is a directory", "EISDIR" },
		{ "policy|load|/nonexistent", "No such file", "ENOENT" },
		{ "-n|nosuch|status", "no such network namespace", "ENOENT" },
		{ "-n|/nosuch|status", "No such file", "ENOENT" },
		{ "-n|/proc/self/stat|status", "no network namespace",
		  "EINVAL" },
	};

	int folder = open("/", O_RDONLY | O_CLOEXEC), saved;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct json_object *json;
		char *words = format("-j|%s", cases[i].words);

		fails(cases[i].words, 2, cases[i].why);
		json = fails_json(words, 2, cases[i].why);
		assert_string_equal(get_string(get(json, "error"), "errno"),
				    cases[i].name);
		json_object_put(json);
		free(words);
	}

	saved = dup(STDIN_FILENO);
	dup2(folder, STDIN_FILENO);
	close(folder);
	fails("check|-|-", 2, "check: standard input: Is a directory");
	clearerr(stdin);
	put_back(STDIN_FILENO, saved);
}

/* What is wrong with it, in what, and what would be right. */
static void test_monitor_usage(void **state)
{
	static const char * const counts[] = {
		"0", "-1", "x", "1x", "+1", " 1", "1.5", "4294967296",
		"99999999999999999999",
	};
	static const char * const timeouts[] = {
		"", "-1", "x", "1s", "1e3", "inf", "nan", "0x10", ".", "1.2.3",
		"4294967296",
	};
	static const char * const globs[] = {
		"*", "pci", "pci/", "/x", "a/b/c/d", "mdev//t",
	};

	(void)state;
	kernel.requests = 0;
	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		char *words = format("monitor|--count=%s", counts[i]);

		fails_both(words, 2, counts[i]);
		has(errors[0] ? errors : output, "whole number from 1 to");
		free(words);
		words = format("monitor|--buffer=%s", counts[i]);
		fails_both(words, 2, "--buffer");
		free(words);
	}
	for (size_t i = 0; i < sizeof(timeouts) / sizeof(timeouts[0]); i++) {
		char *words = format("monitor|--timeout=%s", timeouts[i]);

		fails_both(words, 2, "is not a number of seconds");
		free(words);
	}
	for (size_t i = 0; i < sizeof(globs) / sizeof(globs[0]); i++) {
		char *words = format("monitor|pci/x|%s", globs[i]);

		fails_both(words, 2, "BUS/PARENT/TYPE");
		free(words);
	}
	fails_both("monitor|--event|add,bogus", 2,
		   "--event: there is no event \"bogus\", but add, del, change, overrun, synced, family-gone, family-back");
	fails_both("monitor|--event=", 2, "no event \"\"");
	fails_both("monitor|--event=add,", 2, "no event \"\"");
	fails_both("monitor|--attr=", 2, "name of an attribute is missing");
	fails_both("monitor|--attr=a,,b", 2, "missing in \"a,,b\"");
	fails("monitor|--count", 2, "option --count needs a value: N");
	json_object_put(fails_json("-j|monitor|--event", 2,
				   "--event needs a value: EVENT,..."));
	fails_both("monitor|--count=1|--count=1", 2,
		   "option --count is given twice");
	assert_int_equal(kernel.requests, 0);
	assert_int_equal(kernel.opened, 0);
}

static void test_write_errors(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_int_equal(run_into(fd, "status"), 8);
	has(errors, "No space left");
	assert_int_equal(run_into(fd, "-j|dev|show"), 8);
	assert_int_equal(run_into(fd, "profile|save"), 8);
	assert_int_equal(run_into(fd, "help"), 8);
	assert_int_equal(run_into(fd, "monitor|--snapshot"), 8);
	has(errors, "No space left");
	assert_int_equal(run_into(fd, "-j|bogus"), 8);
	close(fd);
}

/* Two devices, far from one another. */
static int far_apart(void)
{
	int fd = memfd_create("in", MFD_CLOEXEC);

	for (int i = 1; i <= 2; i++) {
		int len = dprintf(fd,
				  "{\"schema\": \"%s\", \"devices\": [{\"handle\": \"a/%d\", \"attrs\": [{\"name\": \"x\", \"type\": \"bool\", \"value\": true}]}]}\n",
				  VFIOMIG_PROFILE_SCHEMA, i);

		/* in whole blocks, none of which waits for the last write */
		dprintf(fd, "%*s\n", (1 << 17) - len - 1, "");
	}
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Standard input is kept in a file, for which there may be no room. */
static void test_no_room_for_input(void **state)
{
	int in = far_apart(), saved = dup(STDIN_FILENO), rc;
	struct rlimit limit, small;

	(void)state;
	dup2(in, STDIN_FILENO);
	close(in);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	small = limit;
	small.rlim_cur = 1 << 16;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = run("check|-#a/1|-");
	setrlimit(RLIMIT_FSIZE, &limit);
	signal(SIGXFSZ, SIG_DFL);
	fflush(stdin);
	clearerr(stdin);
	put_back(STDIN_FILENO, saved);
	assert_int_equal(rc, 8);
	assert_string_equal(output, "");
	has(errors, "check: temporary file: File too large");
}

static void test_broken_pipe(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	close(fds[0]);
	assert_int_equal(run_into(fds[1], "dev|show"), 8);
	/* who watches and is no longer listened to has done all he could */
	assert_int_equal(run_into(fds[1], "monitor|--snapshot"), 0);
	assert_int_equal(run_into(fds[1], "monitor"), 0);
	close(fds[1]);

	/* a reader that was connected by a socket goes away otherwise */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	close(fds[0]);
	alarm(20);
	assert_int_equal(run_into(fds[1], "monitor"), 0);
	alarm(0);
	close(fds[1]);
}

/* ------------------------------------------------------------------- help */

static void test_help(void **state)
{
	(void)state;
	kernel_unload();
	kernel.opened = 0;
	assert_int_equal(run("help"), 0);
	for (const struct command *c = commands; c->words; c++) {
		has(output, c->words);
		has(output, c->summary);
	}
	for (const struct option_desc *o = options; o->letter; o++) {
		has(output, o->name);
		has(output, o->summary);
	}
	assert_int_equal(run("-h"), 0);
	has(output, "profile save");
	assert_int_equal(run("dev|-h"), 0);
	has(output, "dev show [DEV]");
	assert_null(strstr(output, "profile save ["));
	assert_null(strstr(output, "--snapshot"));
	assert_null(strstr(output, "--timestamp"));
	assert_int_equal(run("monitor|--help"), 0);
	has(output, "--snapshot");
	has(output, "-t, --timestamp");
	assert_int_equal(run("help|dev|show"), 0);
	has(output, "dev show [DEV]");
	assert_int_equal(run("-V"), 0);
	assert_string_equal(output, "vfiomig " VFIOMIG_VERSION "\n");
	assert_int_equal(kernel.opened, 0);
}

static char *read_file(const char *variable)
{
	const char *path = getenv(variable);
	char *text;
	int fd;

	if (!path)
		skip();
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	text = slurp(fd);
	close(fd);
	return text;
}

/* A name as it is written in a manual page. */
static char *in_manual(const char *name)
{
	char *text = calloc(2, strlen(name) + 1), *to = text;

	for (; *name; name++) {
		if (*name == '-')
			*to++ = '\\';
		*to++ = *name;
	}
	return text;
}

static void test_manual(void **state)
{
	char *page = read_file("VFIOMIG_MAN");

	(void)state;
	for (const struct command *c = commands; c->words; c++) {
		char *usage;

		assert_true(asprintf(&usage,
				     "\\fBvfiomig\\fR [\\fIOPTIONS\\fR] \\fB%s\\fR",
				     c->words) > 0);
		has(page, usage);
		free(usage);
	}
	for (const struct option_desc *o = options; o->letter; o++) {
		char *name = in_manual(o->name);

		has(page, name);
		free(name);
	}
	assert_null(strchr(page, '@'));
	free(page);
}

/* Completion of these words, as bash does it; the words it offers. */
static char *complete(const char *words, int n)
{
	char *command, *text = calloc(1, 4096);
	FILE *out;

	assert_true(asprintf(&command,
			     "bash -c '. \"$VFIOMIG_COMPLETION\"; COMP_WORDS=(vfiomig %s); COMP_CWORD=%d; _vfiomig; echo \" ${COMPREPLY[*]} \"'",
			     words, n) > 0);
	out = popen(command, "r");
	assert_non_null(out);
	assert_non_null(fgets(text, 4096, out));
	assert_int_equal(pclose(out), 0);
	free(command);
	return text;
}

static void offers(const char *words, int n, const char *word)
{
	char *text = complete(words, n);

	has(text, word);
	free(text);
}

static void test_completion(void **state)
{
	static const struct {
		const char *words;
		int n;
	} silent[] = {
		{ "status --s", 2 }, { "status \"\"", 2 },
		{ "dev show --t", 3 },
		{ "dev attr set sim/sim0 \"\"", 5 },
		{ "dev attr set sim/sim0 a 1 accept \"\"", 8 },
		{ "dev attr del sim/sim0 \"\"", 5 },
		{ "profile load sim/sim0 x \"\"", 5 },
	};
	char *script = read_file("VFIOMIG_COMPLETION");
	char *text;

	(void)state;
	for (const struct command *c = commands; c->words; c++)
		has(script, c->words);
	assert_null(strstr(script, "@COMP"));
	free(script);

	text = complete("\"\"", 1);
	for (const struct command *c = commands; c->words; c++) {
		char *word;

		assert_true(asprintf(&word, " %.*s ",
				     (int)strcspn(c->words, " "),
				     c->words) > 0);
		has(text, word);
		free(word);
	}
	free(text);
	offers("d", 1, " dev ");
	offers("dev \"\"", 2, " show ");
	offers("-j profile \"\"", 3, " save load ");
	offers("dev attr \"\"", 3, " set del ");
	offers("dev attr set sim/sim0 a 1 \"\"", 7,
	       " type rule accept severity missing ");
	offers("dev attr set sim/sim0 a rule \"\"", 7, " semver ");
	offers("dev attr set sim/sim0 a 1 type v", 8, " version ");
	offers("dev attr set sim/sim0 a 1 severity \"\"", 8,
	       " info undecided fail ");
	for (size_t i = 0; i < sizeof(silent) / sizeof(silent[0]); i++) {
		text = complete(silent[i].words, silent[i].n);
		assert_null(strpbrk(text, "abcdefghijklmnopqrstuvwxyz-"));
		free(text);
	}
	offers("monitor --s", 2, " --snapshot ");
	offers("monitor --event \"\"", 3, " add del change overrun ");
	offers("monitor --event add,f", 3,
	       " add,family-gone add,family-back ");
	offers("monitor --count 3 --t", 4, " --timestamp --timeout ");
	offers("--event x m", 3, " monitor ");
	offers("--no", 1, " --no-color ");
}

/* ---------------------------------------------------------------- monitor */

/* Ends after what there is to tell, by a signal that is there already. */
static int monitor(const char *words, int number)
{
	sigset_t set, before;
	int rc;

	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_BLOCK, &set, &before);
	raise(number);
	rc = run(words);
	/* nothing of it is left */
	sigpending(&set);
	if (sigismember(&set, number)) {
		int got;

		sigemptyset(&set);
		sigaddset(&set, number);
		sigwait(&set, &got);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return rc;
}

static void test_monitor(void **state)
{
	(void)state;
	assert_int_equal(monitor("monitor|--snapshot", SIGTERM), 0);
	assert_string_equal(output,
			    "add device pci/0000:05:00.1 (snapshot)\n"
			    "add device pci/0000:05:00.2 (snapshot)\n"
			    "add type mdev/p/t (snapshot)\n"
			    "synced\n");
	assert_string_equal(errors, "");
	assert_int_equal(monitor("monitor", SIGINT), 0);
	assert_string_equal(output, "");
	assert_int_equal(monitor("monitor|--snapshot|-tv", SIGINT), 0);
	assert_int_equal(output[10], 'T');
	has(output, "Z 1 add device pci/0000:05:00.1");
}

static void terminate(void)
{
	kernel.after_dump = NULL;
	raise(SIGTERM);
}

/* Nobody but the program has blocked the signal: it must not die of it. */
static void test_monitor_signal(void **state)
{
	(void)state;
	kernel.after_dump = terminate;
	assert_int_equal(run("monitor|--snapshot"), 0);
	has(output, "synced\n");
}

/* Devices are asked for, then types, then this happens. */
static void after_types(void)
{
	struct nl_msg *msg = pci(1, "0000:05:00.1", false);

	kernel.after_dump = NULL;
	add_string(msg, "version", "1");
	kernel_change(VFIOMIG_DEVICE, msg);
	kernel_del(VFIOMIG_DEVICE, 2);
	msg = object(3, "mdev", "p", "t");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 1);
	kernel_change(VFIOMIG_TYPE, msg);
}

static void after_devices(void)
{
	kernel.after_dump = after_types;
}

static void test_monitor_changes(void **state)
{
	(void)state;
	kernel.after_dump = after_devices;
	assert_int_equal(monitor("monitor", SIGTERM), 0);
	assert_string_equal(output,
			    "change device pci/0000:05:00.1: migratable true -> false, version (none) -> 1\n"
			    "del device pci/0000:05:00.2\n"
			    "change type mdev/p/t: available 2 -> 1\n");
}

/* Whether the line is what is to be expected at that place. */
static void check_line(const char *line, int n)
{
	static const char * const events[] = {
		"add", "add", "add", "synced", "change", "del", "change"
	};
	struct json_object *json = json_tokener_parse(line);

	assert_non_null(json);
	assert_true(n < (int)(sizeof(events) / sizeof(events[0])));
	assert_string_equal(get_string(json, "event"), events[n]);
	assert_non_null(get(json, "time"));
	assert_non_null(get(json, "seq"));
	if (n == 0)
		assert_true(json_object_get_boolean(get(json, "snapshot")));
	if (n == 4)
		assert_int_equal(json_object_array_length(get(json, "changes")),
				 2);
	if (n == 5)
		assert_string_equal(get_string(get(json, "device"), "handle"),
				    "pci/0000:05:00.2");
	json_object_put(json);
}

static void test_monitor_json(void **state)
{
	char *line, *rest;
	int n = 0;

	(void)state;
	kernel.after_dump = after_devices;
	assert_int_equal(monitor("monitor|-j|--snapshot", SIGTERM), 0);
	rest = output;
	while ((line = strsep(&rest, "\n")) && *line)
		check_line(line, n++);
	assert_int_equal(n, 7);
}

/* ---------------------------------------------------- filters and ends */

/* Something of every kind, the module's end and beginning included. */
static void much(void)
{
	struct nl_msg *msg = pci(1, "0000:05:00.1", false);

	kernel_change(VFIOMIG_DEVICE, msg);
	kernel_del(VFIOMIG_DEVICE, 2);
	msg = object(3, "mdev", "p", "t");
	nla_put_u32(msg, VFIO_MIG_A_OBJECT_AVAILABLE, 1);
	kernel_change(VFIOMIG_TYPE, msg);
	msg = pci(4, "0000:06:00.1", true);
	add_string(msg, "version", "1");
	kernel_add(VFIOMIG_DEVICE, msg);
	kernel_unload();
	kernel_load();
}

#define GONE "family-gone\nfamily-back\nsynced\n"

static void prints(const char *words, const char *expected)
{
	char *whole = format("monitor|%s", words);

	teardown(NULL);
	setup(NULL);
	kernel.idle = much;
	assert_int_equal(monitor(whole, SIGTERM), 0);
	assert_string_equal(errors, "");
	assert_string_equal(output, expected);
	free(whole);
}

#define CHANGED "change device pci/0000:05:00.1: migratable true -> false\n"
#define GONE_2 "del device pci/0000:05:00.2\n"
#define TYPE "change type mdev/p/t: available 2 -> 1\n"
#define ADDED "add device pci/0000:06:00.1\n"

static void test_filters(void **state)
{
	(void)state;
	prints("", CHANGED GONE_2 TYPE ADDED GONE);
	prints("--event|add,del", GONE_2 ADDED GONE);
	prints("--event=change", CHANGED TYPE GONE);
	prints("--event=synced", GONE);
	prints("*/*", CHANGED GONE_2 ADDED GONE);
	prints("*/*/*", TYPE GONE);
	prints("mdev/*", GONE);
	prints("pci/0000:05:00.?", CHANGED GONE_2 GONE);
	prints("pci/*[2-9]|mdev/*/t", GONE_2 TYPE GONE);
	/* a change of it, or who has it and comes or goes */
	prints("--attr=migratable", CHANGED GONE_2 ADDED GONE);
	prints("--attr=v*", ADDED GONE);
	prints("--attr=x,pci.*", GONE_2 ADDED GONE);
	prints("--attr=none", GONE);
	/* all of it */
	prints("--attr=migratable|--event=change,add|*/*05*", CHANGED GONE);
	prints("--snapshot|--event=del|pci/*", "synced\n" GONE_2 GONE);
	prints("--snapshot|*/*.2",
	       "add device pci/0000:05:00.2 (snapshot)\nsynced\n" GONE_2
	       GONE);
}

static void same_again(void)
{
	kernel_change(VFIOMIG_DEVICE, pci(1, "0000:05:00.1", true));
}

/* Something has happened to a device that no attribute shows. */
static void test_monitor_empty_change(void **state)
{
	(void)state;
	kernel.idle = same_again;
	assert_int_equal(monitor("monitor", SIGTERM), 0);
	assert_string_equal(output, "change device pci/0000:05:00.1\n");
	kernel.idle = same_again;
	assert_int_equal(monitor("monitor|-j", SIGTERM), 0);
	has(output, "\"changes\":[]");
}

static void test_count(void **state)
{
	(void)state;
	assert_int_equal(run("monitor|--snapshot|--count|1"), 0);
	assert_string_equal(output, "add device pci/0000:05:00.1 (snapshot)\n");
	/* of those that were printed */
	assert_int_equal(run("monitor|--snapshot|--count=2|*/*/*"), 0);
	assert_string_equal(output, "add type mdev/p/t (snapshot)\nsynced\n");
	kernel.idle = much;
	assert_int_equal(run("monitor|--count=2|--event=add"), 0);
	assert_string_equal(output, ADDED "family-gone\n");
}

static void test_timeout(void **state)
{
	struct json_object *json;

	(void)state;
	/* what is there already is told in any case */
	assert_int_equal(run("monitor|--snapshot|--timeout|0"), 0);
	has(output, "mdev/p/t (snapshot)\nsynced\n");
	assert_int_equal(run("monitor|--timeout=0.05"), 0);
	assert_string_equal(output, "");
	/* who waits for something in vain learns of it */
	fails("monitor|--timeout=0.05|--count=3", 7,
	      "monitor: 0 of 3 records within 0.05 seconds");
	json = fails_json("monitor|-j|--timeout=0|--count=1", 7, "0 of 1");
	assert_string_equal(get_string(get(json, "error"), "errno"), "ETIME");
	json_object_put(json);
	assert_int_equal(run("monitor|--snapshot|--timeout=60|--count=4"), 0);
	assert_int_equal(run("monitor|--snapshot|--timeout=0|--count=5"), 7);
	has(output, "synced\n");
	has(errors, "4 of 5");
}

static void test_monitor_buffer(void **state)
{
	(void)state;
	assert_int_equal(run("monitor|--buffer=4096|--timeout=0"), 0);
	assert_int_equal(kernel.buffer, 4096);
	fails_both("monitor|--buffer=7", 8, "receive buffer");
}

/* A namespace that can be asked, and one without a name, which cannot. */
static void two_more(void)
{
	kernel_add_netns(0, "vm");
	kernel_add_netns(4, NULL);
	kernel.nsid = 0;
	kernel_add(VFIOMIG_DEVICE, pci(7, "0000:07:00.1", true));
	kernel.nsid = VMIG_HOME;
}

static void wander(void)
{
	kernel_move(7, 4);
	kernel_move(7, VMIG_HOME);
}

static void test_all_netns(void **state)
{
	struct json_object *json;

	(void)state;
	two_more();
	assert_int_equal(run("monitor|--all-netns|--snapshot|--timeout=0"), 0);
	assert_string_equal(output,
			    "add device pci/0000:05:00.1 (snapshot)\n"
			    "add device pci/0000:05:00.2 (snapshot)\n"
			    "add type mdev/p/t (snapshot)\n"
			    "add device pci/0000:07:00.1 netns vm (snapshot)\n"
			    "synced netns vm\n"
			    "synced nsid 4 (events only)\n"
			    "synced\n");
	kernel.idle = wander;
	assert_int_equal(monitor("monitor|--all-netns|-v", SIGTERM), 0);
	assert_string_equal(output,
			    "2 del device pci/0000:07:00.1 netns vm nsid 0\n"
			    "1 add device pci/0000:07:00.1 nsid 4\n"
			    "2 del device pci/0000:07:00.1 nsid 4\n"
			    "4 add device pci/0000:07:00.1\n");
	/* of others it is not told, as ever */
	kernel.idle = wander;
	assert_int_equal(run("-j|monitor|--count=1"), 0);
	json = json_tokener_parse(output);
	assert_string_equal(get_string(json, "event"), "del");
	assert_null(json_object_object_get(json, "nsid"));
	json_object_put(json);
}

static void test_all_netns_rights(void **state)
{
	(void)state;
	two_more();
	kernel.closed = true;
	fails_both("monitor|--all-netns", 6, "CAP_NET_BROADCAST");
	fails_both("status|--all-netns", 2, "does not take --all-netns");
}

static void fill_pipe(int fd)
{
	static const char nothing[4096];
	int flags = fcntl(fd, F_GETFL);

	fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	while (write(fd, nothing, sizeof(nothing)) > 0)
		;
	fcntl(fd, F_SETFL, flags);
}

/* Whoever reads has fallen asleep: it can be ended all the same. */
static void test_stalled_reader(void **state)
{
	int fds[2];

	(void)state;
	assert_int_equal(pipe(fds), 0);
	fill_pipe(fds[1]);
	kernel.idle = same_again;
	assert_int_equal(run_into(fds[1], "monitor|-j|--timeout=0.05"), 0);
	kernel.after_dump = terminate;
	assert_int_equal(run_into(fds[1], "monitor|--snapshot"), 0);
	close(fds[0]);
	close(fds[1]);
}

/* More than a pipe takes at once. */
static void change_much(void)
{
	struct nl_msg *msg = pci(1, "0000:05:00.1", true);

	for (int i = 0; i < 10; i++) {
		char *name = format("n%d", i), *value = format("%0255d", i);

		add_string(msg, name, value);
		free(name);
		free(value);
	}
	kernel_change(VFIOMIG_DEVICE, msg);
}

/* Reads all of it, after a while: is it one whole record? */
static pid_t read_late(int fds[2])
{
	pid_t pid = fork();

	if (!pid) {
		static char text[1 << 16];
		size_t got = 0;
		ssize_t len;

		close(fds[1]);
		usleep(200000);
		while ((len = read(fds[0], text + got,
				   sizeof(text) - 1 - got)) > 0)
			got += len;
		_exit(got <= PIPE_BUF || strchr(text, '\n') != text + got - 1);
	}
	assert_true(pid > 0);
	close(fds[0]);
	return pid;
}

/* The end comes within a record. */
static void test_half_record(void **state)
{
	int fds[2], status;
	pid_t reader;

	(void)state;
	/* it is finished, and counts */
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF), PIPE_BUF);
	reader = read_late(fds);
	kernel.idle = change_much;
	assert_int_equal(run_into(fds[1],
				  "monitor|-j|--timeout=0.05|--count=1"), 0);
	assert_string_equal(errors, "");
	close(fds[1]);
	assert_int_equal(waitpid(reader, &status, 0), reader);
	assert_int_equal(status, 0);

	/* or it is an error */
	teardown(NULL);
	setup(NULL);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, PIPE_BUF), PIPE_BUF);
	kernel.idle = change_much;
	assert_int_equal(run_into(fds[1], "monitor|-j|--timeout=0.05"), 8);
	has(errors, "monitor: the last record is not whole");
	close(fds[0]);
	close(fds[1]);
}

/* -------------------------------------------------------- as it was built */

static int run_built(const char *arguments)
{
	const char *program = getenv("VFIOMIG");
	char *command;
	int status;

	if (!program)
		skip();
	assert_true(asprintf(&command, "'%s' %s", program, arguments) > 0);
	status = system(command);
	free(command);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void test_built(void **state)
{
	(void)state;
	assert_int_equal(run_built("help > /dev/null"), 0);
	assert_int_equal(run_built("-V > /dev/null"), 0);
	assert_int_equal(run_built("bogus 2> /dev/null"), 2);
	assert_int_equal(run_built("help > /dev/full 2> /dev/null"), 8);
	assert_int_equal(run_built("help >&- 2> /dev/null"), 8);
	/* with the kernel of this machine, which may have the family or not */
	if (run_built("-j status > /dev/null"))
		assert_int_equal(run_built("-j dev show > /dev/null"), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_status),
		TEST(test_dev_show),
		TEST(test_dev_show_json),
		TEST(test_type_show),
		TEST(test_empty),
		TEST(test_unknown),
		TEST(test_escapes),
		TEST(test_profile),
		TEST(test_not_found),
		TEST(test_no_family),
		TEST(test_refusals),
		TEST(test_usage),
		TEST(test_dash_hash),
		TEST(test_unreadable),
		TEST(test_monitor_usage),
		TEST(test_write_errors),
		TEST(test_no_room_for_input),
		TEST(test_broken_pipe),
		TEST(test_help),
		TEST(test_manual),
		TEST(test_completion),
		TEST(test_monitor),
		TEST(test_monitor_signal),
		TEST(test_monitor_changes),
		TEST(test_monitor_json),
		TEST(test_filters),
		TEST(test_monitor_empty_change),
		TEST(test_count),
		TEST(test_timeout),
		TEST(test_monitor_buffer),
		TEST(test_all_netns),
		TEST(test_all_netns_rights),
		TEST(test_stalled_reader),
		TEST(test_half_record),
		TEST(test_built),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
