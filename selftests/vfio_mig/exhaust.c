// SPDX-License-Identifier: GPL-2.0-only
/*
 * As much as there can be: sockets that nobody reads, dumps that nobody reads
 * on, and devices of which all is said that can be said. What it costs is
 * measured, told, and has a limit; it is all given back; and others do not
 * notice.
 *
 * VFIO_MIG_SOCKETS and VFIO_MIG_DEVICES are how many, and ought to be 10000.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "../kselftest_harness.h"

#include "env.h"
#include "mirror.h"
#include "nl.h"

#define DEVICES		"/sys/module/vfio_mig_sim/parameters/devices"
#define SOCKETS		3000
#define DEFAULT_DEVICES	1000
#define EVENTS		20
#define MOVED		100
#define CHANGES		4000
/* So many attributes of so many bytes fill a device's profile. */
#define ATTRS		63
#define ATTR_LEN	39
#define CGROUP		"/tmp/vfio_mig_cgroup"
#define DUMPS		300

static struct req req;

static unsigned int number(const char *name, unsigned int otherwise)
{
	const char *value = getenv(name);

	return value ? atoi(value) : otherwise;
}

/* Where allocations are padded to find bugs, they are not measured. */
static bool padded(void)
{
	return slowness() > 1;
}

/* What was replaced or deleted is freed a little later. */
static long long held_bytes(void)
{
	long long now = allocated_bytes(), before;
	int i;

	for (i = 0; i < 20; i++) {
		before = now;
		sleep_ms(200);
		now = allocated_bytes();
		if (i > 1 && now > before - (64 << 10))
			break;
	}
	return now;
}

static void put_string(struct req *r, __u16 type, const char *name, size_t len)
{
	__u32 nest = req_nest(r, type);
	char value[VFIO_MIG_STRING_MAX + 1];

	memset(value, 'x', len);
	value[len] = '\0';
	req_put_str(r, VFIO_MIG_A_ATTR_NAME, name);
	req_put_str(r, VFIO_MIG_A_ATTR_STRING, value);
	req_nest_end(r, nest);
}

/* A check of the largest profile there can be, against everything. */
static void begin_check(const struct nl *nl)
{
	char name[16];
	__u32 nest, i;

	req_init(&req, nl->family, VFIO_MIG_CMD_CHECK, NLM_F_DUMP);
	nest = req_put(&req, VFIO_MIG_A_CHECK_PROFILE, NULL, 0);
	for (i = 0; i < VFIO_MIG_ATTRS_MAX; i++) {
		snprintf(name, sizeof(name), "a%02u", i);
		put_string(&req, VFIO_MIG_A_OBJECT_ATTR, name, 79);
	}
	req_nest_end(&req, nest);
}

static void name_id(__u16 type, __u32 id)
{
	__u32 nest = req_nest(&req, type);

	req_put_u32(&req, VFIO_MIG_A_OBJECT_ID, id);
	req_nest_end(&req, nest);
}

/* All that an administrator can say of a device: @n attributes of @len. */
static int fill(struct nl *nl, __u32 id, unsigned int n, size_t len)
{
	char name[16];
	unsigned int i;

	req_init(&req, nl->family, VFIO_MIG_CMD_ATTR_SET, 0);
	name_id(VFIO_MIG_A_CHANGE_TARGET, id);
	req_put(&req, VFIO_MIG_A_CHANGE_REPLACE, NULL, 0);
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "a%02u", i);
		put_string(&req, VFIO_MIG_A_CHANGE_ATTR, name, len);
	}
	return nl_ack(nl, &req, NULL);
}

/* ------------------------------------------------------------------ sockets */

FIXTURE(sockets) {
	struct nl nl;
	struct obj dev;
	int ready[2];
};

FIXTURE_SETUP(sockets)
{
	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	if (!mod_loaded("vfio_mig"))
		SKIP(return, "vfio_mig is not a module");
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("60", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &self->dev));
	ASSERT_EQ(0, pipe2(self->ready, O_CLOEXEC));
}

