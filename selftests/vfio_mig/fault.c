// SPDX-License-Identifier: GPL-2.0-only
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/types.h>

#include "env.h"
#include "fault.h"

#define DEBUG		"/sys/kernel/debug"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

static const char * const kinds[] = { "failslab", "fail_page_alloc" };

struct range {
	__u64 start;
	__u64 end;
};

bool fault_there(void)
{
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!file_is(DEBUG "/%s/require-start", kinds[i]))
			return false;
	return file_is(FAIL_NTH);
}

static int set(const char *name, const char *value)
{
	size_t i;
	int err;

	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		err = file_write(value, DEBUG "/%s/%s", kinds[i], name);
		if (err)
			return err;
	}
	return 0;
}

static int set_hex(const char *name, __u64 value)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%llx", (unsigned long long)value);
	return set(name, text);
}

/* Of its size, which counts its data, what is not before the next module. */
static int module_range(const char *module, struct range *range)
{
	unsigned long long at, size;
	char name[64], line[512];
	__u64 next = ~0ULL;
	int pass, err = -ENOENT;
	FILE *file;

	for (pass = 0; pass < 2; pass++) {
		file = fopen("/proc/modules", "re");
		if (!file)
			return -errno;
		while (fgets(line, sizeof(line), file)) {
			if (sscanf(line, "%63s %llu %*s %*s %*s %llx", name,
				   &size, &at) != 3)
				continue;
			if (!pass && !strcmp(name, module)) {
				range->start = at;
				range->end = at + size;
				err = 0;
			} else if (pass && at > range->start && at < next) {
				next = at;
			}
		}
		fclose(file);
		if (err)
			return err;
	}
	if (next < range->end)
		range->end = next;
	return range->start ? 0 : -EPERM;
}

static int function_range(const char *function, struct range *range)
{
	unsigned long long at;
	char name[128], line[512], type;
	FILE *file = fopen("/proc/kallsyms", "re");
	int err = -ENOENT;

	if (!file)
		return -errno;
	while (err && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%llx %c %127s", &at, &type, name) != 3)
			continue;
		if (range->start && at > range->start) {
			range->end = at;
			err = 0;
		} else if (!strcmp(name, function)) {
			range->start = at;
		}
	}
	fclose(file);
	return err;
}

/* From now on, faults are of that kind. There is none yet. */
int fault_begin(enum fault_scope scope)
{
	const char *depth = "32";
	struct range range = {};
	int err = 0;

	switch (scope) {
	case FAULT_CORE:
		err = module_range("vfio_mig", &range);
		break;
	case FAULT_SIM:
		err = module_range("vfio_mig_sim", &range);
		/* VFIO's own device groups do not take it well */
		depth = "8";
		break;
	case FAULT_INIT:
		err = function_range("do_one_initcall", &range);
		break;
	default:
		range.end = ~0ULL;
	}
	return err ?: set("probability", "0") ?: set("verbose", "0") ?:
	       set("ignore-gfp-wait", "N") ?: set("task-filter", "N") ?:
	       set("interval", "1") ?: set("times", "-1") ?:
	       set("space", "0") ?: set("stacktrace-depth", depth) ?:
	       file_write("0", DEBUG "/fail_page_alloc/min-order") ?:
	       set_hex("require-start", range.start) ?:
	       set_hex("require-end", range.end);
}

/* As it was. */
void fault_end(void)
{
	if (!fault_there())
		return;
	fault_nth(0);
	set("probability", "0");
	set("ignore-gfp-wait", "Y");
	set_hex("require-start", 0);
	set_hex("require-end", ~0ULL);
	file_write("1", DEBUG "/fail_page_alloc/min-order");
}

static int nth_fd = -1;
static pid_t nth_pid;

/* The @n-th allocation of this thread from here on fails, 0: none. */
int fault_nth(unsigned int n)
{
	char text[16];

	/* a child has one of its own */
	if (nth_fd < 0 || nth_pid != getpid()) {
		nth_fd = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
		nth_pid = getpid();
	}
	if (nth_fd < 0)
		return -errno;
	snprintf(text, sizeof(text), "%u", n);
	return pwrite(nth_fd, text, strlen(text), 0) < 0 ? -errno : 0;
}

/* Did it fail? If not, none will any more. */
bool fault_reached(void)
{
	char text[16] = "";
	int err = errno;
	ssize_t len = pread(nth_fd, text, sizeof(text) - 1, 0);

	fault_nth(0);
	errno = err;
	return len > 0 && !atoi(text);
}

/* So many of a hundred fail from now on, whoever asks for them. */
int fault_percent(unsigned int percent)
{
	char text[16];

	snprintf(text, sizeof(text), "%u", percent);
	return set("probability", text);
}
