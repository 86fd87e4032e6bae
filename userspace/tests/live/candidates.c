// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Many devices as candidates: the program asks the kernel once, whatever their
 * number, puts the best first, and ends with what the best is worth.
 *
 * What it asks is read off the wire, by a monitor of all that goes through
 * netlink sockets.
 */
#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>

#include "device.h"
#include "judge.h"

#define MONITOR "nlmon7"
#define FEW 10
#define MANY 1000

/* Where the devices stand that are not as all others. */
#define GOOD_1 17
#define GOOD_2 998
#define ADJUSTABLE 500

#define VERSION(value) "{'name': 'version', 'type': 'version', 'value': '" \
	value "', 'rule': 'semver'}, "
#define UNITS(value) "{'name': 'units', 'type': 'u64', 'value': " value "}"
#define DOCUMENT(version, units) \
	"{$S, 'devices': [{'handle': 'sim/source', 'attrs': [" \
	VERSION(version) UNITS(units) "]}]}"

#define FOLDER "/tmp/candidates.XXXXXX"

static char folder[sizeof(FOLDER)] = FOLDER;
static char source[sizeof(folder) + 16];

/* ------------------------------------------------------------ the monitor */

static int monitor_open(void)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
	};
	int fd, size = 64 << 20;

	if (system("ip link add " MONITOR " type nlmon && ip link set "
		   MONITOR " up"))
		return -1;
	addr.sll_ifindex = if_nametoindex(MONITOR);
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size,
				    sizeof(size)), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void monitor_close(int fd)
{
	close(fd);
	assert_int_equal(system("ip link del " MONITOR), 0);
}

/**
 * struct asked - what the kernel was asked for
 * @requests: how often the family was asked for something
 * @checks: how often for a check
 */
struct asked {
	unsigned int requests;
	unsigned int checks;
};

/* What has gone by since, or was lost: then the test would prove nothing. */
static struct asked monitor_read(int fd, uint16_t family)
{
	static uint32_t buf[16384];
	struct tpacket_stats stats;
	socklen_t stats_len = sizeof(stats);
	struct asked asked = { 0, 0 };

	for (;;) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)buf;
		struct sockaddr_ll from;
		socklen_t from_len = sizeof(from);
		ssize_t len;

		len = recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT,
			       (struct sockaddr *)&from, &from_len);
		if (len < 0)
			break;
		if (from.sll_protocol != htons(NETLINK_GENERIC) ||
		    len < (ssize_t)NLMSG_LENGTH(GENL_HDRLEN) ||
		    nlh->nlmsg_type != family ||
		    !(nlh->nlmsg_flags & NLM_F_REQUEST))
			continue;
		asked.requests++;
		asked.checks += ((struct genlmsghdr *)NLMSG_DATA(nlh))->cmd ==
				VFIO_MIG_CMD_CHECK;
	}
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &stats,
				    &stats_len), 0);
	assert_int_equal(stats.tp_drops, 0);
	return asked;
}

/* ------------------------------------------------------------ the program */

static bool make_source(void)
{
	char *text = json_of(DOCUMENT("1.2.0", "2"));
	FILE *out;
	bool ok;

	if (!mkdtemp(folder))
		return false;
	snprintf(source, sizeof(source), "%s/source.json", folder);
	out = fopen(source, "w");
	ok = out && fputs(text, out) >= 0;
	free(text);
	return out && !fclose(out) && ok;
}

static FILE *program(void)
{
	char *line;
	FILE *in;

	assert_true(asprintf(&line, "exec vfiomig -j check %s", source) > 0);
	in = popen(line, "r");
	assert_non_null(in);
	free(line);
	return in;
}

