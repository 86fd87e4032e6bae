// SPDX-License-Identifier: GPL-2.0-only
/*
 * Events: one for each thing that happens, none for what does not, numbered
 * without a gap, and with the dumps enough to hold what the kernel holds.
 */
#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "nl.h"

#define NOBODY		65534
/* After which no more is taken to come. */
#define QUIET_MS	300
#define CHURN_MS	1500
#define ROUNDS		8
#define MDEVS		20
#define MDEVS_CHURNED	22
#define TRACING		"/sys/kernel/tracing"

static struct objs all, held;

FIXTURE(events) {
	struct nl nl;
	struct nl mon;
	struct bdfs bdfs;
};

FIXTURE_SETUP(events)
{
	mtty_clean();
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_open(&self->mon));
	if (!bdfs_get(&self->bdfs))
		SKIP(return, "needs a PCI device in " ENV_BDF);
	ASSERT_EQ(0, nl_join(&self->mon));
}

FIXTURE_TEARDOWN_PARENT(events)
{
	mtty_clean();
	bdfs_restore(&self->bdfs);
}

static __u64 last_seq(struct __test_metadata *_metadata, struct nl *nl)
{
	struct status status;

	EXPECT_EQ(0, nl_status(nl, &status));
	return status.seq;
}

static void no_event(struct __test_metadata *_metadata, struct nl *mon)
{
	struct obj obj;

	EXPECT_EQ(-EAGAIN, nl_event(mon, &obj, QUIET_MS)) {
		TH_LOG("event %llu of %s", obj.seq, obj.name);
	}
}

TEST_F(events, one_del_and_one_add)
{
	const char *bdf = self->bdfs.name[0];
	struct obj before, after, event;
	__u64 seq;

	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci",
				   NULL, bdf, &before));
	seq = last_seq(_metadata, &self->nl);

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
	EXPECT_EQ(seq + 1, event.seq);
	/* as it last was */
	EXPECT_EQ(before.id, event.id);
	EXPECT_TRUE(obj_same_but_seq(&before, &event));
	no_event(_metadata, &self->mon);
	EXPECT_EQ(seq + 1, last_seq(_metadata, &self->nl));
	EXPECT_EQ(-ENODEV, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &before,
				  NULL, NULL));

	ASSERT_EQ(0, bdf_bind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(VFIO_MIG_CMD_DEV_ADD_NTF, event.cmd);
	EXPECT_EQ(seq + 2, event.seq);
	EXPECT_LT(before.id, event.id);
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci",
				   NULL, bdf, &after));
	/* the event says all, its number included, that a get says */
	EXPECT_TRUE(obj_same(&event, &after));
	no_event(_metadata, &self->mon);
	EXPECT_EQ(seq + 2, last_seq(_metadata, &self->nl));

	/* but for its id, it is what it was */
	EXPECT_EQ(before.len, after.len);
	/* and the old id is nobody's */
	memset(after.bus, 0, sizeof(after.bus));
	memset(after.name, 0, sizeof(after.name));
	after.id = before.id;
	EXPECT_EQ(-ENODEV, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &after,
				  NULL, NULL));
}

TEST_F(events, numbers_have_no_gap)
{
	unsigned int i, n = 0, rounds = 5;
	struct obj event;
	__u64 seq;

	seq = last_seq(_metadata, &self->nl);
	for (i = 0; i < rounds * self->bdfs.n; i++) {
		const char *bdf = self->bdfs.name[i % self->bdfs.n];

		ASSERT_EQ(0, bdf_unbind(bdf));
		ASSERT_EQ(0, bdf_bind(bdf));
		n += 2;
	}
	for (i = 0; i < n; i++) {
		ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
		EXPECT_EQ(i & 1 ? VFIO_MIG_CMD_DEV_ADD_NTF :
			  VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
		EXPECT_EQ(++seq, event.seq);
		EXPECT_STREQ(self->bdfs.name[i / 2 % self->bdfs.n],
			     event.name);
	}
	no_event(_metadata, &self->mon);
	EXPECT_EQ(seq, last_seq(_metadata, &self->nl));
}

/* They are counted just so when nobody listens. */
TEST_F(events, are_counted_unheard)
{
	const char *bdf = self->bdfs.name[0];
	struct obj event, obj;
	__u64 seq;

	nl_close(&self->mon);
	seq = last_seq(_metadata, &self->nl);
	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, bdf_bind(bdf));
	EXPECT_EQ(seq + 2, last_seq(_metadata, &self->nl));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci",
				   NULL, bdf, &obj));
	EXPECT_EQ(seq + 2, obj.seq);

	ASSERT_EQ(0, nl_open(&self->mon));
	ASSERT_EQ(0, nl_join(&self->mon));
	no_event(_metadata, &self->mon);
	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(seq + 3, event.seq);
}