FIXTURE_TEARDOWN_PARENT(sockets)
{
	file_write("0", DEVICES);
}

/* Of three sockets one listens, one dumps, one checks; and nobody reads. */
static int hold(unsigned int n, const struct nl *like)
{
	struct rlimit limit = { n + 100, n + 100 };
	unsigned int i;
	struct nl nl;
	int err;

	if (setrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	for (i = 0; i < n; i++) {
		err = nl_open_raw(&nl);
		if (err)
			return err;
		nl.family = like->family;
		nl.monitor = like->monitor;
		switch (i % 3) {
		case 0:
			err = nl_join(&nl);
			break;
		case 1:
			err = nl_dump_begin(&nl, VFIO_MIG_CMD_DEV_GET);
			break;
		case 2:
			begin_check(&nl);
			err = nl_send(&nl, &req);
			break;
		}
		if (err)
			return err;
	}
	return 0;
}

/* He dies in the midst of all that, and the module can go. */
TEST_F_TIMEOUT(sockets, nobody_reads, 600)
{
	unsigned int n = number("VFIO_MIG_SOCKETS", SOCKETS), i;
	static struct mirror m;
	long long before, during, after, cost;
	struct status status;
	int answer = -1, err;
	__u64 end;
	pid_t pid;

	ASSERT_EQ(0, mirror_open(&m));
	before = held_bytes();
	pid = fork_tied();
	ASSERT_LE(0, pid);
	if (!pid) {
		err = hold(n, &self->nl);
		if (write(self->ready[1], &err, sizeof(err)) != sizeof(err))
			_exit(1);
		for (;;)
			pause();
	}
	ASSERT_EQ(sizeof(answer), read(self->ready[0], &answer,
				       sizeof(answer)));
	ASSERT_EQ(0, answer);

	/* all others are served as ever, and lose nothing */
	for (i = 0; i < EVENTS; i++)
		ASSERT_EQ(0, fill(&self->nl, self->dev.id, 1, 1 + i));
	mirror_take(&m, 0);
	EXPECT_EQ(EVENTS, m.events);
	EXPECT_EQ(0, m.overruns);
	EXPECT_EQ(NULL, mirror_check(&m));
	EXPECT_LT(n / 3, mod_refs("vfio_mig"));

	during = held_bytes();
	cost = (during - before) / n;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	mirror_close(&m);
	nl_close(&self->nl);
	end = now_ms() + SOON_MS;
	do {
		sleep_ms(100);
	} while (mod_refs("vfio_mig") > 1 && now_ms() < end);
	EXPECT_EQ(1, mod_refs("vfio_mig"));
	ASSERT_EQ(0, nl_open(&self->nl));
	EXPECT_EQ(0, nl_status(&self->nl, &status));
	after = held_bytes();
	TH_LOG("%u sockets: %lld bytes each, %lld bytes not given back", n,
	       cost, after - before);
	if (padded())
		return;
	/* a message, a source, and the socket */
	EXPECT_GE(48 * 1024, cost);
	EXPECT_GE((during - before) / 10 + (2 << 20), after - before);
}

/*
 * What a dump of somebody without rights holds is his: it counts for what his
 * group may have.
 */
TEST_F_TIMEOUT(sockets, are_accounted, 120)
{
	__u64 before = 0, during = 0;
	char procs[16];
	unsigned int i;
	struct nl nl;

	if (run("mkdir -p " CGROUP " && mount -t cgroup2 none " CGROUP
		" 2>/dev/null && echo +memory >" CGROUP
		"/cgroup.subtree_control 2>/dev/null && mkdir " CGROUP "/t"))
		SKIP(return, "no memory controller");
	snprintf(procs, sizeof(procs), "%d", getpid());
	ASSERT_EQ(0, file_write(procs, CGROUP "/t/cgroup.procs"));
	ASSERT_EQ(0, file_num(&before, CGROUP "/t/memory.current"));
	for (i = 0; i < DUMPS; i++) {
		ASSERT_EQ(0, nl_open_raw(&nl));
		nl.family = self->nl.family;
		begin_check(&nl);
		ASSERT_EQ(0, nl_send(&nl, &req));
	}
	ASSERT_EQ(0, file_num(&during, CGROUP "/t/memory.current"));
	file_write(procs, CGROUP "/cgroup.procs");
	run("rmdir " CGROUP "/t; umount " CGROUP);
	TH_LOG("%llu bytes for each of %u dumps",
	       (unsigned long long)(during - before) / DUMPS,
	       DUMPS);
	/* the source and what was read of it */
	EXPECT_LE(10 * 1024, (during - before) / DUMPS);
}

/* ------------------------------------------------------------------ devices */

FIXTURE(devices) {
	struct nl nl;
	unsigned int n;
	__u32 first;
};

FIXTURE_SETUP(devices)
{
	struct obj dev;

	if (run("modprobe -q vfio_mig_sim"))
		SKIP(return, "needs vfio_mig_sim");
	ASSERT_EQ(0, file_write("0", DEVICES));
	ASSERT_EQ(0, file_write("1", DEVICES));
	ASSERT_EQ(0, nl_open(&self->nl));
	ASSERT_EQ(0, nl_get_handle(&self->nl, VFIO_MIG_CMD_DEV_GET, "sim", NULL,
				   "sim0", &dev));
	ASSERT_EQ(0, file_write("0", DEVICES));
	/* the next ids, one after another, as nobody else makes a device */
	self->first = dev.id + 1;
	self->n = number("VFIO_MIG_DEVICES", DEFAULT_DEVICES);
}

FIXTURE_TEARDOWN_PARENT(devices)
{
	file_write("0", DEVICES);
}

/* What all devices of a dump take. */
static void add_up(const struct nlmsghdr *nlh, void *arg)
{
	*(unsigned long long *)arg += nlh->nlmsg_len;
}

TEST_F_TIMEOUT(devices, of_maximal_size, 600)
{
	unsigned long long bytes = 0;
	struct dump dump = { .message = add_up, .arg = &bytes };
	long long before, bare, full, after, one, attr;
	char n[16];
	__u32 i;

	before = held_bytes();
	snprintf(n, sizeof(n), "%u", self->n);
	ASSERT_EQ(0, file_write(n, DEVICES));
	bare = held_bytes();
	for (i = 0; i < self->n; i++)
		ASSERT_EQ(0, fill(&self->nl, self->first + i, ATTRS,
				  ATTR_LEN));
	full = held_bytes();
	ASSERT_EQ(0, nl_dump(&self->nl, VFIO_MIG_CMD_DEV_GET, &dump, NULL));
	EXPECT_LE(self->n, dump.messages);
	EXPECT_LE(self->n * 6000ULL, bytes);
	ASSERT_EQ(0, file_write("0", DEVICES));
	after = held_bytes();

	one = (bare - before) / self->n;
	attr = (full - bare) / self->n / ATTRS;
	TH_LOG("%u devices: %lld bytes for a bare one, %lld if it says all",
	       self->n, one, (full - before) / self->n);
	TH_LOG("%lld for an attribute; %lld bytes not given back", attr,
	       after - before);
	if (padded())
		return;
	EXPECT_GE(2 * 1024, one);
	/* published, and what the administrator says: 8 KiB each */
	EXPECT_GE(20 * 1024, (full - before) / self->n);
	EXPECT_GE(300, attr);
	/* a profile of each would be 8 MiB */
	EXPECT_GE((full - before) / 5 + (2 << 20), after - before);
}

/* ------------------------------------------ somebody who is root by himself */

static int write_map(const char *file, unsigned int id)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %u 1", id);
	return file_write(map, "/proc/self/%s", file);
}