static int status_of(FILE *in)
{
	int status = pclose(in);

	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static struct json_object *answer_of(FILE *in)
{
	struct json_object *json;
	char *text = NULL;
	size_t size = 0;

	/* one line, which ends with the answer */
	assert_true(getline(&text, &size, in) > 0);
	json = json_tokener_parse(text);
	assert_non_null(json);
	free(text);
	return json;
}

static const char *text_of(struct json_object *target, const char *key)
{
	return json_object_get_string(json_object_object_get(target, key));
}

/* ------------------------------------------------------------------ tests */

static void say(struct vfiomig *ctx, unsigned int n, const char *shorthand)
{
	char *text = json_of(shorthand);
	struct vfiomig_object *object = read_text(ctx, text);

	assert_non_null(object);
	assert_int_equal(devices_set(ctx, n, object), 0);
	vfiomig_object_unref(object);
	free(text);
}

/*
 * Of @n devices these come first, and all others are incompatible. There may be
 * types besides, which sysfs shows if an earlier test has left their driver.
 */
static void expect_order(const char *const best[], size_t n_best, int rc,
			 size_t n)
{
	static const char * const order[] = {
		"compatible", "adjustable", "undecided", "incompatible"
	};
	FILE *in = program();
	struct json_object *json = answer_of(in);
	struct json_object *targets = json_object_object_get(json, "targets");
	size_t len = json_object_array_length(targets), now = 0, devices = 0;

	for (size_t i = 0; i < len; i++) {
		struct json_object *t = json_object_array_get_idx(targets, i);
		const char *verdict = text_of(t, "verdict");

		if (!strcmp(text_of(t, "kind"), "device")) {
			assert_string_equal(text_of(t, "by"), "kernel");
			devices++;
		}
		while (strcmp(verdict, order[now]))
			assert_true(++now < 4);
		if (i < n_best)
			assert_string_equal(text_of(t, "target"), best[i]);
		assert_int_equal(i < n_best, now < 3);
	}
	assert_int_equal(devices, n);
	json_object_put(json);
	assert_int_equal(status_of(in), rc);
}

static struct asked ask(int fd, uint16_t family)
{
	FILE *in;

	monitor_read(fd, family);
	in = program();
	json_object_put(answer_of(in));
	status_of(in);
	return monitor_read(fd, family);
}

/* How many devices there are beside: the VFs. */
static size_t others(struct vfiomig *ctx)
{
	struct vfiomig_status *status;
	size_t n;

	assert_int_equal(devices_make(0), 0);
	assert_int_equal(vfiomig_get_status(ctx, &status), 0);
	n = status->devices;
	vfiomig_status_free(status);
	return n;
}

static void test_one_request(void **state)
{
	struct vfiomig *ctx = vfiomig_new();
	struct asked few, many;
	int fd = monitor_open();

	(void)state;
	if (fd < 0)
		skip();
	assert_int_equal(vmig_family(ctx), 0);
	assert_int_equal(devices_make(FEW), 0);
	few = ask(fd, ctx->family);
	assert_int_equal(devices_make(MANY), 0);
	many = ask(fd, ctx->family);
	print_message("# %u devices: %u requests, %u checks\n", MANY,
		      many.requests, many.checks);
	assert_int_equal(few.checks, 1);
	assert_int_equal(many.checks, 1);
	assert_int_equal(few.requests, many.requests);
	monitor_close(fd);
	vfiomig_free(ctx);
}

static void test_best_first(void **state)
{
	static const char * const all[] = {
		"sim/sim17", "sim/sim998", "sim/sim500"
	};
	struct vfiomig *ctx = vfiomig_new();
	size_t n = others(ctx) + MANY;

	(void)state;
	assert_int_equal(devices_make(MANY), 0);
	expect_order(NULL, 0, 1, n);
	say(ctx, ADJUSTABLE, DOCUMENT("1.2.0", "1, 'settable': [2]"));
	expect_order(all + 2, 1, 3, n);
	say(ctx, GOOD_2, DOCUMENT("1.3.0", "2"));
	say(ctx, GOOD_1, DOCUMENT("1.2.9", "2"));
	/* a difference, but not one that counts */
	expect_order(all, 3, 0, n);
	say(ctx, GOOD_1, DOCUMENT("2.0.0", "2"));
	expect_order(all + 1, 2, 0, n);
	vfiomig_free(ctx);
}

/* A namespace of one's own is one without devices. */
static void test_no_candidate(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(devices_make(FEW), 0);
	fflush(stdout);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		FILE *in = unshare(CLONE_NEWNET) ? NULL : program();

		if (!in)
			_exit(127);
		json_object_put(answer_of(in));
		_exit(status_of(in));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_request),
		cmocka_unit_test(test_best_first),
		cmocka_unit_test(test_no_candidate),
	};
	int rc;

	if (!make_source())
		return 1;
	rc = LIVE_MAIN(tests);
	remove(source);
	rmdir(folder);
	return rc;
}