/* Nothing has changed by asking, by mistakes, or by what concerns others. */
TEST_F(events, none_where_nothing_changed)
{
	const char *bdf = self->bdfs.name[0];
	struct nl other;
	struct req req;
	__u64 seq;

	seq = last_seq(_metadata, &self->nl);
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_DEV_GET, &all));
	ASSERT_EQ(0, nl_dump_all(&self->nl, VFIO_MIG_CMD_TYPE_GET, &held));
	EXPECT_EQ(0, nl_get(&self->nl, VFIO_MIG_CMD_DEV_GET, &all.o[0], NULL,
			    NULL));
	req_init(&req, self->nl.family, VFIO_MIG_CMD_DEV_GET, 0);
	EXPECT_EQ(-EINVAL, nl_do(&self->nl, &req, NULL, NULL));
	ASSERT_EQ(0, nl_open(&other));
	ASSERT_EQ(0, nl_join(&other));
	nl_close(&other);
	/* it is bound already, and what is not there cannot be unbound */
	EXPECT_NE(0, bdf_bind(bdf));
	EXPECT_NE(0, bdf_unbind("ffff:ff:1f.7"));
	EXPECT_EQ(0, file_write("change", "/sys/bus/pci/devices/%s/uevent",
				bdf));
	no_event(_metadata, &self->mon);
	EXPECT_EQ(seq, last_seq(_metadata, &self->nl));
}

/* Every listener gets the same, and nobody needs a right to be one. */
TEST_F(events, are_for_everybody)
{
	const char *bdf = self->bdfs.name[0];
	struct obj event, other;
	int pipes[2], status;
	struct nl mon;
	char ready;
	pid_t pid;

	ASSERT_EQ(0, nl_open(&mon));
	ASSERT_EQ(0, nl_join(&mon));
	ASSERT_EQ(0, pipe(pipes));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		struct nl nl;

		if (setgroups(0, NULL) || setgid(NOBODY) || setuid(NOBODY) ||
		    nl_open(&nl) || nl_join(&nl) ||
		    write(pipes[1], "", 1) != 1 ||
		    nl_event(&nl, &event, SOON_MS))
			_exit(1);
		_exit(event.cmd == VFIO_MIG_CMD_DEV_DEL_NTF &&
		      !strcmp(event.name, bdf) ? 0 : 2);
	}
	close(pipes[1]);
	ASSERT_EQ(1, read(pipes[0], &ready, 1));

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	ASSERT_EQ(0, nl_event(&mon, &other, SOON_MS));
	EXPECT_EQ(event.cmd, other.cmd);
	EXPECT_TRUE(obj_same(&event, &other));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/* A listener who cannot keep up is told so, and sees how much it was. */
TEST_F(events, overrun_is_told)
{
	const char *bdf = self->bdfs.name[0];
	unsigned int n = 0, lost = 0;
	int small = 1, err;
	struct obj event;
	__u64 seq;

	/* the least that there is */
	ASSERT_EQ(0, setsockopt(self->mon.fd, SOL_SOCKET, SO_RCVBUF, &small,
				sizeof(small)));
	seq = last_seq(_metadata, &self->nl);
	for (n = 0; n < 10; n++) {
		ASSERT_EQ(0, bdf_unbind(bdf));
		ASSERT_EQ(0, bdf_bind(bdf));
	}
	for (n = 0; (err = nl_event(&self->mon, &event, QUIET_MS)) != -EAGAIN;
	     n += !err) {
		if (err == -ENOBUFS)
			lost++;
		else
			EXPECT_EQ(0, err);
	}
	EXPECT_LT(0, lost);
	EXPECT_GT(20, n);
	/* the next event's number tells of those that were lost */
	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(seq + 21, event.seq);
}

/* Takes devices away and gives them back until the pipe is closed. */
static void churn(const struct bdfs *bdfs, bool mdevs, int pipe)
{
	struct pollfd pfd = { .fd = pipe };
	unsigned int i;

	for (i = 0; !poll(&pfd, 1, 0); i++) {
		const char *bdf = bdfs->name[i % bdfs->n];

		if (!bdf_unbind(bdf))
			bdf_bind(bdf);
		if (mdevs && !mtty_create(MDEVS_CHURNED + i % 2, 1))
			mtty_remove(MDEVS_CHURNED + i % 2);
	}
	_exit(0);
}

/* The last of them stands in neither: that it is gone, its del has said. */
static void same(struct __test_metadata *_metadata, struct objs *a,
		 struct objs *b)
{
	unsigned int i;

