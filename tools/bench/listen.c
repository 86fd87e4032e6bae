// SPDX-License-Identifier: GPL-2.0-only
/*
 * What it costs who changes a device that others listen: attr-set, with more
 * and more listeners in this network namespace, and with some in another one,
 * who are not told of it.
 *
 * Listeners read when no time is taken. All that they were to be told must be
 * there then, and nothing else.
 *
 * usage: listen RUNS, prints JSON: per run, nanoseconds for one attr-set.
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

#include "ask.h"

#define LISTENERS_MAX	100
/* So much is done before the listeners read. */
#define BATCH		64
/* How long one measurement goes on, without what the listeners take. */
#define MEASURE_NS	500000000ULL

static int here[LISTENERS_MAX], elsewhere[LISTENERS_MAX];

/* Who listens in each measurement. */
static const struct {
	const char *name;
	unsigned int here;
	unsigned int elsewhere;
} cases[] = {
	{ "none", 0, 0 },
	{ "one", 1, 0 },
	{ "ten", 10, 0 },
	{ "hundred", 100, 0 },
	{ "one_elsewhere", 0, 1 },
	{ "hundred_elsewhere", 0, 100 },
};

/* Who has no address passes for the kernel itself, and is not told. */
static void open_listeners(int *socks)
{
	const struct sockaddr_nl any = { .nl_family = AF_NETLINK };
	int i, size = 4 << 20;

	for (i = 0; i < LISTENERS_MAX; i++) {
		socks[i] = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC,
				  NETLINK_GENERIC);
		if (socks[i] < 0 ||
		    bind(socks[i], (const struct sockaddr *)&any,
			 sizeof(any)) ||
		    setsockopt(socks[i], SOL_SOCKET, SO_RCVBUFFORCE, &size,
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
	static __u32 buf[BUFFER_SIZE / 4];
	unsigned int got;
	ssize_t len;

	while (n--) {
		got = 0;
		while ((len = recv(socks[n], buf, BUFFER_SIZE, MSG_DONTWAIT)) >
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

	begin(&req, family, VFIO_MIG_CMD_ATTR_SET, NLM_F_ACK);
	put_device(&req, VFIO_MIG_A_CHANGE_TARGET, 0);
	nest = put(&req, VFIO_MIG_A_CHANGE_ATTR | NLA_F_NESTED, NULL, 0);
	put(&req, VFIO_MIG_A_ATTR_NAME, "value", sizeof("value"));
	put(&req, VFIO_MIG_A_ATTR_U64, &value, sizeof(value));
	end(&req, nest);
	round_trip(&req);
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
	int i, runs = argc > 1 ? atoi(argv[1]) : 0;
	static struct req req;
	unsigned int j;

	if (runs < 1) {
		fprintf(stderr, "usage: listen RUNS\n");
		return 2;
	}

	find_family(&req);
	open_all_listeners();
	set_devices(1);
	printf("{\"runs\":[");
	for (i = 0; i < runs; i++) {
		printf("%s{", i ? "," : "");
		for (j = 0; j < sizeof(cases) / sizeof(cases[0]); j++)
			printf("%s\"%s_ns\":%.0f", j ? "," : "",
			       cases[j].name,
			       measure(cases[j].here, cases[j].elsewhere));
		printf("}");
	}
	printf("]}\n");
	set_devices(0);
	return 0;
}
