// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs who changes a device that others listen: attr-set, with more
 * and more listeners in this network namespace, and with some in another one,
 * who are not told of it.
 *
 * Listeners read when no time is taken. All that they were to be told must be
 * there then, and nothing else.
 *
 * usage: listen RUNS, prints JSON: what one attr-set takes.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <linux/genetlink.h>
#include <linux/vfio_mig.h>
#include <sys/socket.h>

#include "nl.h"
#include "report.h"
#include "sim.h"

#define LISTENERS_MAX	100
/* So much is done before the listeners read. */
#define BATCH		64
/* How long one measurement goes on, without what the listeners take. */
#define MEASURE_NS	500000000ULL

static int sock;
static __u16 family;
static __u32 group;
static int here[LISTENERS_MAX], elsewhere[LISTENERS_MAX];

/* Who listens in each measurement. */
static const struct {
	const char *what;
	unsigned int here;
	unsigned int elsewhere;
} cases[] = {
	{ "listen-none", 0, 0 },
	{ "listen-one", 1, 0 },
	{ "listen-ten", 10, 0 },
	{ "listen-hundred", 100, 0 },
	{ "listen-one-elsewhere", 0, 1 },
	{ "listen-hundred-elsewhere", 0, 100 },
};

static void open_listeners(int *socks)
{
	int i, size = 4 << 20;

	for (i = 0; i < LISTENERS_MAX; i++) {
		socks[i] = nl_open();
		if (setsockopt(socks[i], SOL_SOCKET, SO_RCVBUFFORCE, &size,
			       sizeof(size)))
			die("listener");
	}
}

/* A socket stays in the namespace in which it was opened. */
static void open_all_listeners(void)
{
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	open_listeners(here);
	if (home < 0 || unshare(CLONE_NEWNET))
		die("network namespace");
	open_listeners(elsewhere);
	if (setns(home, CLONE_NEWNET))
		die("network namespace");
	close(home);
}

static void set_listeners(const int *socks, unsigned int n, int option)
{
	while (n--)
		if (setsockopt(socks[n], SOL_NETLINK, option, &group,
			       sizeof(group)))
			die("multicast group");
}

/* Every one has been told so much. */
static void read_all(const int *socks, unsigned int n, unsigned int events)
{
	static __u32 buf[NL_BUFFER / 4];
	unsigned int got;
	ssize_t len;

	while (n--) {
		got = 0;
		while ((len = recv(socks[n], buf, NL_BUFFER, MSG_DONTWAIT)) >
		       0)
			got++;
		if (len < 0 && errno != EAGAIN)
			die("events");
		if (got != events) {
			fprintf(stderr, "listen: %u events of %u\n", got,
				events);
			exit(1);
		}
	}
}

static void change(__u64 value)
{
	static struct req req;
	__u32 nest;

	req_begin(&req, family, VFIO_MIG_CMD_ATTR_SET, NLM_F_ACK);
	sim_put(&req, VFIO_MIG_A_CHANGE_TARGET, 0);
	nest = req_nest(&req, VFIO_MIG_A_CHANGE_ATTR);
	req_put_text(&req, VFIO_MIG_A_ATTR_NAME, "value");
	req_put(&req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	req_end(&req, nest);
	nl_call(sock, &req);
}

static double measure(unsigned int n, unsigned int n_elsewhere)
{
	static __u64 value;
	__u64 took = 0, times = 0;

	set_listeners(here, n, NETLINK_ADD_MEMBERSHIP);
	set_listeners(elsewhere, n_elsewhere, NETLINK_ADD_MEMBERSHIP);
	do {
		__u64 from = now();
		int i;

		for (i = 0; i < BATCH; i++)
			change(++value);
		took += now() - from;
		times += BATCH;
		read_all(here, n, BATCH);
		read_all(elsewhere, n_elsewhere, 0);
	} while (took < MEASURE_NS);
	set_listeners(here, n, NETLINK_DROP_MEMBERSHIP);
	set_listeners(elsewhere, n_elsewhere, NETLINK_DROP_MEMBERSHIP);
	return (double)took / times;
}

int main(int argc, char **argv)
{
	double ns[RUNS_MAX];
	unsigned int i, run;

	report_begin(argc > 1 ? argv[1] : NULL);
	sock = nl_open();
	family = nl_family(sock, VFIO_MIG_FAMILY_NAME, &group);
	open_all_listeners();
	sim_devices(1);
	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		for (run = 0; run < runs; run++)
			ns[run] = measure(cases[i].here, cases[i].elsewhere);
		report(cases[i].what, 1, 2, ns);
	}
	report_end();
	sim_devices(0);
	return 0;
}