	EXPECT_EQ(a->n, b->n);
	for (i = 0; i < a->n; i++) {
		struct obj *obj = objs_find(b, a->o[i].id);

		EXPECT_NE(NULL, obj) {
			TH_LOG("%s is held by one side alone", a->o[i].name);
		}
		if (obj)
			EXPECT_TRUE(obj_same(&a->o[i], obj));
	}
}

/*
 * Join, dump, apply what is newer: that gives what the kernel has, down to the
 * last byte, though everything comes and goes meanwhile, and though the dump
 * may bear the mark.
 */
static void follow(struct __test_metadata *_metadata, struct nl *nl,
		   const struct bdfs *bdfs, __u8 cmd, bool mdevs)
{
	static const size_t sizes[] = { 4096, 0, 65536, 8192 };
	bool types = cmd == VFIO_MIG_CMD_TYPE_GET;
	unsigned int round, n = 0, news = 0;
	struct obj event;
	int err, status;

	for (round = 0; round < ROUNDS; round++) {
		struct dump dump = {
			.bufsize = sizes[round % ARRAY_SIZE(sizes)],
		};
		struct nl mon, dumper;
		int pipes[2];
		__u64 seq = 0;
		pid_t pid;

		ASSERT_EQ(0, pipe(pipes));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid) {
			close(pipes[1]);
			churn(bdfs, mdevs, pipes[0]);
		}
		close(pipes[0]);
		sleep_ms(CHURN_MS / ROUNDS);

		ASSERT_EQ(0, nl_open(&mon));
		ASSERT_EQ(0, nl_open(&dumper));
		ASSERT_EQ(0, nl_join(&mon));
		ASSERT_EQ(0, nl_dump(&dumper, cmd, &dump, &held));
		sleep_ms(CHURN_MS / ROUNDS);
		close(pipes[1]);
		ASSERT_EQ(pid, waitpid(pid, &status, 0));
		ASSERT_EQ(0, status);

		while (!(err = nl_event(&mon, &event, QUIET_MS))) {
			if (seq)
				EXPECT_EQ(seq + 1, event.seq);
			seq = event.seq;
			n++;
			if (obj_is_type(&event) != types)
				continue;
			news++;
			EXPECT_TRUE(objs_apply(&held, &event)) {
				TH_LOG("event %llu (%u) of %s does not fit",
				       event.seq, event.cmd, event.name);
			}
		}
		EXPECT_EQ(-EAGAIN, err);
		/* what has not come by now is waited for */
		while (seq && seq < last_seq(_metadata, nl) &&
		       !nl_event(&mon, &event, SOON_MS)) {
			seq = event.seq;
			if (obj_is_type(&event) == types)
				EXPECT_TRUE(objs_apply(&held, &event));
		}
		if (seq)
			EXPECT_EQ(seq, last_seq(_metadata, nl));

		ASSERT_EQ(0, nl_dump_all(nl, cmd, &all));
		same(_metadata, &all, &held);
		nl_close(&dumper);
		nl_close(&mon);
		if (_metadata->exit_code)
			break;
	}
	TH_LOG("%u events, %u of them of what is dumped", n, news);
	EXPECT_LT(0, n);
}

TEST_F(events, join_dump_apply_devices)
{
	unsigned int mdevs = mtty_fill(0, MDEVS);

	follow(_metadata, &self->nl, &self->bdfs, VFIO_MIG_CMD_DEV_GET,
	       mdevs);
}

TEST_F(events, join_dump_apply_types)
{
	if (!mtty_there())
		SKIP(return, "no mtty: no types");

	follow(_metadata, &self->nl, &self->bdfs, VFIO_MIG_CMD_TYPE_GET,
	       true);
}

/* Traces so many calls of what begins a message, while the device goes. */
static int encodings(struct __test_metadata *_metadata, const char *bdf)
{
	static char trace[16384];
	const char *line = trace;
	char pid[16];
	int n = 0;

	snprintf(pid, sizeof(pid), "%d", getpid());
	EXPECT_EQ(0, file_write(pid, TRACING "/set_ftrace_pid"));
	EXPECT_EQ(0, file_write("function", TRACING "/current_tracer"));
	EXPECT_EQ(0, bdf_unbind(bdf));
	EXPECT_EQ(0, file_write("0", TRACING "/tracing_on"));
	EXPECT_EQ(0, file_read(trace, sizeof(trace), TRACING "/trace"));
	while ((line = strstr(line, "genlmsg_put <-"))) {
		line++;
		n++;
	}
	EXPECT_EQ(0, file_write("nop", TRACING "/current_tracer"));
	EXPECT_EQ(0, file_write("1", TRACING "/tracing_on"));
	EXPECT_EQ(0, bdf_bind(bdf));
	return n;
}

