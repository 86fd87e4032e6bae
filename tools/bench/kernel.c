// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the kernel's side costs, against the number of devices and of
 * attributes, each beside the least that can be asked of generic netlink on
 * the same socket.
 *
 * The devices are bare ones of vfio_mig_sim. The administrator says all but one
 * of their attributes: numbers, strings, versions and bits in turn, which are
 * the same of all devices.
 *
 * usage: kernel RUNS DEVICES..., prints JSON: for each measurement what it was
 * and the nanoseconds that one took in each run.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <linux/vfio_mig.h>

#include "nl.h"
#include "report.h"
#include "sim.h"

#define MESSAGES	2000	/* the least that a run of dumps has of them */
#define CALLS		1000	/* and of other requests */

static unsigned int devices, attrs;
static int sock, listener, elsewhere;
static __u16 family, bare;
static __u32 group, bare_group;

/* Requests */

static void put_value(struct req *req, unsigned int i, __u64 number)
{
	static const __u8 bits[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	__u32 version[] = { 1, 4, number };
	__u32 nest;
	int part;

	switch (i % 4) {
	case 0:
		req_put(req, VFIO_MIG_A_ATTR_U64, &number, sizeof(number));
		break;
	case 1:
		req_put_text(req, VFIO_MIG_A_ATTR_STRING, "nvidia-222-1q");
		break;
	case 2:
		nest = req_nest(req, VFIO_MIG_A_ATTR_VERSION);
		for (part = 0; part < 3; part++)
			req_put(req, VFIO_MIG_A_VERSION_MAJOR + part,
				&version[part], sizeof(version[part]));
		req_end(req, nest);
		break;
	case 3:
		req_put(req, VFIO_MIG_A_ATTR_BITS, bits, sizeof(bits));
		break;
	}
}

/* In the form in which the kernel itself writes attributes. */
static void put_attr(struct req *req, __u16 type, unsigned int i, __u64 number)
{
	static const __u32 rules[] = {
		VFIO_MIG_RULE_AT_LEAST, VFIO_MIG_RULE_EQUAL,
		VFIO_MIG_RULE_SEMVER, VFIO_MIG_RULE_SUPERSET,
	};
	__u32 nest = req_nest(req, type), fail = VFIO_MIG_SEVERITY_FAIL;
	__u32 admin = VFIO_MIG_ORIGIN_ADMIN;
	char name[16];

	snprintf(name, sizeof(name), "site.attr%02u", i);
	req_put_text(req, VFIO_MIG_A_ATTR_NAME, name);
	put_value(req, i, number);
	req_put(req, VFIO_MIG_A_ATTR_RULE, &rules[i % 4], 4);
	req_put(req, VFIO_MIG_A_ATTR_SEVERITY, &fail, 4);
	req_put(req, VFIO_MIG_A_ATTR_MISSING, &fail, 4);
	req_put(req, VFIO_MIG_A_ATTR_ORIGIN, &admin, 4);
	req_end(req, nest);
}

static void begin_change(struct req *req, unsigned int device)
{
	req_begin(req, family, VFIO_MIG_CMD_ATTR_SET, NLM_F_ACK);
	sim_put(req, VFIO_MIG_A_CHANGE_TARGET, device);
}

/* Devices */

/* One attribute they have of their own. */
static void set_attrs(unsigned int from, unsigned int to)
{
	struct req req;
	unsigned int i;

	for (; from < to; from++) {
		begin_change(&req, from);
		for (i = 0; i < attrs - 1; i++)
			put_attr(&req, VFIO_MIG_A_CHANGE_ATTR, i, 1000);
		nl_call(sock, &req);
	}
}

/* Bytes that the kernel has allocated for itself, when it has come to rest. */
static double allocated(void)
{
	unsigned long long kib, sum = 0;
	char line[128];
	FILE *file;

	/* what was replaced is freed a little later */
	sleep(2);
	file = fopen("/proc/meminfo", "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "SUnreclaim: %llu", &kib) == 1 ||
		    sscanf(line, "VmallocUsed: %llu", &kib) == 1 ||
		    sscanf(line, "Percpu: %llu", &kib) == 1)
			sum += kib;
	if (!file || fclose(file) || !sum)
		die("/proc/meminfo");
	return sum * 1024.0;
}

/* Requests that are measured */

static struct req get_family, get_id, get_handle, get_all;
static struct req check, check_one, check_here, check_all, check_all_one;

/* A profile as a program has it that has asked for it, but for one change. */
static void put_source(struct req *req, bool other)
{
	struct req get;
	const struct nlmsghdr *nlh;
	const struct nlattr *nla = NULL;
	unsigned int i = 0;
	__u32 nest;

	req_begin(&get, family, VFIO_MIG_CMD_DEV_GET, 0);
	req_put_text(&get, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_text(&get, VFIO_MIG_A_OBJECT_NAME, "sim0");
	nlh = nl_call(sock, &get);

	nest = req_put(req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	while ((nla = nl_next(nlh, nla))) {
		if ((nla->nla_type & NLA_TYPE_MASK) != VFIO_MIG_A_OBJECT_ATTR)
			continue;
		/* the first is the device's own */
		if (i++ == 1 && other)
			put_attr(req, VFIO_MIG_A_OBJECT_ATTR, 0, 2000);
		else
			req_put(req, nla->nla_type, nl_data(nla),
				nla->nla_len - NLA_HDRLEN);
	}
	req_end(req, nest);
}

static __u32 id_of(unsigned int device)
{
	const struct nlattr *nla;
	char name[16];
	struct req req;
	__u32 id = 0;

	snprintf(name, sizeof(name), "sim%u", device);
	req_begin(&req, family, VFIO_MIG_CMD_DEV_GET, 0);
	req_put_text(&req, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_text(&req, VFIO_MIG_A_OBJECT_NAME, name);
	nla = nl_next(nl_call(sock, &req), NULL);
	while (nla->nla_type != VFIO_MIG_A_OBJECT_ID)
		nla = (const void *)((const char *)nla +
				     NLA_ALIGN(nla->nla_len));
	memcpy(&id, nl_data(nla), sizeof(id));
	return id;
}

static void make_requests(void)
{
	unsigned int middle = devices / 2;
	__u32 id = id_of(middle);
	char name[16];
	__u32 nest;

	snprintf(name, sizeof(name), "sim%u", middle);
	req_begin(&get_family, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	req_put_text(&get_family, CTRL_ATTR_FAMILY_NAME, VFIO_MIG_FAMILY_NAME);

	req_begin(&get_id, family, VFIO_MIG_CMD_DEV_GET, 0);
	req_put(&get_id, VFIO_MIG_A_OBJECT_ID, &id, sizeof(id));
	req_begin(&get_handle, family, VFIO_MIG_CMD_DEV_GET, 0);
	req_put_text(&get_handle, VFIO_MIG_A_OBJECT_BUS, "sim");
	req_put_text(&get_handle, VFIO_MIG_A_OBJECT_NAME, name);
	req_begin(&get_all, family, VFIO_MIG_CMD_DEV_GET, NLM_F_DUMP);

	req_begin(&check, family, VFIO_MIG_CMD_CHECK, 0);
	put_source(&check, false);
	check_all = check;
	check_all.nlh.nlmsg_flags |= NLM_F_DUMP;
	sim_put(&check, VFIO_MIG_A_CHECK_TARGET, middle);
	req_begin(&check_one, family, VFIO_MIG_CMD_CHECK, 0);
	put_source(&check_one, true);
	check_all_one = check_one;
	check_all_one.nlh.nlmsg_flags |= NLM_F_DUMP;
	sim_put(&check_one, VFIO_MIG_A_CHECK_TARGET, middle);
	req_begin(&check_here, family, VFIO_MIG_CMD_CHECK, 0);
	sim_put(&check_here, VFIO_MIG_A_CHECK_SOURCE, 0);
	nest = req_nest(&check_here, VFIO_MIG_A_CHECK_TARGET);
	req_put(&check_here, VFIO_MIG_A_OBJECT_ID, &id, sizeof(id));
	req_end(&check_here, nest);
}

static const struct {
	const char *what;
	struct req *req;
} requests[] = {
	{ "family", &get_family },
	{ "get-id", &get_id },
	{ "get-handle", &get_handle },
	{ "check", &check },
	{ "check-one-finding", &check_one },
	{ "check-here", &check_here },
}, dumps[] = {
	{ "dump", &get_all },
	{ "check-dump", &check_all },
	{ "check-dump-one-finding", &check_all_one },
};

/* Nanoseconds for one message. */
static double measure_call(struct req *req)
{
	__u64 from = now();
	unsigned int i;

	for (i = 0; i < CALLS; i++)
		nl_call(sock, req);
	return (double)(now() - from) / CALLS;
}

static double measure_dump(struct req *req)
{
	unsigned int n = 0;
	struct dump dump;
	__u64 from = now();

	do {
		nl_dump(sock, req, &dump);
		n += dump.messages;
	} while (n < MESSAGES);
	return (double)(now() - from) / n;
}

static void measure_reading(void)
{
	double ns[RUNS_MAX];
	unsigned int i, run;

	make_requests();
	for (i = 0; i < ARRAY_SIZE(requests); i++) {
		measure_call(requests[i].req);
		for (run = 0; run < runs; run++)
			ns[run] = measure_call(requests[i].req);
		report(requests[i].what, devices, attrs, ns);
	}
	for (i = 0; i < ARRAY_SIZE(dumps); i++) {
		for (run = 0; run < runs; run++)
			ns[run] = measure_dump(dumps[i].req);
		report(dumps[i].what, devices, attrs, ns);
	}
}

/* Events */

/* Nanoseconds for one, and for @hear of them by a listener. */
static double measure_changes(bool hear)
{
	struct req change[2];
	__u64 from;
	int i;

	for (i = 0; i < 2; i++) {
		begin_change(&change[i], 0);
		put_attr(&change[i], VFIO_MIG_A_CHANGE_ATTR, 0, 1001 + i);
		nl_call(sock, &change[i]);
		if (hear)
			nl_recv(listener);
	}
	from = now();
	for (i = 0; i < CALLS; i++) {
		nl_call(sock, &change[i % 2]);
		if (hear)
			nl_recv(listener);
	}
	return (double)(now() - from) / CALLS;
}

static double measure_bare(__u32 size, bool hear)
{
	struct req req;
	__u64 from;
	int i;

	req_begin(&req, bare, 1, NLM_F_ACK);
	if (size)
		req_put(&req, 1, &size, sizeof(size));
	from = now();
	for (i = 0; i < CALLS; i++) {
		nl_call(sock, &req);
		if (hear)
			nl_recv(listener);
	}
	return (double)(now() - from) / CALLS;
}

static __u32 event_size(void)
{
	struct req change;

	begin_change(&change, 0);
	put_attr(&change, VFIO_MIG_A_CHANGE_ATTR, 0, 1);
	nl_call(sock, &change);
	return nl_recv(listener);
}

/*
 * What a change costs, heard and not, and what a message of the same size
 * costs that nothing has to be done for.
 */
static void measure_events(void)
{
	double quiet[RUNS_MAX], heard[RUNS_MAX];
	double nothing[RUNS_MAX], sent[RUNS_MAX];
	unsigned int run;
	__u32 size;

	listener = nl_open();
	nl_join(listener, group);
	size = event_size() - NLMSG_HDRLEN - GENL_HDRLEN - NLA_HDRLEN;
	close(listener);

	for (run = 0; run < runs; run++) {
		quiet[run] = measure_changes(false);
		nothing[run] = measure_bare(0, false);
		listener = nl_open();
		nl_join(listener, group);
		heard[run] = measure_changes(true);
		close(listener);
		listener = nl_open();
		nl_join(listener, bare_group);
		sent[run] = measure_bare(size, true);
		close(listener);
	}
	/* as all others again */
	set_attrs(0, 1);
	report("set-quiet", devices, attrs, quiet);
	report("set-heard", devices, attrs, heard);
	report("bare-nothing", devices, attrs, nothing);
	report("bare-heard", devices, attrs, sent);
}

/* Another network namespace, for as long as this program runs. */
static int open_elsewhere(int *net)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), there;

	if (here < 0 || unshare(CLONE_NEWNET))
		die("network namespace");
	*net = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	there = nl_open();
	if (*net < 0 || setns(here, CLONE_NEWNET))
		die("network namespace");
	close(here);
	return there;
}

/* There and back. */
static void measure_moves(void)
{
	int net, here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	double ns[RUNS_MAX];
	struct req go, back;
	unsigned int run, i;
	__u32 fd;

	elsewhere = open_elsewhere(&net);
	req_begin(&go, family, VFIO_MIG_CMD_DEV_SET, NLM_F_ACK);
	sim_put(&go, VFIO_MIG_A_MOVE_TARGET, devices / 2);
	back = go;
	fd = net;
	req_put(&go, VFIO_MIG_A_MOVE_NETNS_FD, &fd, sizeof(fd));
	fd = here;
	req_put(&back, VFIO_MIG_A_MOVE_NETNS_FD, &fd, sizeof(fd));
	for (run = 0; run < runs; run++) {
		__u64 from = now();

		for (i = 0; i < CALLS / 2; i++) {
			nl_call(sock, &go);
			nl_call(elsewhere, &back);
		}
		ns[run] = (double)(now() - from) / (2 * i);
	}
	report("move", devices, attrs, ns);
	close(elsewhere);
	close(net);
	close(here);
}

/* Registration: alone, without what the administrator says. */
static void measure_adding(unsigned int n)
{
	double add[RUNS_MAX], del[RUNS_MAX];
	unsigned int run, i, times = n < CALLS ? CALLS / n : 1;

	devices = n;
	attrs = 1;
	for (run = 0; run < runs; run++) {
		__u64 adding = 0, from;

		from = now();
		for (i = 0; i < times; i++) {
			__u64 begun = now();

			sim_devices(n);
			adding += now() - begun;
			sim_devices(0);
		}
		add[run] = (double)adding / times / n;
		del[run] = (double)(now() - from - adding) / times / n;
	}
	report("add", devices, attrs, add);
	report("remove", devices, attrs, del);
}

static void measure_attrs(unsigned int n)
{
	static const unsigned int counts[] = { 4, 8, 32, 64 };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counts); i++) {
		sim_devices(0);
		sim_devices(n);
		devices = n;
		attrs = counts[i];
		set_attrs(0, n);
		measure_reading();
	}
	sim_devices(0);
}

static void measure_devices(unsigned int argc, char **argv)
{
	unsigned int i, had = 0;
	double bytes[RUNS_MAX];
	double before;

	sim_devices(0);
	before = allocated();
	for (i = 0; i < argc; i++, had = devices) {
		devices = atoi(argv[i]);
		attrs = 16;
		if (devices <= had || devices > 100000) {
			errno = EINVAL;
			die(argv[i]);
		}
		sim_devices(devices);
		set_attrs(had, devices);
		measure_reading();
		if (i == 0)
			measure_events();
		measure_moves();
	}
	/* of the largest number */
	for (i = 0; i < runs; i++)
		bytes[i] = (allocated() - before) / devices;
	report("memory", devices, attrs, bytes);
	sim_devices(0);
}

int main(int argc, char **argv)
{
	int i;

	if (argc < 3) {
		fprintf(stderr, "usage: kernel RUNS DEVICES...\n");
		return 2;
	}
	sock = nl_open();
	family = nl_family(sock, VFIO_MIG_FAMILY_NAME, &group);
	bare = nl_family(sock, "vfio_mig_bare", &bare_group);
	report_begin(argv[1]);
	measure_devices(argc - 2, argv + 2);
	measure_attrs(1000);
	for (i = 2; i < argc; i++)
		measure_adding(atoi(argv[i]));
	report_end();
	return 0;
}