/* Root of a user namespace of his own, and of a network namespace there. */
static int become_his_own(void)
{
	if (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) ||
	    prctl(PR_SET_DUMPABLE, 1) ||
	    unshare(CLONE_NEWUSER | CLONE_NEWNET))
		return -errno;
	return file_write("deny", "/proc/self/setgroups") ?:
	       write_map("uid_map", 65534) ?: write_map("gid_map", 65534);
}

/* All that he can: says as much as possible of his devices, again and again. */
static int say_much(const int ready[2], const int go[2], __u32 first)
{
	unsigned int i;
	struct nl nl;
	char byte;
	int err;

	err = become_his_own() ?: nl_open(&nl);
	if (write(ready[1], &err, sizeof(err)) != sizeof(err) || err ||
	    read(go[0], &byte, 1) != 1)
		return 2;
	for (i = 0; i < MOVED; i++) {
		err = fill(&nl, first + i, ATTRS, ATTR_LEN);
		if (err)
			return 3;
	}
	if (write(ready[1], &err, sizeof(err)) != sizeof(err) ||
	    read(go[0], &byte, 1) != 1)
		return 4;
	for (i = 0; i < CHANGES; i++) {
		err = fill(&nl, first + i % MOVED, 1 + i % ATTRS, ATTR_LEN);
		if (err)
			return 5;
	}
	/* one attribute more, and he is told so */
	if (fill(&nl, first, 64, 10) != -EDQUOT)
		return 6;
	return 0;
}