/* However many listen, an event is written once; and not at all if nobody. */
TEST_F(events, are_written_once)
{
	const char *bdf = self->bdfs.name[0];
	struct nl more[9];
	struct obj event;
	int i;

	run("mount -t tracefs none " TRACING " 2>/dev/null");
	if (file_write("genlmsg_put", TRACING "/set_ftrace_filter"))
		SKIP(return, "no function tracer");

	EXPECT_EQ(1, encodings(_metadata, bdf));
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		ASSERT_EQ(0, nl_open(&more[i]));
		ASSERT_EQ(0, nl_join(&more[i]));
	}
	EXPECT_EQ(1, encodings(_metadata, bdf));
	for (i = 0; i < ARRAY_SIZE(more); i++) {
		EXPECT_EQ(0, nl_event(&more[i], &event, SOON_MS));
		EXPECT_EQ(VFIO_MIG_CMD_DEV_DEL_NTF, event.cmd);
		nl_close(&more[i]);
	}
	nl_close(&self->mon);
	EXPECT_EQ(0, encodings(_metadata, bdf));

	run(": >" TRACING "/set_ftrace_filter; : >" TRACING "/set_ftrace_pid");
}

/* Another network namespace sees nothing, and is told of nothing. */
TEST_F(events, stay_in_their_namespace)
{
	const char *bdf = self->bdfs.name[0];
	struct status here, status;
	struct obj dev, event;
	struct nl nl, mon;
	struct ack ack;

	ASSERT_EQ(0, nl_status(&self->nl, &here));
	EXPECT_LT(0, here.devices);
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "pci",
				   NULL, bdf, &dev));

	/* the sockets that are open stay where they are */
	ASSERT_EQ(0, unshare(CLONE_NEWNET));
	ASSERT_EQ(0, nl_open(&nl));
	ASSERT_EQ(0, nl_open(&mon));
	ASSERT_EQ(0, nl_join(&mon));

	ASSERT_EQ(0, nl_status(&nl, &status));
	EXPECT_EQ(here.instance, status.instance);
	EXPECT_EQ(0, status.seq);
	EXPECT_EQ(0, status.devices);
	EXPECT_EQ(0, status.types);
	EXPECT_EQ(NOT_TOLD, status.undescribed);

	ASSERT_EQ(0, nl_dump_all(&nl, VFIO_MIG_CMD_DEV_GET, &all));
	EXPECT_EQ(0, all.n);
	ASSERT_EQ(0, nl_dump_all(&nl, VFIO_MIG_CMD_TYPE_GET, &all));
	EXPECT_EQ(0, all.n);

	EXPECT_EQ(-ENODEV, nl_get_handle(&nl, VFIO_MIG_CMD_DEV_GET, "pci",
					 NULL, bdf, NULL));
	EXPECT_EQ(-ENODEV, nl_get(&nl, VFIO_MIG_CMD_DEV_GET, &dev, NULL,
				  &ack));
	EXPECT_NE(NULL, strstr(ack.msg, "in this network namespace"));
	memset(dev.bus, 0, sizeof(dev.bus));
	memset(dev.name, 0, sizeof(dev.name));
	EXPECT_EQ(-ENODEV, nl_get(&nl, VFIO_MIG_CMD_DEV_GET, &dev, NULL,
				  NULL));

	ASSERT_EQ(0, bdf_unbind(bdf));
	ASSERT_EQ(0, bdf_bind(bdf));
	no_event(_metadata, &mon);
	EXPECT_EQ(0, last_seq(_metadata, &nl));

	/* where the device lives, both were told */
	EXPECT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(here.seq + 1, event.seq);
	EXPECT_EQ(0, nl_event(&self->mon, &event, SOON_MS));
	EXPECT_EQ(here.seq + 2, event.seq);
}

/* Namespaces that come and go leave nothing, and disturb nobody. */
TEST_F(events, namespaces_come_and_go)
{
	struct status status;
	int i, result;
	__u64 seq;

	seq = last_seq(_metadata, &self->nl);
	for (i = 0; i < 10; i++) {
		pid_t pid = fork();
		struct nl nl;

		ASSERT_LE(0, pid);
		if (!pid)
			_exit(unshare(CLONE_NEWNET) || nl_open(&nl) ||
			      nl_join(&nl) || nl_status(&nl, &status) ||
			      status.seq || status.devices);
		ASSERT_EQ(pid, waitpid(pid, &result, 0));
		EXPECT_EQ(0, result);
	}
	no_event(_metadata, &self->mon);
	EXPECT_EQ(seq, last_seq(_metadata, &self->nl));
}

TEST_HARNESS_MAIN