TEST_F_TIMEOUT(devices, of_somebody_else, 300)
{
	long long none, before, moved, full, after;
	int ready[2], go[2], answer, status;
	struct status there, now;
	static struct mirror m;
	char n[16];
	pid_t pid;
	__u32 i;

	none = held_bytes();
	snprintf(n, sizeof(n), "%u", MOVED);
	ASSERT_EQ(0, file_write(n, DEVICES));
	/* at home all is said of them already */
	for (i = 0; i < MOVED; i++)
		ASSERT_EQ(0, fill(&self->nl, self->first + i, ATTRS,
				  ATTR_LEN - 1));
	ASSERT_EQ(0, pipe2(ready, O_CLOEXEC));
	ASSERT_EQ(0, pipe2(go, O_CLOEXEC));
	pid = fork_tied();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(say_much(ready, go, self->first));
	ASSERT_EQ(sizeof(answer), read(ready[0], &answer, sizeof(answer)));
	if (answer) {
		waitpid(pid, NULL, 0);
		SKIP(return, "no user namespaces: %d", answer);
	}

	ASSERT_EQ(0, nl_status(&self->nl, &there));
	before = held_bytes();
	for (i = 0; i < MOVED; i++) {
		req_init(&req, self->nl.family, VFIO_MIG_CMD_DEV_SET, 0);
		name_id(VFIO_MIG_A_MOVE_TARGET, self->first + i);
		req_put_u32(&req, VFIO_MIG_A_MOVE_NETNS_PID, pid);
		ASSERT_EQ(0, nl_ack(&self->nl, &req, NULL));
	}
	moved = held_bytes();
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(sizeof(answer), read(ready[0], &answer, sizeof(answer)));
	full = held_bytes();
	ASSERT_EQ(1, write(go[1], "", 1));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_TRUE(WIFEXITED(status));
	EXPECT_EQ(0, WEXITSTATUS(status));

	/* his namespace has gone with him, and all that he has said */
	do {
		sleep_ms(100);
		ASSERT_EQ(0, nl_status(&self->nl, &now));
	} while (now.devices < there.devices);
	ASSERT_EQ(0, mirror_open(&m));
	EXPECT_EQ(NULL, mirror_check(&m));
	mirror_close(&m);
	ASSERT_EQ(0, file_write("0", DEVICES));
	after = held_bytes();
	TH_LOG("each of %u devices: %lld bytes more elsewhere", MOVED,
	       (moved - before) / MOVED);
	TH_LOG("%lld if it says all there; %lld not given back, %u changes",
	       (full - before) / MOVED, after - none, CHANGES);
	if (padded())
		return;
	/* what is published at home and was said there, kept: 8 KiB each */
	EXPECT_GE(40 * 1024, (full - before) / MOVED);
	/* half of what was said and replaced, 8 KiB each */
	EXPECT_GE(16 << 20, after - none);
}

TEST_HARNESS_MAIN
